/**
 * What the programs of this folder answer. Requests to `/held` are answered when the process gets SIGUSR2, so
 * that a test says what happens before that. They know nothing of tidegate.
 *
 * @module
 */

import process from 'node:process';

const held = new Set();

process.on('SIGUSR2', () => {
  for (const end of held) end();
});

/** Resolves when the test says so. */
export function released() {
  console.log('held');
  return new Promise((resolve) => held.add(resolve));
}

/** For `node:http` and all that take its requests. */
export async function listener(req, res) {
  if (req.url === '/held') await released();
  res.end(`${req.method} ${req.url}`);
}

/** For `Deno.serve` and `Bun.serve`. */
export async function answer(request) {
  const { pathname } = new URL(request.url);
  if (pathname === '/held') await released();
  return new Response(`${request.method} ${pathname}`);
}

/** Tells the test where the program listens, and who it is. */
export function say(port) {
  console.log(`listening on ${port} as ${process.pid}`);
}

/** Listens as a program does that knows no port of its own. */
export function listen(server) {
  server.listen(0, '127.0.0.1', () => say(server.address().port));
}
