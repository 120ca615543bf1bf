/**
 * An event stream and a long poll. The stream needs no line: it ends when the drain begins, and the
 * client is sent elsewhere. A poll that waits for something also waits for `lifecycle.leaving`.
 *
 * @module
 */

import { once } from 'node:events';
import { setInterval as every } from 'node:timers/promises';
import { handleSignals, serve } from 'tidegate/node';
import { health, lifecycle, port, started } from './service.ts';

const encoder = new TextEncoder();

async function* ticks(): AsyncGenerator<Uint8Array> {
  for await (const _ of every(20)) yield encoder.encode(`data: ${Date.now()}\n\n`);
}

function events(): Response {
  const iterator = ticks();
  const body = new ReadableStream({
    async pull(controller) {
      const { value } = await iterator.next();
      if (value !== undefined) controller.enqueue(value);
    },
    // The client has left, or the drain has begun.
    async cancel() {
      await iterator.return(undefined);
    },
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
}

async function poll(): Promise<Response> {
  const { leaving } = lifecycle;
  if (!leaving.aborted) await once(leaving, 'abort');
  return new Response(null, { status: 204 });
}

const server = await serve({
  lifecycle,
  port,
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === '/events') return events();
    if (pathname === '/poll') return poll();
    return health(request);
  },
});
handleSignals(lifecycle);
started(server.url);
