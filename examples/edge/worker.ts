/**
 * Notes on the edge: a Worker behind its lifecycle, and one of a fleet. Whoever drains the fleet drains
 * every isolate of it, wherever it is. How it is run here is in `start.js`, how it is deployed in
 * `wrangler.json`.
 *
 * @module
 */

import { Fleet, type FleetNamespace } from 'tidegate/cloudflare';
import { withLifecycle } from 'tidegate/workerd';

/** What `wrangler.json` binds, and the secret. */
interface Env {
  readonly FLEET: FleetNamespace;
  /** `KVNamespace`, as far as it is used here. */
  readonly NOTES: {
    get(key: string): Promise<string | null>;
    put(key: string, value: string): Promise<void>;
    delete(key: string): Promise<void>;
  };
  readonly VERSION: { readonly id: string; readonly timestamp?: string };
  readonly ADMIN_TOKEN: string;
}

const NOTE = /^\/notes\/([a-z0-9-]{1,64})$/;
const NOTE_MAX_BYTES = 4_096;

const fleet = new Fleet<Env>({ namespace: (env) => env.FLEET, deployment: (env) => env.VERSION });

async function save(request: Request, key: string, { NOTES }: Env): Promise<Response> {
  if (Number(request.headers.get('content-length')) > NOTE_MAX_BYTES) return tooLong();
  const text = await request.text();
  // The length was not said, or not so.
  if (new TextEncoder().encode(text).length > NOTE_MAX_BYTES) return tooLong();
  await NOTES.put(key, text);
  return new Response(null, { status: 204 });
}

async function read(key: string, { NOTES }: Env): Promise<Response> {
  const text = await NOTES.get(key);
  return text === null ? new Response('There is no such note\n', { status: 404 }) : respond(text);
}

function respond(text: string): Response {
  return new Response(`${text}\n`, { headers: { 'content-type': 'text/plain; charset=utf-8' } });
}

function tooLong(): Response {
  return new Response(`A note has at most ${NOTE_MAX_BYTES} bytes\n`, { status: 413 });
}

export { LifecycleObject } from 'tidegate/cloudflare';

export default withLifecycle<Env>(
  {
    // GET is a query, PUT and DELETE are writes: once the fleet drains, they are not even called.
    async fetch(request, env, ctx) {
      const [, key] = NOTE.exec(new URL(request.url).pathname) ?? [];
      if (key === undefined)
        return new Response('PUT, GET or DELETE /notes/name\n', { status: 404 });
      if (request.method === 'PUT') return save(request, key, env);
      if (request.method === 'GET') return read(key, env);
      if (request.method !== 'DELETE') {
        return new Response(null, { status: 405, headers: { allow: 'GET, PUT, DELETE' } });
      }
      // After the answer, and still in flight: a drain waits for it.
      ctx.waitUntil(env.NOTES.delete(key));
      return new Response(null, { status: 202 });
    },
  },
  {
    fleet,
    handler: (lifecycle, env) => fleet.handler(lifecycle, env, { adminToken: env.ADMIN_TOKEN }),
  },
);
