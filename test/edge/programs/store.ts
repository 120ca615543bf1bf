/**
 * A worker with a Durable Object as a store: it passes questions on to the object as they are, so that a process outside
 * can use the store, and holds a lease of its own for as long as a request lasts.
 *
 * @module
 */

import { Lifecycle } from 'tidegate';
import { type FleetNamespace, objectStore, StoreObject } from 'tidegate/cloudflare';
import { lease } from 'tidegate/fleet';

export { StoreObject };

interface Env {
  readonly STORE: FleetNamespace;
}

export default {
  async fetch(request: Request, env: Env): Promise<unknown> {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === '/store') {
      const stub = env.STORE.get(env.STORE.idFromName('store'));
      return stub.fetch('https://store/', { method: 'POST', body: await request.text() });
    }
    // One that has the lease while it lasts, as a cron trigger that must not run twice.
    const lifecycle = Lifecycle.create();
    lifecycle.markReady();
    const store = objectStore(env.STORE, { pollMs: 10 });
    const name = searchParams.get('name') ?? '';
    const made = await lease(lifecycle, { store, name, ttlMs: 60_000 });
    const told = { state: made.state, token: made.token, refused: lifecycle.gate.writeRefusal() };
    return Response.json({ ...told, released: await made.release() });
  },
};
