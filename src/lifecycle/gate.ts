/**
 * The write gate: whether a write or a query may start now, and how many are in progress. It does not
 * wait; a drain does.
 *
 * @module
 */

import {
  ADMITTED,
  HOLD_LEASE_LOST,
  HOLD_PAUSED,
  HOLD_READ_ONLY,
  HOLD_REPLICA,
  HOLD_UNHEALTHY,
  REFUSED_FULL,
  REFUSED_HOLD,
  REFUSED_REAPED,
} from '../../assembly/layout.ts';
import { must } from './check.ts';
import { GateClosedError, LifecycleError, shown } from './errors.ts';
import { isAsyncIterator, untilEnded } from './iteration.ts';
import { type Phase, phaseFromU8, phaseName } from './phase.ts';
import type { Disposing } from './platform.ts';
import { type Fence, reaped, type Seat } from './seat.ts';
import { isThenable } from './thenable.ts';

/** What a permit is for. */
export type PermitKind = 'write' | 'query';

/** A reason to refuse writes that has nothing to do with the phase. */
export type HoldName = 'read_only' | 'replica' | 'lease_lost' | 'paused' | 'unhealthy';

/** The bit of each hold in the core. */
export const HOLD_BITS: Readonly<Record<HoldName, number>> = {
  read_only: HOLD_READ_ONLY,
  replica: HOLD_REPLICA,
  lease_lost: HOLD_LEASE_LOST,
  paused: HOLD_PAUSED,
  unhealthy: HOLD_UNHEALTHY,
};

/** The holds, in the order in which they are named as the reason. */
export const HOLD_NAMES: readonly HoldName[] = Object.keys(HOLD_BITS) as HoldName[];

/** One write or query in progress. A drain waits until it is released. */
export interface Permit extends Disposing {
  /** What it is for. */
  readonly kind: PermitKind;
  /**
   * The fencing token of the lease under which it was given, to be sent with what is written: see
   * `tidegate/fleet`. `null` as soon as that lease is not held any more, also where it was lost and is held
   * again under another token; and without a lease, with several, and on other threads than the lease's.
   */
  readonly token: number | null;
  /** Gives the permit back, once; again is a no-op. The end of a `using` block does the same. */
  release(): void;
}

/**
 * What `using` looks for. A runtime that does not know the symbol (Node before 20.5) has no `using`
 * either: there it is what the helpers of esbuild and Babel look for in its place.
 *
 * @see https://github.com/tc39/proposal-explicit-resource-management
 */
const DISPOSE: typeof Symbol.dispose =
  Symbol.dispose ??
  // Another symbol at run time; to the compiler it has to be the one that it knows.
  /* @__PURE__ */ (Symbol.for('Symbol.dispose') as typeof Symbol.dispose);

class HeldPermit implements Permit {
  readonly kind: PermitKind;
  #seat: Seat | undefined;
  /** As of now: a token that is read later may be one of a later holder. */
  readonly #fence: Fence | undefined;

  constructor(seat: Seat, kind: PermitKind) {
    this.#seat = seat;
    this.#fence = seat.fence;
    this.kind = kind;
  }

  get token(): number | null {
    return this.#fence?.token ?? null;
  }

  get isHeld(): boolean {
    return this.#seat !== undefined;
  }

  release(): void {
    const seat = this.#seat;
    if (seat === undefined) return;
    this.#seat = undefined;
    const { number, incarnation } = seat.member;
    if (this.kind === 'write') seat.core.leaveWrite(number, incarnation);
    else seat.core.leaveQuery(number, incarnation);
    seat.wakeups.wake();
  }

  [DISPOSE](): void {
    this.release();
  }
}

/** Whether a permit of this package has not been given back. */
export function isHeld(permit: Permit): boolean {
  return permit instanceof HeldPermit && permit.isHeld;
}

/** Admits writes and queries, and counts them: `lifecycle.gate`. */
export class WriteGate {
  readonly #seat: Seat;

  /** Made by the lifecycle, as `lifecycle.gate`. */
  constructor(seat: Seat) {
    this.#seat = seat;
  }

  /**
   * Admits a write (in Ready, without a hold) or a query (in Ready and Draining), or returns
   * `null`. No write that starts after a drain has started, on any thread, is admitted.
   *
   * @returns the permit, to be released when the work is done; a drain waits for it
   * @throws {LifecycleError} `invalid_argument` for any other kind, `reaped`, `too_many_permits` for
   * more than 2^24−1 of one kind, `detached`
   * @example
   * ```ts
   * function put(rows: Map<string, string>, key: string, value: string): boolean {
   *   using permit = lifecycle.gate.tryEnter('write');
   *   if (permit !== null) rows.set(key, value);
   *   return permit !== null;
   * }
   * put(new Map(), 'a', 'refused until Ready'); // false
   * ```
   */
  tryEnter(kind: PermitKind): Permit | null {
    return this.#enter(kind) === ADMITTED ? new HeldPermit(this.#seat, kind) : null;
  }

  /**
   * Admits, runs `fn`, and always releases: after `fn`, after the promise that it returns, or after
   * the async iterator that it returns (or promises) has ended. For a stream or a `Response` the permit
   * is released when `fn` returns it, so use the server's permit for those.
   *
   * Inside `fn`, do not wait for `shutdown()` or `drain()`: they wait for this permit.
   *
   * @returns what `fn` returns
   * @throws {GateClosedError} `gate_closed`, with the phase and the reason; `fn` is then not called
   * @throws {LifecycleError} `invalid_argument`, `reaped`, `too_many_permits`, `detached`; whatever
   * `fn` throws
   * @example
   * ```ts
   * lifecycle.markReady();
   * await lifecycle.gate.run('query', async () => 'found'); // 'found'
   * ```
   */
  run<T>(kind: PermitKind, fn: () => T): T {
    const refusal = this.#enter(kind);
    if (refusal !== ADMITTED) {
      const phase = this.#phase();
      throw new GateClosedError(kind, phase, this.#reason(refusal, phase));
    }
    const permit = new HeldPermit(this.#seat, kind);
    let result: T;
    try {
      result = fn();
      if (isThenable(result)) {
        // `T` but for what only an unusual thenable has.
        return Promise.resolve(result).then(
          (value) => releasedAfter(value, permit),
          (thrown: unknown) => {
            permit.release();
            throw thrown;
          },
        ) as T;
      }
    } catch (thrown) {
      permit.release();
      throw thrown;
    }
    return releasedAfter(result, permit);
  }

  /**
   * Why a write would be refused now: the name of a hold, or else the phase's wire name; `null` if it
   * would be admitted.
   *
   * @throws {LifecycleError} `detached`
   */
  writeRefusal(): string | null {
    const refusal = this.#seat.core.writeRefusal();
    return refusal === ADMITTED ? null : this.#reason(refusal, this.#phase());
  }

  /**
   * Sets a hold: no write that starts after this call has returned is admitted, on any thread. Queries,
   * and writes in progress, go on.
   *
   * @returns true if the application had not set it before
   * @throws {LifecycleError} `invalid_argument` for an unknown name, `detached`
   * @example
   * ```ts
   * lifecycle.markReady();
   * lifecycle.gate.hold('read_only'); // true
   * lifecycle.gate.tryEnter('write'); // null
   * lifecycle.gate.writeRefusal(); // 'read_only'
   * lifecycle.gate.release('read_only'); // true
   * ```
   */
  hold(name: HoldName): boolean {
    return this.#seat.core.hold(bitOf(name)) === 0;
  }

  /**
   * Clears a hold that the application has set, on whichever thread. What the library holds by the
   * same name stays: `unhealthy`, for as long as a check of the kind `write` fails.
   *
   * @returns true if the application had set it
   * @throws {LifecycleError} `invalid_argument` for an unknown name, `detached`
   */
  release(name: HoldName): boolean {
    return this.#seat.core.unhold(bitOf(name)) !== 0;
  }

  /** The holds that are set, over all threads and by whomever; the first one is the reason of a refusal. */
  holds(): HoldName[] {
    const bits = this.#seat.core.holds();
    if (bits === 0) return [];
    return HOLD_NAMES.filter((name) => (bits & HOLD_BITS[name]) !== 0);
  }

  /** Permits held over all threads. Each number is exact, but the two may be from different moments. */
  inFlight(): { writes: number; queries: number } {
    return { writes: this.#seat.core.writesOut(), queries: this.#seat.core.queriesOut() };
  }

  #enter(kind: PermitKind): number {
    const isKind = kind === 'write' || kind === 'query';
    must(isKind, 'enter the gate', "the kind must be 'write' or 'query'", kind);
    const { core, member } = this.#seat;
    const enter = kind === 'write' ? core.enterWrite : core.enterQuery;
    const refusal = enter(member.number, member.incarnation);
    if (refusal === REFUSED_REAPED) throw reaped();
    if (refusal === REFUSED_FULL) {
      throw new LifecycleError(
        'too_many_permits',
        'Cannot enter the gate: 2^24-1 permits are held',
      );
    }
    return refusal;
  }

  /** A hold that was released between the refusal and this look leaves the phase to name. */
  #reason(refusal: number, phase: Phase): string {
    const [hold] = refusal === REFUSED_HOLD ? this.holds() : [];
    return hold ?? phaseName(phase);
  }

  #phase(): Phase {
    return phaseFromU8(this.#seat.core.phase());
  }
}

/** The result, once its permit is released; or an async iterator that releases it at its end. */
function releasedAfter<T>(result: T, permit: Permit): T {
  let isHeld = false;
  try {
    if (!isAsyncIterator(result)) return result;
    const held = untilEnded(result, () => permit.release());
    isHeld = true;
    // `T` but for what only an unusual iterator has.
    return held as T;
  } finally {
    if (!isHeld) permit.release();
  }
}

function bitOf(name: HoldName): number {
  const names = `${HOLD_NAMES.slice(0, -1).join(', ')} or ${HOLD_NAMES.at(-1)}`;
  if (!HOLD_NAMES.includes(name)) {
    throw new LifecycleError('invalid_argument', `Unknown hold ${shown(name)}: expected ${names}`);
  }
  return HOLD_BITS[name];
}
