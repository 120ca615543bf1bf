/**
 * The third part of the facade: the calls of adapters, which serve, answer probes and end the
 * process. An application that uses an adapter does not need them. Each call passes on to the
 * module that does the work.
 *
 * @module
 */

import { budgetMs } from './acceptance.ts';
import { Boot } from './boot.ts';
import { type CountedProbe, countProbe } from './counters.ts';
import { exits } from './exits.ts';
import type { Leaving } from './leaving.ts';
import { endPreDrain, noteReadinessProbe } from './pre-drain.ts';
import type { Seat } from './seat.ts';

/**
 * What adapters report to a lifecycle about its process and its probes.
 *
 * @internal
 */
export abstract class AdapterCalls extends Boot {
  readonly #seat: Seat;

  protected constructor(seat: Seat, leaving: Leaving) {
    super(seat, leaving);
    this.#seat = seat;
  }

  /**
   * Stores a heartbeat of this thread (its event loop is responsive), and looks at those of the others.
   * Adapters call it, every 100 ms.
   */
  beat(): void {
    this.#seat.heartbeats.beat(this.#seat.member.number);
  }

  /**
   * Looks at the heartbeats of all threads. A thread that does not beat, and is to report on others,
   * calls it a few times a second: how long one has been silent is known only by looking regularly.
   */
  watchBeats(): void {
    this.#seat.heartbeats.look();
  }

  /**
   * Counts a readiness probe that saw the accepted shutdown; `preDrainProbes` of them end the pre-drain.
   * Whatever answers probes calls it.
   */
  noteReadinessProbe(): void {
    noteReadinessProbe(this.#seat);
  }

  /**
   * Counts an answer of a probe, by its status: 200, 204, 405 or 503; any other is not counted. Whatever
   * answers probes calls it.
   */
  countProbe(probe: CountedProbe, status: number): void {
    countProbe(this.#seat, probe, status);
  }

  /** The budget that a shutdown accepted now would have, or the accepted one has, in milliseconds. */
  shutdownBudgetMs(): number {
    return budgetMs(this.#seat);
  }

  /** Ends the pre-drain, even before it has started: there is no load balancer to wait for. */
  endPreDrain(): void {
    endPreDrain(this.#seat);
  }

  /**
   * Tells all threads that the process is ended once it is Stopped, so that a probe thread can see to
   * it. Adapters that end it call it.
   *
   * @returns the undo; calling it again does nothing
   */
  exits(): () => void {
    return exits(this.#seat);
  }

  /** True while an adapter on any thread has called {@link exits} and not undone it. */
  isExiting(): boolean {
    return this.#seat.core.exits(0) > 0;
  }
}
