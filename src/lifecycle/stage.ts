/**
 * Stages of the boot, and the marks that they are made of: how they are set, and how a stage is
 * run. How they are read is in `cold-start.ts`.
 *
 * @module
 */

import {
  ADMITTED,
  FIXED_MARKS,
  MARK_READY,
  MARK_STARTED,
  REFUSED_FULL,
  REFUSED_REAPED,
  TEXT_BYTES,
} from '../../assembly/layout.ts';
import { isWhole, must } from './check.ts';
import { TIME_MAX_MS } from './clock.ts';
import { NAMED_STAGES } from './cold-start.ts';
import { LifecycleError, shown } from './errors.ts';
import type { Leaving } from './leaving.ts';
import type { Signal } from './platform.ts';
import { setReason } from './reason.ts';
import { reaped, type Seat } from './seat.ts';
import { isThenable } from './thenable.ts';

const STAGE_NAME = /^[a-z][a-z0-9_]{0,31}$/;

/** What a stage is run with. */
export interface StageContext {
  /** Aborts when the process is leaving: `lifecycle.leaving`. */
  readonly signal: Signal;
}

/**
 * Refuses what a stage cannot be called.
 *
 * @throws {LifecycleError} `invalid_argument`
 */
export function checkStageName(action: string, name: string): void {
  const isName = typeof name === 'string' && STAGE_NAME.test(name) && name !== 'total';
  must(isName, action, 'name must match [a-z][a-z0-9_]{0,31}, but not be total', name);
}

/** Sets mark `index` to now; false if it is set, or the clock has no time yet. */
export function markNow(seat: Seat, index: number): boolean {
  if (seat.core.markedAt(index) !== 0) return false;
  const now = seat.now();
  return now > 0 && seat.core.mark(index, now) === 1;
}

/**
 * Sets mark `index` to a time captured earlier; false if it is set.
 *
 * @throws {RangeError} unless `ms` is an integer in 1 … 2^48−1
 */
export function markAt(seat: Seat, index: number, ms: number): boolean {
  if (!isWhole(ms, 1, TIME_MAX_MS)) {
    const rule = `ms must be an integer from 1 to ${TIME_MAX_MS}`;
    throw new RangeError(`Cannot set the mark: ${rule}, got ${shown(ms)}`);
  }
  return seat.core.mark(index, ms) === 1;
}

/** A named pair of marks, as `lifecycle.stage(name)`. Of each the first writer wins, over all threads. */
export class Stage {
  /** As it was given to `lifecycle.stage()`. */
  readonly name: string;
  readonly #seat: Seat;
  readonly #leaving: Leaving;
  /** The number of its pair of marks. */
  readonly #pair: number;

  /**
   * Finds or registers the stage.
   *
   * @throws {LifecycleError} `invalid_argument` for a name that is not `[a-z][a-z0-9_]{0,31}`, or
   * is `total`; `stages_full` for one more than the capacity; `reaped`
   */
  constructor(seat: Seat, name: string, leaving: Leaving) {
    checkStageName('add the stage', name);
    this.name = name;
    this.#seat = seat;
    this.#leaving = leaving;
    this.#pair = pairOf(seat, name);
  }

  /**
   * Stamps the start with the time now.
   *
   * @returns true if this call set it; false if it was set, or while the clock has no time yet
   * @throws {LifecycleError} `invalid_clock`, `detached`
   * @example
   * ```ts
   * const stage = lifecycle.stage('load_rows');
   * stage.markStarted(); // true
   * stage.markReady(); // true
   * stage.markReady(); // false: the first one stays
   * ```
   */
  markStarted(): boolean {
    return markNow(this.#seat, this.#pair + MARK_STARTED);
  }

  /** Stamps the end with the time now. Returns and throws as {@link markStarted}. */
  markReady(): boolean {
    return markNow(this.#seat, this.#pair + MARK_READY);
  }

  /**
   * Sets the start to a time captured earlier.
   *
   * @param ms wall-clock milliseconds since the Unix epoch
   * @returns true if this call set it
   * @throws {RangeError} unless `ms` is an integer from 1 to 2^48−1
   * @throws {LifecycleError} `detached`
   */
  setStartedAtMs(ms: number): boolean {
    return markAt(this.#seat, this.#pair + MARK_STARTED, ms);
  }

  /** Sets the end likewise. */
  setReadyAtMs(ms: number): boolean {
    return markAt(this.#seat, this.#pair + MARK_READY, ms);
  }

  /**
   * Runs `fn` between the two marks, with the stage's name as the starting reason. If `fn` throws or
   * rejects, the stage does not become ready.
   *
   * A shutdown that is accepted meanwhile, on any thread, aborts the signal and waits for `fn` to end
   * before it flushes anything. Once one is accepted, `fn` is not called: the promise that comes back
   * then rejects with `leaving`, so await it.
   *
   * @returns what `fn` returns
   * @throws {LifecycleError} `invalid_argument` if `fn` is not a function, `reaped`,
   * `too_many_permits`, `detached`; as a rejection, `leaving`; whatever `fn` throws
   * @example
   * ```ts
   * await lifecycle.stage('index_warmup').run(async ({ signal }) => {
   *   for (let page = 0; page < 10 && !signal.aborted; page++) await Promise.resolve(page);
   * });
   * ```
   */
  run<T>(fn: (context: StageContext) => T): T {
    must(typeof fn === 'function', 'run the stage', 'fn must be a function', fn);
    const seat = this.#seat;
    const { core, member } = seat;
    const refusal = core.enterBoot(member.number, member.incarnation);
    if (refusal === REFUSED_REAPED) throw reaped();
    if (refusal === REFUSED_FULL) {
      throw new LifecycleError('too_many_permits', 'Cannot run the stage: 2^24-1 are running');
    }
    // A promise, whatever T is: nobody may take what was not run for something that was.
    if (refusal !== ADMITTED) return Promise.reject(this.#leaving.error()) as T;
    let isPending = false;
    seat.boots += 1;
    const end = (): void => {
      seat.boots -= 1;
      core.leaveBoot(member.number, member.incarnation);
      seat.wakeups.wake();
    };
    try {
      setReason(seat, this.name);
      this.markStarted();
      const result = fn({ signal: this.#leaving.signal });
      if (!isThenable(result)) {
        this.markReady();
        return result;
      }
      isPending = true;
      // A promise for what `fn` promised: `T` but for the methods of an unusual thenable.
      return Promise.resolve(result)
        .then((value) => {
          this.markReady();
          return value;
        })
        .finally(end) as T;
    } finally {
      if (!isPending) end();
    }
  }
}

function pairOf(seat: Seat, name: string): number {
  // Read first: that throws once the seat was given back, for the named three as well.
  const { stage } = seat.core;
  const named = NAMED_STAGES.indexOf(name);
  if (named >= 0) return named * 2;
  seat.mustLive();
  const cell = stage(seat.member.number, seat.staging.put(name, TEXT_BYTES));
  if (cell < 0) throw new LifecycleError('stages_full', 'Cannot add the stage: all 32 are taken');
  return FIXED_MARKS + cell * 2;
}
