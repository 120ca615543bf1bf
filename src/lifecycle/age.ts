/**
 * The age of the lifecycle, in monotonic milliseconds that threads agree on: this thread's part in the
 * word AGE (`assembly/age.ts` says why that works). It is no wall clock.
 *
 * @module
 */

import type { Core } from '../core/core.ts';
import { monotonicMs } from './clock.ts';

/** How far AGE may be behind before a mere look raises it: what a thread that attaches may miss. */
const SLACK_MS = 20;

/** One thread's count of the age. */
export class Age {
  readonly #core: () => Core;
  /** What is added to this thread's clock; `undefined` while that has no time yet (on the edge). */
  #baseMs: number | undefined;

  constructor(core: () => Core) {
    this.#core = core;
  }

  /**
   * Milliseconds since the creation.
   *
   * @param slackMs 0 to have it in the shared memory exactly, because a stamp is made of it
   */
  now(slackMs: number = SLACK_MS): number {
    const ownMs = monotonicMs();
    // On the edge the clock stands at 0 until the first request, and then jumps by decades.
    if (ownMs === 0) return this.#core().age(0, 0);
    const core = this.#core();
    this.#baseMs ??= core.age(0, 0) - ownMs;
    const age = core.age(this.#baseMs + ownMs, slackMs);
    this.#baseMs = age - ownMs;
    return age;
  }
}
