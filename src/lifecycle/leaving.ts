/**
 * Leaving: from the acceptance of a shutdown on, or from ShuttingDown without one, the process is about
 * to end, and whatever would go on for ever should not. An `AbortSignal` says so on every thread.
 *
 * @module
 */

import { added } from '../core/backends.ts';
import { LeavingError } from './errors.ts';
import { Phase } from './phase.ts';
import type { Signal } from './platform.ts';
import type { Seat } from './seat.ts';

/** True once the process is leaving. */
export function isLeaving({ core }: Seat): boolean {
  return core.isAccepted() === 1 || core.phase() >= Phase.ShuttingDown;
}

/** The part of a lifecycle that is asked here. */
interface Asked {
  phase(): Phase;
  shutdownRequested(): boolean;
}

/**
 * The same of a lifecycle object, for those who answer: a thread that was detached no longer knows,
 * and unknown means that this is the last answer.
 */
export function isLeavingOrGone(lifecycle: Asked): boolean {
  try {
    return lifecycle.shutdownRequested() || lifecycle.phase() >= Phase.ShuttingDown;
  } catch {
    return true;
  }
}

/** One thread's signal, made when it is first asked for. */
export class Leaving {
  readonly #seat: Seat;
  #signal: AbortSignal | undefined;

  constructor(seat: Seat) {
    this.#seat = seat;
  }

  /** See `Lifecycle.leaving`. */
  get signal(): Signal {
    this.#signal ??= this.#watched();
    return this.#signal;
  }

  /** What the signal aborts with. */
  error(): LeavingError {
    const { core, member, staging } = this.#seat;
    this.#seat.mustLive();
    return new LeavingError(staging.get(core.readTrigger(member.number)));
  }

  #watched(): AbortSignal {
    const controller = new AbortController();
    const { signal } = controller;
    added.allowListeners?.(signal);
    const look = (): boolean => {
      if (!isLeaving(this.#seat)) return false;
      controller.abort(this.error());
      return true;
    };
    // At once if it is so already: who asks for the signal may not get a turn of the loop after it.
    if (!look()) this.#seat.wakeups.watch(look, signal);
    return signal;
  }
}
