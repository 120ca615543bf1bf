/**
 * How long a contender waits between two rounds: longer after each failure, and long enough that a
 * store that always refuses does not keep it busy.
 *
 * @module
 */

import type { Time } from './time.ts';

/** The part of the time to live after which a holder renews: three requests each time. */
export const RENEW_PART = 1 / 3;

/** The pause after a failure: doubled each time, from the first to the second. */
const PAUSE_MIN_MS = 50;
const PAUSE_MAX_MS = 2_000;
/** More doublings than it takes. */
const DOUBLINGS = 10;
/** Rounds without a pause, before there is one. */
const QUICK_ROUNDS = 4;

/** The pauses of one contender, in milliseconds. */
export class Pauses {
  readonly #time: Time;
  readonly #ttlMs: number;
  #failures = 0;
  #quickRounds = 0;

  constructor(time: Time, ttlMs: number) {
    this.#time = time;
    this.#ttlMs = ttlMs;
  }

  /** True while the last round was a failure. */
  get hasFailed(): boolean {
    return this.#failures > 0;
  }

  /** The store has answered. */
  worked(): void {
    this.#failures = 0;
  }

  /** The store has not answered; if that is final, asking soon does not help. */
  afterFailure(isFinal: boolean): number {
    const doubled = PAUSE_MIN_MS * 2 ** Math.min(this.#failures, DOUBLINGS);
    this.#failures += 1;
    const mostMs = Math.min(PAUSE_MAX_MS, this.#ttlMs * RENEW_PART);
    return this.spread(Math.min(isFinal ? PAUSE_MAX_MS : doubled, mostMs));
  }

  /** A pause in place of none, once there were several rounds without one. */
  unhurried(pauseMs: number): number {
    this.#quickRounds = pauseMs > 0 ? 0 : this.#quickRounds + 1;
    return this.#quickRounds > QUICK_ROUNDS ? PAUSE_MIN_MS : pauseMs;
  }

  /** Less by chance, so that many do not ask at once. */
  spread(ms: number): number {
    return ms * (1 - 0.25 * this.#time.random());
  }
}
