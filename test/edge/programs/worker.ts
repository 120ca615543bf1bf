/**
 * A worker behind its lifecycle: writes and queries that last until they are released, work after
 * the answer, a boot that can be slow or fail, and events that are no requests.
 *
 * @module
 */

// First: it watches what the others do while they are evaluated.
import './touched.ts';
import { Lifecycle } from 'tidegate';
import { createHandler } from 'tidegate/http';
import { type EventContext, withLifecycle } from 'tidegate/workerd';
import { begun, touched } from './touched.ts';

interface Env {
  readonly BOOT?: 'slow' | 'fails once';
}

/** What the requests of this isolate share. */
const shared = {
  boots: 0,
  calls: [] as string[],
  released: new Set<string>(),
};

// Made at module scope, as applications may: its creation has no time yet.
const early = Lifecycle.create({ clock: () => 0 });

/** Waits by timers of its own, as requests must, until a name is released. */
async function until(name: string): Promise<void> {
  while (!shared.released.has(name)) await new Promise((resolve) => setTimeout(resolve, 5));
}

async function boot({ BOOT }: Env): Promise<void> {
  shared.boots += 1;
  if (BOOT === 'slow') await until('boot');
  if (BOOT === 'fails once' && shared.boots === 1) throw new Error('the first boot fails');
}

const worker = withLifecycle<Env>(
  {
    async fetch(request, _env, ctx, lifecycle) {
      const { pathname, searchParams } = new URL(request.url);
      const name = searchParams.get('name') ?? '';
      shared.calls.push(`${request.method} ${pathname}`);
      if (pathname === '/until') await until(name);
      if (pathname === '/after') ctx.waitUntil(until(name));
      if (pathname === '/after-failure') ctx.waitUntil(Promise.reject(new Error('after')));
      if (pathname === '/throws') throw new Error('a handler that throws');
      if (pathname === '/gate') lifecycle.gate.run('write', () => 'written');
      return new Response(`${request.method} ${pathname}`);
    },
    async scheduled(_controller, _env, ctx) {
      shared.calls.push('scheduled');
      ctx.waitUntil(until('scheduled'));
    },
    queue(batch) {
      shared.calls.push(`queue of ${(batch as { readonly messages: unknown[] }).messages.length}`);
    },
    answer: 42,
  },
  {
    boot,
    handler: (lifecycle) => {
      lifecycle.pipeline({
        steps: [
          { name: 'flush_wal', run: () => new Promise((resolve) => setTimeout(resolve, 5)) },
          { name: 'backup', run: () => shared.calls.push('backup') },
        ],
      });
      const health = createHandler(lifecycle, { adminToken: 'secret' });
      return async (request) => {
        const { pathname, searchParams } = new URL(request.url);
        if (pathname === '/release') shared.released.add(searchParams.get('name') ?? '');
        if (pathname !== '/state' && pathname !== '/release') return health(request);
        const { phase, inFlight, startedAtMs } = lifecycle.snapshot();
        return Response.json({
          ...shared,
          touched,
          phase,
          inFlight,
          startedAtMs,
          early: [early.startedAtMs(), early.markReady(), early.markRestoreStarted()],
          isSameClass: lifecycle instanceof Lifecycle,
          userAgent: navigator.userAgent,
          backend: lifecycle.backend,
        });
      };
    },
  },
);

export default {
  ...worker,
  fetch(request: Request, env: Env, ctx: EventContext): unknown {
    begun();
    return worker.fetch?.(request, env, ctx);
  },
};
