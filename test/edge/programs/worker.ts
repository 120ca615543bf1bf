/**
 * A worker behind its lifecycle: writes and queries that last until they are released, work after
 * the answer, a boot that can be slow or fail, and events that are no requests.
 *
 * @module
 */

// First: it watches what the others do while they are evaluated.
import './touched.ts';
import { Lifecycle, LifecycleError } from 'tidegate';
import { createHandler } from 'tidegate/http';
import { type EventContext, type Worker, withLifecycle } from 'tidegate/workerd';
import { begun, dateNow, touched } from './touched.ts';

interface Env {
  readonly BOOT?: 'slow' | 'fails once';
  /** Missing where nobody has set the secret. */
  readonly ADMIN_TOKEN?: string;
}

/** What the requests of this isolate share. */
const shared = {
  boots: 0,
  calls: [] as string[],
  released: new Set<string>(),
  /** What this runtime takes for a rejection that nobody handles. */
  unhandled: [] as string[],
};

addEventListener('unhandledrejection', (event) => {
  shared.unhandled.push(String(event.reason));
});

// Made at module scope, as applications may, with the clock that is there: there is no time yet.
const early = Lifecycle.create({ clock: dateNow });
const atModuleScope = [early.startedAtMs(), early.markReady(), early.markRestoreStarted()];

/** Waits by timers of its own, as requests must, until a name is released. */
async function until(name: string): Promise<void> {
  while (!shared.released.has(name)) await new Promise((resolve) => setTimeout(resolve, 5));
}

async function boot({ BOOT }: Env): Promise<void> {
  shared.boots += 1;
  if (BOOT === 'slow') await until('boot');
  if (BOOT === 'fails once' && shared.boots === 1) throw new Error('the first boot fails');
}

/** What is no business of the package, and must come out as it went in. */
const others = { email: () => {}, tail: () => {}, answer: 42 };

/** What an application may get wrong, each to be refused with a typed error. */
const WRONGS: readonly (readonly [string, () => unknown])[] = [
  ['no handlers', () => withLifecycle(null as never)],
  ['fetch: 1', () => withLifecycle({ fetch: 1 as never })],
  ['scheduled: {}', () => withLifecycle({ scheduled: {} as never })],
  ['queue: ""', () => withLifecycle({ queue: '' as never })],
  ['options: 1', () => withLifecycle({}, 1 as never)],
  ['boot: true', () => withLifecycle({}, { boot: true as never })],
  ['handler: {}', () => withLifecycle({}, { handler: {} as never })],
  ['kindOf: "write"', () => withLifecycle({}, { kindOf: 'write' as never })],
  ['lifecycle: {}', () => withLifecycle({}, { lifecycle: {} as never })],
  ['fleet: {}', () => withLifecycle({}, { fleet: {} as never })],
  ...[0, -1, Number.NaN, 2 ** 31, '1'].map(
    (ms) =>
      [`bootTimeoutMs: ${ms}`, () => withLifecycle({}, { bootTimeoutMs: ms as never })] as const,
  ),
];

function codeOf(wrong: () => unknown): unknown {
  try {
    wrong();
    return 'taken';
  } catch (error) {
    return error instanceof LifecycleError ? error.code : error;
  }
}

const worker: Worker<Env> = withLifecycle<Env>(
  {
    async fetch(request, _env, ctx, lifecycle) {
      const { pathname, searchParams } = new URL(request.url);
      const name = searchParams.get('name') ?? '';
      shared.calls.push(`${request.method} ${pathname}`);
      if (pathname === '/until') await until(name);
      if (pathname === '/after') ctx.waitUntil(until(name));
      if (pathname === '/after-failure') ctx.waitUntil(Promise.reject(new Error('after')));
      if (pathname === '/throws-after') {
        ctx.waitUntil(until(name));
        throw new Error('a handler that throws, with work under way');
      }
      if (pathname === '/throws') throw new Error('a handler that throws');
      if (pathname === '/gate') lifecycle.gate.run('write', () => 'written');
      return new Response(`${request.method} ${pathname}`);
    },
    async scheduled(controller, _env, ctx) {
      const { cron, noRetry } = controller as { readonly cron: string; noRetry(): void };
      noRetry.call(controller);
      shared.calls.push(`scheduled at ${cron}`);
      ctx.waitUntil(until('scheduled'));
    },
    async queue(batch, _env, ctx) {
      const { messages } = batch as { readonly messages: readonly { ack(): void }[] };
      messages[0]?.ack();
      shared.calls.push(`queue of ${messages.length}`);
      ctx.waitUntil(until('queue'));
    },
    ...others,
  },
  {
    boot,
    handler: (lifecycle, { ADMIN_TOKEN: adminToken }) => {
      lifecycle.pipeline({
        steps: [
          { name: 'flush_wal', run: () => new Promise((resolve) => setTimeout(resolve, 5)) },
          { name: 'backup', run: () => shared.calls.push('backup') },
        ],
      });
      const health = createHandler(lifecycle, { adminToken });
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
          atModuleScope,
          early: [early.startedAtMs(), early.readyAtMs()],
          isSameClass: lifecycle instanceof Lifecycle,
          passed: Object.entries(others).every(([key, value]) => worker[key] === value),
          wrongs: WRONGS.map(([what, wrong]) => [what, codeOf(wrong)]),
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
