/**
 * The page that `harness/chromium.ts` opens: it asks for work until it is closed, and gives each case
 * a new worker.
 *
 * @module
 */

while (true) {
  const assignment: unknown = await (await fetch('/next')).json();
  const worker = new Worker('/page-worker.mjs', { type: 'module' });
  const posted = await new Promise<unknown>((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => resolve({ error: message });
    worker.postMessage(assignment);
  });
  worker.terminate();
  await fetch('/answer', { method: 'POST', body: JSON.stringify(posted) });
}
