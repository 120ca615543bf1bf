/**
 * The time for which a lease is ours, by the monotonic clock of this thread: from before the write that
 * last renewed it, for the time to live. It asks no store; who may take the lease is `contender.ts`.
 *
 * @module
 */

import type { LeaseState } from '../core/lease-cells.ts';
import type { Time } from './time.ts';

export type { LeaseState };

/** State, token and end of a lease, as of now. */
export class Term {
  readonly #time: Time;
  readonly #changed: () => void;
  #state: LeaseState = 'waiting';
  #token = 0;
  #untilMs = Number.NEGATIVE_INFINITY;
  #cancelExpiry = (): void => {};

  /** @param changed is called, synchronously, when the state has changed */
  constructor(time: Time, changed: () => void) {
    this.#time = time;
    this.#changed = changed;
  }

  /** As of now: a time that is over is over, whether or not the timer has said so. */
  get state(): LeaseState {
    if (this.#state === 'held' && this.#time.nowMs() >= this.#untilMs) this.become('lost');
    return this.#state;
  }

  /** The fencing token that was held last, even if it is not held now; 0 if there was none. */
  get token(): number {
    return this.#token;
  }

  /** The end of the time that was held last, which may be past. */
  get untilMs(): number {
    return this.#untilMs;
  }

  /** Takes or renews it. A time that is over by now is not held. */
  hold(token: number, untilMs: number): void {
    // Of two writes under one token the later counts, also where the store has forgotten it.
    this.#untilMs = token === this.#token ? Math.max(this.#untilMs, untilMs) : untilMs;
    this.#token = token;
    if (this.#time.nowMs() < this.#untilMs) this.become('held');
    this.#watchExpiry();
  }

  /** Moves to another state; nothing where it is in that one. */
  become(state: LeaseState): void {
    if (state !== 'held') this.#cancelExpiry();
    if (this.#state === state) return;
    this.#state = state;
    this.#changed();
  }

  /** Sees to it that the end of the time is seen. Timers may be early by a part of a millisecond. */
  #watchExpiry(): void {
    this.#cancelExpiry();
    if (this.state !== 'held') return;
    const leftMs = this.#untilMs - this.#time.nowMs();
    this.#cancelExpiry = this.#time.after(Math.max(1, leftMs), () => this.#watchExpiry());
  }
}
