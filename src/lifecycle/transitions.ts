/**
 * Listening: tells a listener of every transition, made on whichever thread.
 *
 * A thread may be busy through several moves. It misses none: the phases between the one it has
 * told and the one it finds have their times in their ENTERED slots, and a phase that was skipped
 * has an empty one.
 *
 * @module
 */

import { must } from './check.ts';
import { Phase, phaseFromU8 } from './phase.ts';
import type { Seat } from './seat.ts';

/** A move that happened. */
export interface Transition {
  /** The phase before. */
  readonly from: Phase;
  /** The phase since. */
  readonly to: Phase;
  /** When `to` was entered, wall-clock milliseconds. */
  readonly atMs: number;
}

/** Hears transitions, in order. */
export type TransitionListener = (transition: Transition) => unknown;

/**
 * Tells `listener` what happens from now on. What it throws is logged and stops nothing. Does not keep
 * the process alive. Returns the removal.
 */
export function listen(seat: Seat, listener: TransitionListener): () => void {
  const isFunction = typeof listener === 'function';
  must(isFunction, 'listen to transitions', 'the listener must be a function', listener);
  const controller = new AbortController();
  const { signal } = controller;
  let told = phaseFromU8(seat.core.phase());
  const tell = (): boolean => {
    const now = phaseFromU8(seat.core.phase());
    for (let next = told + 1; next <= now; next++) {
      const atMs = seat.core.enteredAt(next);
      // It may remove itself between two of them.
      if (atMs < 0 || signal.aborted) continue;
      const from = told;
      told = phaseFromU8(next);
      seat.journal.tell('onTransition', listener, { from, to: told, atMs });
    }
    return told === Phase.Stopped;
  };
  seat.wakeups.watch(tell, signal);
  return () => controller.abort();
}
