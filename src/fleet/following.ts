/**
 * One lifecycle that follows a fleet, as its application sees it: the first answer, the log, the listeners, and the
 * end. When it asks, and what follows from an answer, is `store-follower.ts`.
 *
 * @module
 */

import { must } from '../lifecycle/check.ts';
import {
  type FleetCalls,
  type FleetPhase,
  type FleetStanding,
  fleetChanged,
  noteCalls,
  noteStanding,
} from '../lifecycle/fleet-calls.ts';
import { holdForFleet } from '../lifecycle/fleet-hold.ts';
import { journal, journalOf } from '../lifecycle/journal.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import type { CheckedFleet } from './fleet-options.ts';
import type { Ledger } from './ledger.ts';
import type { FleetState } from './state.ts';
import { isFinal } from './store.ts';
import { StoreFollower } from './store-follower.ts';
import { THREAD_TIME } from './time.ts';

/** How a process stands with the fleet that it follows. */
export interface FleetFollower {
  /** Of this process. */
  readonly deployment: string;
  /** Where its deployment is, as far as this process has heard. */
  readonly phase: FleetPhase;
  /** Whether the store answered the last question. */
  readonly reachable: boolean;
  /** Milliseconds since the latest question was asked that has been answered. */
  readonly ageMs: number;
  /**
   * Calls `listener` when `phase` or `reachable` has changed. What it throws, or rejects with, is logged.
   *
   * @returns the removal
   */
  onChange(listener: (follower: FleetFollower) => unknown): () => void;
  /** Follows no more: what the fleet does is not heard of, and its hold is released. */
  stop(): void;
}

/** What a fleet hears of those who follow. */
export interface Hearing {
  readonly began: (follower: StoreFollower) => void;
  readonly heard: (state: FleetState) => void;
  readonly ended: (follower: StoreFollower) => void;
}

/** See {@link FleetFollower}. */
export class Following implements FleetFollower {
  readonly deployment: string;
  /** Of the store's first answer. */
  readonly answered: Promise<void>;
  readonly #lifecycle: Lifecycle;
  readonly #follower: StoreFollower;
  readonly #hearing: Hearing;
  readonly #listeners: Set<{ readonly hear: (follower: FleetFollower) => unknown }> = new Set();
  #hasAnswered = false;
  #isOver = false;
  /** A failure was logged, and the store has not answered since. */
  #isLogged = false;
  #refuse = (_: unknown): void => {};
  #forgetLeaving = (): void => {};

  constructor(
    calls: FleetCalls,
    lifecycle: Lifecycle,
    { named, cacheAgeMs, timeoutMs }: CheckedFleet,
    ledger: Ledger,
    hearing: Hearing,
  ) {
    this.deployment = named.id;
    this.#lifecycle = lifecycle;
    this.#hearing = hearing;
    let answered = (): void => {};
    this.answered = new Promise((resolve, reject) => {
      answered = resolve;
      this.#refuse = (error) => {
        reject(error);
        // Writes stay refused: nobody knows where the fleet is.
        this.#end();
      };
    });
    // Nobody waits for it where the start throws.
    this.answered.catch(() => {});
    this.#follower = new StoreFollower({
      lifecycle,
      ledger,
      named,
      cacheAgeMs,
      timeoutMs,
      time: THREAD_TIME,
      answered: (state) => {
        this.#hasAnswered = true;
        this.#isLogged = false;
        this.#forgetLeaving();
        hearing.heard(state);
        answered();
      },
      failed: (error) => {
        if (!this.#hasAnswered && isFinal(error)) this.#refuse(error);
        else if (!this.#isLogged) this.#log(error);
      },
      changed: () => this.#changed(),
      stopped: () => {
        // Stopped may be here before the signal is.
        if (this.#hasAnswered || this.#isOver) this.#end();
        else this.#refuse(lifecycle.leaving.reason);
      },
    });
    this.#follower.start();
    hearing.began(this.#follower);
    noteStanding(lifecycle, () => this.#standing());
    noteCalls(lifecycle, calls);
    this.#listenToLeaving();
  }

  get phase(): FleetPhase {
    return this.#follower.phase;
  }

  get reachable(): boolean {
    return this.#follower.isReachable;
  }

  get ageMs(): number {
    return this.#follower.ageMs;
  }

  onChange(listener: (follower: FleetFollower) => unknown): () => void {
    must(typeof listener === 'function', 'listen to the fleet', 'it must be a function', listener);
    const entry = { hear: listener };
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  stop(): void {
    this.#end();
    try {
      holdForFleet(this.#lifecycle, false);
    } catch {
      // Detached: its gate admits nothing any more.
    }
  }

  #standing(): FleetStanding | undefined {
    if (this.#isOver) return undefined;
    const { ageMs } = this.#follower;
    return {
      reachable: this.reachable,
      phase: this.phase,
      deployment: this.deployment,
      age_ms: Number.isFinite(ageMs) ? Math.round(ageMs) : null,
    };
  }

  #end(): void {
    this.#isOver = true;
    this.#forgetLeaving();
    this.#follower.stop();
    this.#hearing.ended(this.#follower);
  }

  #listenToLeaving(): void {
    const { leaving } = this.#lifecycle;
    const left = (): void => {
      if (!this.#hasAnswered) this.#refuse(leaving.reason);
    };
    this.#forgetLeaving = () => leaving.removeEventListener('abort', left);
    leaving.addEventListener('abort', left);
    if (leaving.aborted) left();
  }

  #changed(): void {
    fleetChanged(this.#lifecycle);
    for (const { hear } of [...this.#listeners]) {
      journalOf(this.#lifecycle)?.tell<FleetFollower>('the fleet', hear, this);
    }
  }

  /** Once, however often it comes until the store answers. */
  #log(error: unknown): void {
    this.#isLogged = true;
    const message = 'The store of the fleet does not answer';
    journal(this.#lifecycle, { type: 'fleet_failed', message, error });
  }
}
