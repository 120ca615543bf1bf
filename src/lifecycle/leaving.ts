/**
 * Leaving: from the acceptance of a shutdown on (or from ShuttingDown, if there is none), the
 * process is about to end, and whatever would never end by itself must end. An `AbortSignal` says
 * so on every thread.
 *
 * @module
 */

import { SHUTTING_DOWN } from '../../assembly/layout.ts';
import { added } from '../core/backends.ts';
import { readTrigger } from './acceptance.ts';
import { LeavingError } from './errors.ts';
import { Phase } from './phase.ts';
import type { Signal } from './platform.ts';
import type { Seat } from './seat.ts';

/** True once the process is leaving. */
export function isLeaving({ core }: Seat): boolean {
  return core.isAccepted() === 1 || core.phase() >= SHUTTING_DOWN;
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
  /** Made when it is first asked for. */
  #controller: AbortController | undefined;

  constructor(seat: Seat) {
    this.#seat = seat;
  }

  /** See `Lifecycle.leaving`. Who asks for it now finds what is so now, though no wake-up has come. */
  get signal(): Signal {
    const known = this.#controller;
    const controller = known ?? new AbortController();
    this.#controller = controller;
    const { signal } = controller;
    if (!this.#look(controller) && known === undefined) {
      added.allowListeners?.(signal);
      this.#seat.wakeups.watch(() => this.#look(controller), signal);
    }
    return signal;
  }

  /** What the signal aborts with. */
  error(): LeavingError {
    this.#seat.mustLive();
    return new LeavingError(readTrigger(this.#seat));
  }

  /** Aborts the signal if the process is leaving. */
  #look(controller: AbortController): boolean {
    if (controller.signal.aborted) return true;
    if (!isLeaving(this.#seat)) return false;
    controller.abort(this.error());
    return true;
  }
}
