/**
 * One event: its permit, which is held until the handler and everything it passed to `waitUntil`
 * have ended. Whether it is admitted is decided by the gate.
 *
 * @module
 */

import { GateClosedError } from '../../lifecycle/errors.ts';
import type { PermitKind } from '../../lifecycle/gate.ts';
import type { Lifecycle } from '../../lifecycle/lifecycle.ts';
import { phaseName } from '../../lifecycle/phase.ts';
import type { EventContext, Follower } from './types.ts';

/**
 * Runs a handler under a permit.
 *
 * A client that leaves takes its event with it: nothing of it goes on, not even what would release
 * the permit. So the platform is asked to wait for the handler, too, which gives it another 30 s.
 *
 * @throws {GateClosedError} if the gate is closed; the handler is then not called
 * @see https://developers.cloudflare.com/workers/runtime-apis/context/#waituntil
 */
export async function admitted<T>(
  lifecycle: Lifecycle,
  kind: PermitKind,
  ctx: EventContext,
  follower: Follower | undefined,
  handler: (ctx: EventContext) => T | Promise<T>,
): Promise<T> {
  const { gate } = lifecycle;
  const phase = lifecycle.phase();
  let permit = gate.tryEnter(kind);
  if (permit === null) {
    const hold = kind === 'write' ? gate.writeRefusal() : null;
    throw new GateClosedError(kind, phase, hold ?? phaseName(phase));
  }
  const isOver = follower?.during(ctx);
  let running = 0;
  const begun = (): void => {
    // Work that is announced after all else had ended counts, unless the gate has closed meanwhile.
    if (running === 0) permit ??= gate.tryEnter(kind);
    running += 1;
  };
  const ended = (): void => {
    running -= 1;
    if (running > 0) return;
    permit?.release();
    permit = null;
    isOver?.();
  };
  begun();
  const waitUntil = (promise: Promise<unknown>): void => {
    ctx.waitUntil(promise);
    begun();
    // Of a thenable, too. Its rejection is the platform's to report.
    Promise.resolve(promise).then(ended, ended);
  };
  const run = async (): Promise<T> => {
    try {
      return await handler(counting(ctx, waitUntil));
    } finally {
      ended();
    }
  };
  const result = run();
  ctx.waitUntil(result.catch(() => {}));
  return await result;
}

/** The same context, with a `waitUntil` of ours: its methods refuse to work on another object. */
function counting(ctx: EventContext, waitUntil: EventContext['waitUntil']): EventContext {
  return new Proxy(ctx, {
    get(target, name): unknown {
      if (name === 'waitUntil') return waitUntil;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
