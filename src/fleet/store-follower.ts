/**
 * One process's part in a fleet: when it asks, what it has heard, how old that is, and what follows from it for
 * the gate. It decides nothing for the others.
 *
 * An answer counts from the moment at which it was *asked* for: whatever the store had taken before that is in
 * it, however late it arrives. Hence the bounds, by the monotonic clock of this thread:
 *
 * - the next question is asked within {@link ASK_PART} of a cache age, so if the store answers within the rest of
 *   it, a drain is in force here within one cache age;
 * - whatever becomes of the questions, an answer serves for three cache ages, and then the hold `lease_lost` is on.
 *
 * A phase only moves forward, so it does not matter in which order answers come.
 *
 * @module
 */

import type { FleetPhase } from '../lifecycle/fleet-calls.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { Phase } from '../lifecycle/phase.ts';
import { conform } from './conduct.ts';
import type { Ledger } from './ledger.ts';
import { type FleetState, LEASE_AGES, laterOf, phaseAt } from './state.ts';
import { isFinal } from './store.ts';
import type { Time } from './time.ts';
import type { Named } from './told.ts';

/** The part of a cache age after which the next question is asked, at the latest. */
export const ASK_PART = 3 / 4;
/** The part of that by which it may be early, so that processes do not ask at once. */
const JITTER = 1 / 4;
/** After a failure, the part of a cache age until the next question. */
const PAUSE_PART = 1 / 4;
/** The same after one for which asking again is of no use, at least. */
const FINAL_PAUSE_MS = 2_000;

/** What a follower is made of. */
export interface FollowerParts {
  readonly lifecycle: Lifecycle;
  readonly ledger: Ledger;
  readonly named: Named;
  readonly cacheAgeMs: number;
  readonly timeoutMs: number;
  readonly time: Time;
  /** The store has answered. */
  readonly answered: (state: FleetState) => void;
  /** The store could not be asked. */
  readonly failed: (error: unknown) => void;
  /** Something that `standing` tells of has changed, but for the age. */
  readonly changed: () => void;
  /** It asks no more: it was stopped, or the lifecycle is Stopped or detached. */
  readonly stopped: () => void;
}

/** See the module. */
export class StoreFollower {
  readonly #parts: FollowerParts;
  readonly #undos: (() => void)[] = [];
  /** When the latest question was asked that has been answered. */
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #phase: FleetPhase = 'ready';
  /** Where this deployment is on the line, once it is known. */
  #order: number | undefined;
  #isReachable = false;
  #isStopped = false;
  #cancelExpiry = (): void => {};
  #cancelSleep = (): void => {};

  constructor(parts: FollowerParts) {
    this.#parts = parts;
  }

  get phase(): FleetPhase {
    return this.#phase;
  }

  get isReachable(): boolean {
    return this.#isReachable;
  }

  /** The age of what is known; infinite if nothing is. */
  get ageMs(): number {
    return this.#parts.time.nowMs() - this.#askedAtMs;
  }

  /** @throws {LifecycleError} `detached`, and then nothing is installed */
  start(): void {
    const { lifecycle } = this.#parts;
    this.#conform();
    this.#undos.push(
      lifecycle.onTransition(({ to }) => {
        // Drained or shut down already; or it has just become Ready in a fleet that is not.
        this.#conform();
        if (to === Phase.Stopped) this.stop();
      }),
    );
    void this.#run();
  }

  /** Asks no more. The hold stays as it is. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    for (const undo of this.#undos.splice(0)) undo();
    this.#cancelExpiry();
    this.#cancelSleep();
    this.#parts.stopped();
  }

  /** What was read by somebody else in this process, who had asked at that time. */
  hear(state: FleetState, askedAtMs: number): void {
    if (this.#order === undefined || this.#isStopped) return;
    this.#learn(phaseAt(state, this.#order), askedAtMs);
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      const pauseMs = await this.#ask();
      if (this.#isStopped) return;
      await this.#sleep(pauseMs);
    }
  }

  /** One question; how long to wait until the next one. */
  async #ask(): Promise<number> {
    const { ledger, named, cacheAgeMs, timeoutMs, time, answered, failed } = this.#parts;
    const askedAtMs = time.nowMs();
    try {
      const known = { order: this.#order, phase: this.#phase };
      const { state, deployment } = await ledger.poll(named, cacheAgeMs, known, timeoutMs);
      if (this.#isStopped) return 0;
      this.#order = deployment.order;
      this.#setReachable(true);
      this.#learn(phaseAt(state, deployment.order), askedAtMs);
      answered(state);
      const dueMs = askedAtMs + cacheAgeMs * ASK_PART * (1 - JITTER * time.random());
      return dueMs - time.nowMs();
    } catch (error) {
      if (this.#isStopped) return 0;
      this.#setReachable(false);
      failed(error);
      const pauseMs = cacheAgeMs * PAUSE_PART * (1 - JITTER * time.random());
      return isFinal(error) ? Math.max(FINAL_PAUSE_MS, pauseMs) : pauseMs;
    }
  }

  #learn(phase: FleetPhase, askedAtMs: number): void {
    const before = this.#phase;
    this.#phase = laterOf(before, phase);
    this.#askedAtMs = Math.max(this.#askedAtMs, askedAtMs);
    this.#conform();
    this.#watchExpiry();
    if (this.#phase !== before) this.#parts.changed();
  }

  #setReachable(isReachable: boolean): void {
    const isNew = this.#isReachable !== isReachable;
    this.#isReachable = isReachable;
    if (isNew) this.#parts.changed();
  }

  /** Brings the lifecycle to where the fleet is. */
  #conform(): void {
    const { lifecycle, cacheAgeMs } = this.#parts;
    const isLost = this.ageMs >= LEASE_AGES * cacheAgeMs;
    try {
      // Ready is heard of later than it is so: no write is admitted between the two.
      const isTooEarly = this.#phase !== 'ready' && lifecycle.phase() === Phase.Starting;
      const mustShutDown = conform(lifecycle, this.#phase, isLost || isTooEarly);
      // How it ends is in the report.
      if (mustShutDown) lifecycle.shutdown({ trigger: 'fleet' }).catch(() => {});
    } catch (error) {
      // Detached: its gate admits nothing any more.
      if (this.#undos.length === 0) throw error;
      this.stop();
    }
  }

  /** Sees to it that the end of what is known is seen. Timers may be early by a part of a millisecond. */
  #watchExpiry(): void {
    const { time, cacheAgeMs } = this.#parts;
    this.#cancelExpiry();
    const leftMs = LEASE_AGES * cacheAgeMs - this.ageMs;
    if (leftMs <= 0 || this.#isStopped) return;
    this.#cancelExpiry = time.after(Math.max(1, leftMs), () => {
      this.#conform();
      this.#watchExpiry();
    });
  }

  async #sleep(ms: number): Promise<void> {
    if (ms <= 0) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#parts.time.after(ms, resolve);
      this.#cancelSleep = () => {
        cancel();
        resolve();
      };
    });
  }
}
