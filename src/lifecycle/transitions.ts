/**
 * Listening: tells the listeners of one thread of every transition, made on whichever thread.
 *
 * A thread may be busy through several moves. It misses none: the phases between the one it has
 * told and the one it finds have their times in their ENTERED slots, and a phase that was skipped
 * has an empty one.
 *
 * @module
 */

import { Phase, phaseFromU8 } from './phase.ts';
import type { Seat } from './seat.ts';

/** A move that happened. */
export interface Transition {
  readonly from: Phase;
  readonly to: Phase;
  /** When `to` was entered, wall-clock milliseconds. */
  readonly atMs: number;
}

/** Hears transitions, in order. */
export type TransitionListener = (transition: Transition) => void;

interface Subscription {
  readonly listener: TransitionListener;
  told: Phase;
}

/** The listeners of one thread. */
export class Transitions {
  readonly #seat: Seat;
  readonly #subscriptions: Set<Subscription> = new Set();
  #watching: AbortController | undefined;

  constructor(seat: Seat) {
    this.#seat = seat;
  }

  /** Adds a listener, which hears what happens from now on. Returns its removal. */
  add(listener: TransitionListener): () => void {
    const told = phaseFromU8(this.#seat.core.phase());
    const subscription: Subscription = { listener, told };
    this.#subscriptions.add(subscription);
    this.#watch();
    return () => {
      this.#subscriptions.delete(subscription);
      if (this.#subscriptions.size > 0) return;
      this.#watching?.abort();
      this.#watching = undefined;
    };
  }

  /** Does not keep the process alive. */
  #watch(): void {
    if (this.#watching !== undefined) return;
    const controller = new AbortController();
    this.#watching = controller;
    const { signal } = controller;
    const over = (): true | undefined => (this.#tellAll() === Phase.Stopped ? true : undefined);
    // Rejects when the last listener left, or the seat was given back; both end the watch.
    this.#seat.wakeups.until(over, { signal, keepAlive: false }).catch(() => {});
  }

  #tellAll(): Phase {
    const now = phaseFromU8(this.#seat.core.phase());
    for (const subscription of [...this.#subscriptions]) this.#tell(subscription, now);
    return now;
  }

  #tell(subscription: Subscription, now: Phase): void {
    for (let next = subscription.told + 1; next <= now; next++) {
      const atMs = this.#seat.core.enteredAt(next);
      if (atMs < 0) continue;
      const from = subscription.told;
      const to = phaseFromU8(next);
      subscription.told = to;
      if (!this.#subscriptions.has(subscription)) return;
      try {
        subscription.listener({ from, to, atMs });
      } catch (thrown) {
        // As with EventTarget: one listener's exception is the program's, and the others hear on.
        queueMicrotask(() => {
          throw thrown;
        });
      }
    }
  }
}
