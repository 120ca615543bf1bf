/**
 * Time: the wall clock that is written down, and the monotonic one that measures.
 *
 * @module
 */

import { isWithin } from './check.ts';
import { LifecycleError, shown } from './errors.ts';

/** Milliseconds since the Unix epoch; 0 means "no time yet" (Cloudflare Workers at module scope). */
export type Clock = () => number;

/** The largest time that fits into a word: 2^48−1 ms, in the year 10889. */
export const TIME_MAX_MS: number = 2 ** 48 - 1;

/** Longest delay of a timer (ECMAScript hosts keep it in 31 bits). */
export const TIMER_MAX_MS: number = 2 ** 31 - 1;

/**
 * Reads the clock, in whole milliseconds.
 *
 * @throws {LifecycleError} `invalid_clock` if it throws, or is not in 0 … 2^48−1
 */
export function readClock(clock: Clock): number {
  let time: number;
  try {
    const now: unknown = clock();
    time = typeof now === 'number' ? Math.floor(now) : Number.NaN;
  } catch (cause) {
    throw new LifecycleError('invalid_clock', 'Cannot read the clock: it threw', { cause });
  }
  if (!isWithin(time, 0, TIME_MAX_MS)) {
    throw new LifecycleError(
      'invalid_clock',
      `Cannot read the clock: it must return 0 to ${TIME_MAX_MS}, got ${shown(time)}`,
    );
  }
  return time;
}

/**
 * Monotonic milliseconds of this thread. Each thread may count from another moment, and the moment
 * (`performance.timeOrigin`) is wall-clock time on Deno and Bun: what crosses threads is an age, see
 * `age.ts`.
 *
 * @see https://www.w3.org/TR/hr-time-3/#dfn-monotonic-clock
 */
export function monotonicMs(): number {
  return performance.now();
}

/** Whole monotonic milliseconds since `began`. */
export function elapsedMs(began: number): number {
  return Math.max(0, Math.round(monotonicMs() - began));
}
