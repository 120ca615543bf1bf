/**
 * A worker of a fleet, and the object that leads it, which can be made ill: it then throws, never
 * answers, answers late or when it is well again, or is ended by the platform in the middle of a call. The clock that the
 * isolate follows by can be set, and then stands still; so can chance.
 *
 * @module
 */

// First: it watches what the others do while they are evaluated.
import './touched.ts';
import {
  Fleet,
  type FleetNamespace,
  type FleetOptions,
  LifecycleObject,
} from 'tidegate/cloudflare';
import { type EventContext, type Lifecycle, withLifecycle } from 'tidegate/workerd';
import { begun, touched } from './touched.ts';

interface Env {
  readonly FLEET: FleetNamespace;
  readonly DEPLOYMENT: string;
  readonly MADE_AT?: string;
  /** 0: what the package has by default. */
  readonly CACHE_AGE_MS: number;
  readonly TIMEOUT_MS?: number;
  readonly TOKEN: string;
}

/** What the platform passes, beyond what the package needs of it. */
type Context = ConstructorParameters<typeof LifecycleObject>[0] & { abort(why: string): void };

/** How often the platform has made the object in this isolate, and how often it was asked. */
const seen = { instances: 0, polls: 0 };

/** What the test has set; otherwise the clock goes, and chance is chance. */
const set: { clock?: number; chance?: number } = {};

let isBegun = false;

/** The first event of this isolate: the watch over its module scope ends, and chance can be set. */
function begin(): void {
  if (isBegun) return;
  isBegun = true;
  begun();
  const { random } = Math;
  Math.random = () => set.chance ?? random();
}

/** The object, with an illness. */
export class IllObject extends LifecycleObject {
  readonly #ctx: Context;
  #illness = '';

  constructor(ctx: Context) {
    begin();
    super(ctx);
    seen.instances += 1;
    this.#ctx = ctx;
  }

  override async fetch(request: Request): ReturnType<LifecycleObject['fetch']> {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === '/ill') {
      this.#illness = searchParams.get('how') ?? '';
      return Response.json({ illness: this.#illness, ...seen });
    }
    if (pathname === '/poll') seen.polls += 1;
    if (this.#illness === 'throws') throw new Error('the object is ill');
    if (this.#illness === 'hangs') {
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    }
    const answer = await super.fetch(request);
    while (this.#illness === 'waits') await new Promise((resolve) => setTimeout(resolve, 5));
    if (this.#illness === 'is late') await new Promise((resolve) => setTimeout(resolve, 200));
    if (this.#illness === 'dies') this.#ctx.abort('it dies');
    return answer;
  }
}

const options: FleetOptions<Env> = {
  namespace: (env) => env.FLEET,
  deployment: ({ DEPLOYMENT, MADE_AT }) => ({ id: DEPLOYMENT, timestamp: MADE_AT }),
  clock: () => set.clock ?? Date.now(),
};

// At module scope, where a project has it: with the cache age that the package has by default.
const plain = new Fleet<Env>({ ...options, timeoutMs: 30_000 });
let quick: Fleet<Env> | undefined;

/** The fleet that the bindings ask for. */
function fleetOf({ CACHE_AGE_MS, TIMEOUT_MS }: Env): Fleet<Env> {
  if (CACHE_AGE_MS === 0) return plain;
  quick ??= new Fleet<Env>({ ...options, cacheAgeMs: CACHE_AGE_MS, timeoutMs: TIMEOUT_MS });
  return quick;
}

/** Writes again and again, as a socket's handler would, and says when the last one was admitted. */
async function keepWriting(lifecycle: Lifecycle): Promise<Response> {
  let lastAtMs = 0;
  for (let tries = 0; tries < 2_000; tries++) {
    try {
      lifecycle.gate.run('write', () => {
        lastAtMs = Date.now();
      });
    } catch {
      return Response.json({ lastAtMs });
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return new Response('it was never refused', { status: 500 });
}

/** What a test tells this isolate, or asks it, past the gate. */
function told({ pathname, searchParams }: URL): Response {
  if (pathname === '/test/clock') set.clock = Number(searchParams.get('ms'));
  if (pathname === '/test/chance') set.chance = Number(searchParams.get('is'));
  return Response.json({ touched });
}

const worker = withLifecycle<Env>(
  {
    async fetch(request, env, _ctx, lifecycle) {
      const url = new URL(request.url);
      const { pathname, search } = url;
      if (pathname.startsWith('/test/')) return told(url);
      // What the platform would not let anybody do.
      if (pathname.startsWith('/object/')) {
        const stub = env.FLEET.get(env.FLEET.idFromName('fleet'));
        const { method } = request;
        const body = method === 'GET' ? undefined : await request.text();
        return stub.fetch(`https://fleet/${pathname.slice('/object/'.length)}${search}`, {
          method,
          body,
        }) as Promise<Response>;
      }
      if (pathname === '/keep-writing') return keepWriting(lifecycle);
      if (pathname === '/slow') await new Promise((resolve) => setTimeout(resolve, 300));
      return Response.json({ userAgent: navigator.userAgent });
    },
  },
  {
    fleet: { follow: (lifecycle, env) => fleetOf(env).follow(lifecycle, env) },
    kindOf: ({ method, url }) => {
      if (/^\/(object|test)\//.test(new URL(url).pathname)) return null;
      return method === 'GET' ? 'query' : 'write';
    },
    handler: (lifecycle, env) => {
      lifecycle.pipeline({ steps: [{ name: 'flush_wal', run: () => {} }] });
      return fleetOf(env).handler(lifecycle, env, { adminToken: env.TOKEN || undefined });
    },
  },
);

export default {
  ...worker,
  fetch(request: Request, env: Env, ctx: EventContext): unknown {
    begin();
    return worker.fetch?.(request, env, ctx);
  },
};
