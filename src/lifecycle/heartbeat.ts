/**
 * Heartbeats: how often a thread stores one, and what a missing one says to this thread. A missing
 * heartbeat is reported and never taken for death.
 *
 * A heartbeat is a count and not a time, since the clocks of two threads cannot be compared: a
 * thread is silent if its count has not changed for so many of *this* thread's milliseconds. So a
 * thread that looks more often knows more, and one that looks for the first time knows nothing yet.
 *
 * @module
 */

import type { Core } from '../core/core.ts';
import { monotonicMs } from './clock.ts';

/** Milliseconds between two heartbeats of a thread whose loop turns. */
export const HEARTBEAT_MS = 100;

/** A busy machine is late by as much now and then; a loop that is later than this is blocked. */
const TOLERANCE_MS = 150;

interface Seen {
  readonly incarnation: number;
  readonly count: number;
  /** When this thread saw it change, by its own clock. */
  readonly changedMs: number;
}

/** The heartbeats of all members as one thread has seen them. */
export class Heartbeats {
  readonly #core: () => Core;
  readonly #seen: Map<number, Seen> = new Map();
  #own = 0;

  constructor(core: () => Core) {
    this.#core = core;
  }

  /** Stores one of this thread, and looks at those of the others. */
  beat(member: number): void {
    this.#own += 1;
    this.#core().beat(member, this.#own);
    this.look();
  }

  /** Notes which have changed since the last look. */
  look(): void {
    const core = this.#core();
    const used = core.membersUsed();
    for (let member = 0; member < used; member++) this.#lookAt(core, member);
  }

  /**
   * For how long a member has been silent beyond its interval, in milliseconds; 0 while it is not,
   * `null` if it has never beaten.
   */
  silentMs(member: number): number | null {
    const { count, changedMs } = this.#lookAt(this.#core(), member);
    if (count === 0) return null;
    const silent = Math.round(monotonicMs() - changedMs - HEARTBEAT_MS);
    return silent > TOLERANCE_MS ? silent : 0;
  }

  #lookAt(core: Core, member: number): Seen {
    const incarnation = core.incarnationOf(member);
    const count = core.beatOf(member);
    const seen = this.#seen.get(member);
    if (seen?.incarnation === incarnation && seen.count === count) return seen;
    const now = { incarnation, count, changedMs: monotonicMs() };
    this.#seen.set(member, now);
    return now;
  }
}
