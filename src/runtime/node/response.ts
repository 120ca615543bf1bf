/**
 * From a web `Response` to `node:http`'s response: streamed with backpressure, and given up
 * without a sound when the client goes away.
 *
 * @module
 */

import type { ServerResponse } from 'node:http';

/**
 * Sends a response. Never rejects: a body that fails half-way cuts the connection, which is the
 * only way to say so once the head is out. Before that it becomes a 500.
 */
export async function send(
  res: ServerResponse,
  response: Response,
  { isHead, closes }: { readonly isHead: boolean; readonly closes: boolean },
): Promise<void> {
  const reader = response.body?.getReader();
  // After a reset Node reports writes as errors of the response; 'close' says all there is.
  res.on('error', () => {});
  res.once('close', () => void reader?.cancel().catch(() => {}));
  try {
    putHead(res, response, closes);
    if (reader === undefined || isHead) {
      res.end();
      // Nobody will read it, but whoever produces it should hear that.
      await reader?.cancel();
      return;
    }
    await pump(res, reader);
  } catch {
    fail(res, closes);
  }
}

/** For a response that turned out not to be one: a 500 while the head is not out, else a cut. */
function fail(res: ServerResponse, closes: boolean): void {
  if (res.headersSent || res.destroyed) {
    res.destroy();
    return;
  }
  for (const name of res.getHeaderNames()) res.removeHeader(name);
  res.writeHead(500, 'Internal Server Error', {
    'content-type': 'application/json',
    ...(closes ? { connection: 'close' } : {}),
  });
  res.end(JSON.stringify({ ok: false, error: 'internal server error' }));
}

function putHead(res: ServerResponse, response: Response, closes: boolean): void {
  res.statusCode = response.status;
  if (response.statusText !== '') res.statusMessage = response.statusText;
  for (const [name, value] of response.headers) {
    // The only header whose values must not be joined.
    if (name === 'set-cookie') res.appendHeader(name, value);
    else res.setHeader(name, value);
  }
  if (closes) res.setHeader('connection', 'close');
}

async function pump(
  res: ServerResponse,
  reader: ReadableStreamDefaultReader<Uint8Array>,
): Promise<void> {
  const first = reader.read();
  // The head must not wait for a body that is slow to begin (server-sent events).
  if ((await soon(first)) === undefined) res.flushHeaders();
  const { done, value } = await first;
  if (done) {
    res.end();
    return;
  }
  let next = reader.read();
  // A body of one piece goes out with its length, in one packet with the head.
  if ((await soon(next))?.done === true) {
    // Said by us, because for HTTP/1.0 Node would end the connection instead.
    if (!res.hasHeader('content-length')) res.setHeader('content-length', value.length);
    res.end(value);
    return;
  }
  let chunk: Uint8Array = value;
  while (true) {
    if (!res.write(chunk)) await writable(res);
    if (res.destroyed) return;
    const read = await next;
    if (read.done) {
      res.end();
      return;
    }
    chunk = read.value;
    next = reader.read();
    // A read ahead may fail while we wait to write; it is awaited at the top, not lost.
    next.catch(() => {});
  }
}

/** What the promise resolves with if it does so within a turn of the loop. */
function soon<T>(promise: Promise<T>): Promise<T | undefined> {
  const turn = new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined)));
  return Promise.race([promise, turn]);
}

/** Resolves when the response takes more, or is closed. */
function writable(res: ServerResponse): Promise<void> {
  if (res.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const over = (): void => {
      res.off('drain', over);
      res.off('close', over);
      resolve();
    };
    res.on('drain', over);
    res.on('close', over);
  });
}
