/**
 * workerd, as Cloudflare Workers run on it: the handlers of a module worker behind the gate of their
 * isolate's lifecycle. It knows nothing of other isolates; a fleet does (`tidegate/cloudflare`).
 *
 * @module
 */

import { TIMER_MAX_MS } from '../lifecycle/clock.ts';
import { GateClosedError, LifecycleError, shown } from '../lifecycle/errors.ts';
import type { PermitKind } from '../lifecycle/gate.ts';
import { isLifecycle } from '../lifecycle/is-lifecycle.ts';
import { refusal } from './answer.ts';
import { admitted } from './workerd/event.ts';
import { Isolate } from './workerd/isolate.ts';
import type {
  EventContext,
  PlatformHandlers,
  Worker,
  WorkerContext,
  WorkerHandlers,
  WorkerOptions,
} from './workerd/types.ts';

/** Methods that change nothing, by RFC 9110 §9.2.1. */
const SAFE = ['GET', 'HEAD', 'OPTIONS', 'TRACE'];

/**
 * Puts the handlers of a module worker behind the gate of a lifecycle, one in each isolate.
 *
 * - `fetch`: `options.handler` is asked first; then the request waits for the boot, and is admitted
 *   as a query or a write. A closed gate, here or within the handler, makes a 503 with the reason.
 * - `scheduled` and `queue` are writes. Refused, they throw `GateClosedError`: the platform notes the
 *   failure, and delivers the batch again.
 * - Work given to `ctx.waitUntil` is in flight until it has ended, as part of its event.
 * - All other handlers (`email`, `tail`, …) are passed through.
 *
 * @throws {LifecycleError} `invalid_argument` for what are no handlers, or no options
 * @example
 * ```ts worker
 * export default withLifecycle({
 *   async fetch(request, env, ctx) {
 *     ctx.waitUntil(Promise.resolve('counted as in flight'));
 *     return new Response('hello');
 *   },
 * });
 * ```
 */
export function withLifecycle<Env = unknown>(
  handlers: WorkerHandlers<Env>,
  options?: WorkerOptions<Env>,
): Worker<Env>;
/** The same for handlers with the platform's types, as a framework's `app.fetch`. */
export function withLifecycle<Env = unknown>(
  handlers: PlatformHandlers,
  options?: WorkerOptions<Env>,
): Worker<Env>;
export function withLifecycle<Env>(
  given: WorkerHandlers<Env> | PlatformHandlers,
  options: WorkerOptions<Env> = {},
): Worker<Env> {
  checkWorker(given, options);
  // What the platform passes is what handlers of either type are called with.
  const handlers = given as WorkerHandlers<Env>;
  const { fetch, scheduled, queue, ...others } = handlers;
  const { handler, kindOf = kindOfMethod } = options;
  let only: Isolate<Env> | undefined;
  const isolateOf = (env: Env): Isolate<Env> => {
    only ??= new Isolate(options, env);
    return only;
  };

  const answer = async (request: Request, env: Env, ctx: EventContext): Promise<Response> => {
    const isolate = isolateOf(env);
    // A probe boots the isolate like any event, and says meanwhile that it is starting.
    const began = isolate.boot(env, ctx);
    began?.catch(() => {});
    const answered = await ask(isolate, request, ctx);
    if (answered !== undefined) return answered;
    if (fetch === undefined) return refusal(404, 'not found');
    // As a method: handlers of an object may use `this`.
    const call = (context: EventContext): Response | Promise<Response> =>
      // The platform's own, of which only waitUntil is looked at here.
      fetch.call(handlers, request, env, context as WorkerContext, isolate.lifecycle);
    try {
      await isolate.booted(env, ctx, began);
      return await enter(isolate, kindOf(request, env), ctx, call);
    } catch (thrown) {
      if (thrown instanceof GateClosedError) return unavailable(thrown);
      throw thrown;
    }
  };

  const work =
    (name: 'scheduled' | 'queue') =>
    async (event: unknown, env: Env, ctx: EventContext): Promise<void> => {
      const isolate = isolateOf(env);
      await isolate.booted(env, ctx);
      await enter(isolate, 'write', ctx, async (context) => {
        // Of the kind that its name says: the platform calls them.
        await handlers[name]?.(event as never, env, context as WorkerContext, isolate.lifecycle);
      });
    };

  return {
    ...others,
    ...((fetch !== undefined || handler !== undefined) && { fetch: answer }),
    ...(scheduled !== undefined && { scheduled: work('scheduled') }),
    ...(queue !== undefined && { queue: work('queue') }),
  };
}

/** What comes before the application: health and admin, which no gate is in front of. */
async function ask<Env>(
  isolate: Isolate<Env>,
  request: Request,
  ctx: EventContext,
): Promise<Response | undefined> {
  if (isolate.handler === undefined) return undefined;
  const answered = isolate.handler(request, ctx);
  // A shutdown goes on when who asked for it has left.
  ctx.waitUntil(answered.catch(() => {}));
  return answered;
}

/**
 * Catches up with the others, and runs `handler` under a permit; `null` needs none.
 *
 * @throws {GateClosedError} if it is not admitted
 */
async function enter<Env, T>(
  isolate: Isolate<Env>,
  kind: PermitKind | null,
  ctx: EventContext,
  handler: (ctx: EventContext) => T | Promise<T>,
): Promise<T> {
  const { lifecycle, follower } = isolate;
  if (kind === null) return await handler(ctx);
  await follower?.before(kind, ctx);
  // Awaited here: at older compatibility dates a rejection that is handled a turn later is a false
  // `unhandledrejection` (flag `unhandled_rejection_after_microtask_checkpoint`).
  return await admitted(lifecycle, kind, ctx, follower, handler);
}

function kindOfMethod({ method }: Request): PermitKind {
  return SAFE.includes(method) ? 'query' : 'write';
}

/** 503, as the probes have it. */
function unavailable({ message, reason }: GateClosedError): Response {
  const headers = { 'retry-after': '1', 'cache-control': 'no-store' };
  return Response.json({ ok: false, error: message, reason }, { status: 503, headers });
}

function checkWorker(handlers: unknown, options: unknown): void {
  if (typeof handlers !== 'object' || handlers === null) {
    throw invalid(`handlers must be an object such as { fetch }, got ${shown(handlers)}`);
  }
  if (typeof options !== 'object' || options === null) {
    throw invalid(`options must be an object, got ${shown(options)}`);
  }
  checkFunctions(handlers, ['fetch', 'scheduled', 'queue']);
  checkFunctions(options, ['boot', 'handler', 'kindOf']);
  const { lifecycle, bootTimeoutMs, fleet } = options as WorkerOptions;
  if (lifecycle !== undefined && !isLifecycle(lifecycle)) {
    throw invalid('lifecycle must be a Lifecycle');
  }
  if (fleet !== undefined && typeof fleet?.follow !== 'function')
    throw invalid('fleet must be a Fleet');
  const isTime =
    typeof bootTimeoutMs === 'number' && bootTimeoutMs > 0 && bootTimeoutMs <= TIMER_MAX_MS;
  if (bootTimeoutMs !== undefined && !isTime) {
    throw invalid(`bootTimeoutMs must be above 0 and at most 2^31-1, got ${shown(bootTimeoutMs)}`);
  }
}

function checkFunctions(object: object, names: readonly string[]): void {
  for (const name of names) {
    const value: unknown = Reflect.get(object, name);
    if (value !== undefined && typeof value !== 'function') {
      throw invalid(`${name} must be a function, got ${shown(value)}`);
    }
  }
}

function invalid(what: string): LifecycleError {
  return new LifecycleError('invalid_argument', `Cannot wrap the worker: ${what}`);
}
