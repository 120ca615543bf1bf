/**
 * Monotonic milliseconds that threads agree on, since the creation or since the acceptance of a
 * shutdown: this thread's part in the words AGE and SINCE (`assembly/age.ts` says why that works).
 * It is not a wall clock.
 *
 * @module
 */

import { monotonicMs } from './clock.ts';

/** How far the word may be behind before a mere look raises it: what a thread that begins may miss. */
const SLACK_MS = 20;

/** Raises the shared word to this thread's count, if that is further; the larger of both. */
type Raise = (ownMs: number, slackMs: number) => number;

/** One thread's count. */
export class Count {
  readonly #raise: Raise;
  /** What is added to this thread's clock; `undefined` while that has no time yet (on the edge). */
  #baseMs: number | undefined;

  constructor(raise: Raise) {
    this.#raise = raise;
  }

  /**
   * What the word says by now.
   *
   * @param slackMs 0 to have it in the shared memory exactly
   */
  now(slackMs: number = SLACK_MS): number {
    const ownMs = monotonicMs();
    // On the edge the clock stands at 0 until the first request, and then jumps by decades.
    if (ownMs === 0) return this.#raise(0, 0);
    this.#baseMs ??= this.#raise(0, 0) - ownMs;
    const counted = this.#raise(this.#baseMs + ownMs, slackMs);
    this.#baseMs = counted - ownMs;
    return counted;
  }
}
