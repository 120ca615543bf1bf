/**
 * Listening: calls a listener for every transition, made on whichever thread.
 *
 * A thread may be busy through several moves. It misses none: the phases between the last one it has
 * reported and the one it finds have their times in their ENTERED slots, and a phase that was skipped
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

/** Is called with transitions, in order. */
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
  let reported = phaseFromU8(seat.core.phase());
  const tell = (): boolean => {
    const now = phaseFromU8(seat.core.phase());
    for (let next = reported + 1; next <= now; next++) {
      const atMs = seat.core.enteredAt(next);
      // It may remove itself between two of them.
      if (atMs < 0 || signal.aborted) continue;
      const from = reported;
      reported = phaseFromU8(next);
      seat.journal.tell('onTransition', listener, { from, to: reported, atMs });
    }
    return reported === Phase.Stopped;
  };
  seat.wakeups.watch(tell, signal);
  return () => controller.abort();
}
