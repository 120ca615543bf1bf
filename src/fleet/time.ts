/**
 * Time as a lease takes it: monotonic, of this thread, never the wall clock. It is an interface so that
 * whole lives can be simulated.
 *
 * @module
 */

import { monotonicMs } from '../lifecycle/clock.ts';

/** A monotonic clock, its timers, and chance. */
export interface Time {
  /** Monotonic milliseconds. */
  nowMs(): number;
  /** Calls `then` in `ms` milliseconds or later; returns the undo. It keeps no process alive. */
  after(ms: number, then: () => void): () => void;
  /** 0 … 1. */
  random(): number;
}

/** That of this thread. */
export const THREAD_TIME: Time = {
  nowMs: monotonicMs,
  after(ms, then) {
    // Timers may be early by a part of a millisecond.
    const timer = setTimeout(then, Math.ceil(ms));
    const { Deno } = globalThis as { readonly Deno?: { unrefTimer(id: number): void } };
    if (typeof timer === 'object') timer.unref();
    else Deno?.unrefTimer(timer);
    return () => clearTimeout(timer);
  },
  random: Math.random,
};
