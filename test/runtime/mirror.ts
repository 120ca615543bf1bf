/**
 * A service that answers whatever it is asked to answer, right or wrong: the response is described in
 * the request. The same source on Node, Deno and Bun.
 *
 * @module
 */

import process from 'node:process';
import { createHandler } from '../../src/http/index.ts';
import { Lifecycle, Phase } from '../../src/index.ts';
import type { RequestInfo } from '../../src/runtime/node.ts';
import { door, runtime, say } from './door.ts';

/** What the handler is to return. */
export interface Described {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body:
    | 'none'
    | 'text'
    | 'bytes'
    | 'blob'
    | 'stream'
    | 'slow stream'
    | 'broken stream'
    | 'stream of text';
  /** Lengths of the pieces; a body that is no stream is all of them. */
  readonly pieces: readonly number[];
}

/** The header that has it, as JSON. */
export const DESCRIBED = 'x-described';
/** The header that has the address to be fetched, and whether the response is made anew. */
export const UPSTREAM = 'x-upstream';
export const REMADE = 'x-remade';

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const lifecycle = Lifecycle.create();
const health = createHandler(lifecycle, { openAdmin: true });
lifecycle.pipeline({ steps: [], drainTimeoutMs: 50 });

async function fetchHandler(request: Request, info: RequestInfo): Promise<Response> {
  const { headers } = request;
  const own = await health(request);
  if (own !== undefined) return own;
  if (request.url.endsWith('/info')) {
    const { permit, remoteAddress } = info;
    return Response.json([permit?.kind ?? null, remoteAddress, lifecycle.gate.inFlight()]);
  }
  if (request.url.endsWith('/stored')) {
    say('stores');
    await lifecycle.waitFor(Phase.ShuttingDown);
    return new Response('stored');
  }
  if (request.url.endsWith('/events')) {
    return new Response(events(), { headers: { 'content-type': 'text/event-stream' } });
  }
  const upstream = headers.get(UPSTREAM);
  if (upstream !== null) {
    const response = await fetch(upstream, { method: request.method });
    return headers.has(REMADE) ? new Response(response.body, response) : response;
  }
  const described = headers.get(DESCRIBED);
  if (described === null) return new Response('next');
  const it = JSON.parse(described) as Described;
  const init = { status: it.status, headers: it.headers.map(([...pair]) => pair) };
  if (it.body === 'none') return new Response(null, init);
  const bytes = it.pieces.map((length) => new Uint8Array(length).fill(97));
  const all = new Uint8Array(it.pieces.reduce((sum, length) => sum + length, 0)).fill(97);
  if (it.body === 'text') return new Response(new TextDecoder().decode(all), init);
  if (it.body === 'bytes') return new Response(all, init);
  if (it.body === 'blob') return new Response(new Blob([all]), init);
  return new Response(
    new ReadableStream({
      async pull(controller) {
        if (it.body === 'slow stream') await sleep(2);
        const piece = bytes.shift();
        if (piece !== undefined) {
          controller.enqueue(
            it.body === 'stream of text' ? new TextDecoder().decode(piece) : piece,
          );
        } else if (it.body === 'broken stream') controller.error(new Error('planned'));
        else controller.close();
      },
    }),
    init,
  );
}

/** One a few milliseconds, for ever. */
function events(): ReadableStream<Uint8Array> {
  let count = 0;
  return new ReadableStream({
    async pull(controller) {
      await sleep(5);
      controller.enqueue(new TextEncoder().encode(`data: ${count++}\n\n`));
    },
  });
}

if (process.env.SERVICE !== undefined) {
  lifecycle.markReady();
  const server = await door.serve({ lifecycle, fetch: fetchHandler, hostname: '127.0.0.1' });
  say('listening', { runtime, pid: process.pid, url: server.url, port: server.port });
}
