/**
 * The write gate: who may write or query now, and how many are at it. It does not wait; a drain
 * does.
 *
 * @module
 */

import {
  ADMITTED,
  HOLD_LEASE_LOST,
  HOLD_PAUSED,
  HOLD_READ_ONLY,
  HOLD_REPLICA,
  REFUSED_FULL,
  REFUSED_HOLD,
  REFUSED_REAPED,
} from '../../assembly/layout.ts';
import { GateClosedError, LifecycleError, shown } from './errors.ts';
import { type Phase, phaseFromU8, phaseName } from './phase.ts';
import type { Seat } from './seat.ts';

/** What a permit is for. */
export type PermitKind = 'write' | 'query';

/** A reason to refuse writes that has nothing to do with the phase. */
export type HoldName = 'read_only' | 'replica' | 'lease_lost' | 'paused';

/** The holds, in the order in which they are named as the reason. */
export const HOLD_NAMES: readonly HoldName[] = Object.freeze([
  'read_only',
  'replica',
  'lease_lost',
  'paused',
]);

const HOLD_BITS: Readonly<Record<HoldName, number>> = Object.freeze({
  read_only: HOLD_READ_ONLY,
  replica: HOLD_REPLICA,
  lease_lost: HOLD_LEASE_LOST,
  paused: HOLD_PAUSED,
});

/** One write or query under way. A drain waits until it is released. */
export class Permit {
  readonly kind: PermitKind;
  #seat: Seat | undefined;

  /** Made by {@link WriteGate.tryEnter} only. */
  constructor(seat: Seat, kind: PermitKind) {
    this.#seat = seat;
    this.kind = kind;
  }

  /** Gives the permit back, once; again is a no-op. */
  release(): void {
    const seat = this.#seat;
    if (seat === undefined) return;
    this.#seat = undefined;
    const { number, incarnation } = seat.member;
    if (this.kind === 'write') seat.core.leaveWrite(number, incarnation);
    else seat.core.leaveQuery(number, incarnation);
    seat.wakeups.poke();
  }

  /** Releases the permit at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.release();
  }
}

/** Admits writes and queries, and counts them. */
export class WriteGate {
  readonly #seat: Seat;

  /** Made by the lifecycle, as `lifecycle.gate`. */
  constructor(seat: Seat) {
    this.#seat = seat;
  }

  /**
   * Admits a write (in Ready, without a hold) or a query (in Ready and Draining), or returns
   * `null`. None that begins after a drain began, on any thread, is admitted.
   *
   * @throws {LifecycleError} `reaped`, `too_many_permits`, `invalid_argument`
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
    const refusal = this.#enter(kind);
    if (refusal === ADMITTED) return new Permit(this.#seat, kind);
    if (refusal === REFUSED_REAPED || refusal === REFUSED_FULL) throw broken(refusal);
    return null;
  }

  /**
   * Admits, runs `fn`, and always releases: after `fn`, or after the promise it returns. Returns
   * what `fn` returns.
   *
   * @throws {GateClosedError} when closed; `fn` is then not called
   */
  run<T>(kind: PermitKind, fn: () => T): T {
    const refusal = this.#enter(kind);
    if (refusal === REFUSED_REAPED || refusal === REFUSED_FULL) throw broken(refusal);
    if (refusal !== ADMITTED) throw this.#closed(kind, refusal);
    const permit = new Permit(this.#seat, kind);
    let pending = false;
    try {
      const result = fn();
      if (!isThenable(result)) return result;
      pending = true;
      // A promise for what `fn` promised: `T` but for the methods of an unusual thenable.
      return Promise.resolve(result).finally(() => permit.release()) as T;
    } finally {
      if (!pending) permit.release();
    }
  }

  /** Why a write would be refused now (a hold or the phase's wire name), or `null`. */
  writeRefusal(): string | null {
    const refusal = this.#seat.core.writeRefusal();
    return refusal === ADMITTED ? null : this.#reason(refusal, this.#phase());
  }

  /**
   * Sets a hold: no write that begins after this returned is admitted, on any thread. Queries and
   * writes under way are not touched. True if it was not set before.
   */
  hold(name: HoldName): boolean {
    return this.#seat.core.hold(bitOf(name)) === 0;
  }

  /** Clears a hold. True if it was set. */
  release(name: HoldName): boolean {
    return this.#seat.core.unhold(bitOf(name)) !== 0;
  }

  /** The holds that are set. */
  holds(): HoldName[] {
    const bits = this.#seat.core.holds();
    return HOLD_NAMES.filter((name) => (bits & HOLD_BITS[name]) !== 0);
  }

  /** Permits out over all threads; each number exact, the two not of one moment. */
  inFlight(): { writes: number; queries: number } {
    return { writes: this.#seat.core.writesOut(), queries: this.#seat.core.queriesOut() };
  }

  #enter(kind: PermitKind): number {
    const { core, member } = this.#seat;
    if (kind === 'write') return core.enterWrite(member.number, member.incarnation);
    if (kind === 'query') return core.enterQuery(member.number, member.incarnation);
    throw new LifecycleError('invalid_argument', `Cannot admit ${shown(kind)}: 'write' or 'query'`);
  }

  #closed(kind: PermitKind, refusal: number): GateClosedError {
    const phase = this.#phase();
    return new GateClosedError(kind, phase, this.#reason(refusal, phase));
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

function bitOf(name: HoldName): number {
  const bit = Object.hasOwn(HOLD_BITS, name) ? HOLD_BITS[name] : undefined;
  if (bit === undefined) {
    throw new LifecycleError('invalid_argument', `Cannot hold writes: no hold ${shown(name)}`);
  }
  return bit;
}

function broken(refusal: number): LifecycleError {
  return refusal === REFUSED_REAPED
    ? new LifecycleError('reaped', 'Cannot enter: this member was declared dead')
    : new LifecycleError('too_many_permits', 'Cannot enter: 2^31-1 permits are out');
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}
