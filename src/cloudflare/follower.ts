/**
 * One isolate's part in a fleet: what it has heard of the object, how old that is, and what follows
 * from it for the gate. It decides nothing for the others.
 *
 * An isolate has no timer of its own, so it asks when an event comes. An answer counts from the
 * moment at which it was *asked* for: whatever the object had learned before that is in it, however
 * late it arrives. Hence the bounds, whatever the network does:
 *
 * - while the object can be reached, a write is admitted only by an answer that was asked for within
 *   one cache age: no write is admitted that begins more than one cache age after a drain;
 * - while it cannot be reached, an answer is good for three cache ages; then the hold `lease_lost` is on.
 *
 * Answers may overtake each other. A phase only moves forward, and the time of the latest question
 * only grows, so it does not matter which comes last.
 *
 * @module
 */

import { conform } from '../fleet/conduct.ts';
import { LEASE_AGES, laterOf } from '../fleet/state.ts';
import type { FleetPhase, FleetStanding } from '../lifecycle/fleet-calls.ts';
import type { PermitKind } from '../lifecycle/gate.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import type { EventContext, Follower } from '../runtime/workerd/types.ts';
import type { FleetClient } from './client.ts';
import type { Poll } from './wire.ts';

/** What a follower goes by. */
export interface FollowerSettings {
  readonly lifecycle: Lifecycle;
  readonly client: FleetClient;
  readonly poll: Poll;
  readonly timeoutMs: number;
  /** Wall clock in milliseconds; on the edge it stands still between what comes in. */
  readonly clock: () => number;
  /** 0 … 1. */
  readonly random: () => number;
}

/** The part of a cache age by which a question may be early, so that isolates do not ask at once. */
const JITTER = 0.25;
/** After a failure, the part of a cache age until the next try; events look as often, too. */
const PAUSE = 0.25;
/** How often an event looks whether the question of another one has been answered. */
const LOOK_MS = 5;
/** How long after its time a question is still taken to be under way. */
const GRACE_MS = 100;
/**
 * How far apart the clocks of two events may be: each stands still until something comes in for its
 * own event. A clock that is further back has been set back.
 */
const SKEW_MS = 100;

/** One isolate that follows a fleet. */
export class IsolateFollower implements Follower {
  readonly #settings: FollowerSettings;
  readonly #cacheAgeMs: number;
  /** When the latest question was asked that has been answered. */
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #phase: FleetPhase = 'ready';
  #isReachable = false;
  /** The age at which the next question is due. */
  #dueMs = 0;
  #retryAtMs = Number.NEGATIVE_INFINITY;
  /** When the question that is under way was asked. */
  #pollingSince: number | undefined;
  /** The latest time that was seen. */
  #nowMs = Number.NEGATIVE_INFINITY;
  /** How often the clock was set back; a question belongs to the time in which it was asked. */
  #era = 0;

  constructor(settings: FollowerSettings) {
    this.#settings = settings;
    this.#cacheAgeMs = settings.poll.cache_age_ms;
  }

  /** How this isolate stands with the fleet. */
  standing(): FleetStanding {
    const age = this.#age();
    return {
      reachable: this.#isReachable,
      phase: this.#phase,
      deployment: this.#settings.poll.deployment,
      age_ms: Number.isFinite(age) ? age : null,
    };
  }

  /**
   * Asks if it is time to. A write waits for the answer if what is known is older than the cache
   * age; a query only if nothing is known at all.
   */
  async before(kind: PermitKind, ctx?: EventContext): Promise<void> {
    if (this.#age() >= this.#dueMs) {
      // A lease that has run out has done so already while we wait.
      this.#apply(ctx);
      const asked = this.#ask(ctx);
      const mustWait = kind === 'write' ? this.#cacheAgeMs : Number.POSITIVE_INFINITY;
      if (this.#age() >= mustWait) await (asked ?? this.#others());
    }
    this.#apply(ctx);
  }

  /**
   * Keeps what is known fresh for as long as an event lasts, which may write at any time, and looks
   * again when the lease runs out.
   */
  during(ctx: EventContext): () => void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const next = (): void => {
      const left = LEASE_AGES * this.#cacheAgeMs - this.#age();
      const pause = this.#cacheAgeMs * PAUSE;
      timer = setTimeout(look, left > 0 ? Math.min(left, pause) : pause);
    };
    const look = (): void => {
      // It throws only when the lifecycle was detached: there is nothing to keep fresh then.
      this.before('write', ctx).catch(() => {});
      next();
    };
    next();
    return () => clearTimeout(timer);
  }

  /** Asks now, whatever is known: this isolate has just been notified of a change. */
  async refresh(ctx?: EventContext): Promise<void> {
    this.#dueMs = 0;
    this.#retryAtMs = Number.NEGATIVE_INFINITY;
    await (this.#ask(ctx) ?? this.#others());
    this.#apply(ctx);
  }

  /** Never rejects; `undefined` if a question is under way, or the last one failed just now. */
  #ask(ctx?: EventContext): Promise<void> | undefined {
    const now = this.#now();
    if (this.#isPolling(now) || now < this.#retryAtMs) return undefined;
    this.#pollingSince = now;
    const asked = this.#poll(now);
    // It is of use to others, too, if this event ends before.
    ctx?.waitUntil(asked);
    return asked;
  }

  async #poll(askedAtMs: number): Promise<void> {
    const { client, poll, random } = this.#settings;
    const era = this.#era;
    try {
      const { phase } = await client.poll(poll);
      this.#phase = laterOf(this.#phase, phase);
      this.#isReachable = true;
      // How old an answer is cannot be known if the clock was set back while it was on its way.
      if (era !== this.#era) return;
      this.#askedAtMs = Math.max(this.#askedAtMs, askedAtMs);
      this.#dueMs = this.#cacheAgeMs * (1 - JITTER * random());
    } catch {
      if (era !== this.#era) return;
      // An answer to a later question may have come meanwhile; it stands.
      if (askedAtMs >= this.#askedAtMs) this.#isReachable = false;
      this.#retryAtMs = this.#now() + this.#cacheAgeMs * PAUSE;
    } finally {
      if (era === this.#era && this.#pollingSince === askedAtMs) this.#pollingSince = undefined;
    }
  }

  /**
   * Waits until the question of another event has been answered, by timers of its own: a promise of
   * another event goes nowhere if the platform ends that one.
   */
  async #others(): Promise<void> {
    while (this.#isPolling(this.#now())) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  #isPolling(now: number): boolean {
    const since = this.#pollingSince;
    // Of one that is overdue the event has been ended.
    return since !== undefined && now < since + this.#settings.timeoutMs + GRACE_MS;
  }

  /** The age of what is known; infinite if nothing is. */
  #age(): number {
    return this.#now() - this.#askedAtMs;
  }

  /**
   * The time, which never steps back. If the clock was set back, no age is known any more: then
   * nothing is known until the object has been asked again, by the new time.
   */
  #now(): number {
    const now = this.#settings.clock();
    if (now < this.#nowMs - SKEW_MS) {
      this.#era += 1;
      this.#nowMs = now;
      this.#askedAtMs = Number.NEGATIVE_INFINITY;
      this.#retryAtMs = Number.NEGATIVE_INFINITY;
      this.#dueMs = 0;
      this.#pollingSince = undefined;
    }
    this.#nowMs = Math.max(this.#nowMs, now);
    return this.#nowMs;
  }

  /** Brings the lifecycle to where the fleet is. It never goes back, so this can be done at any time. */
  #apply(ctx?: EventContext): void {
    const { lifecycle } = this.#settings;
    const isLost = this.#age() >= LEASE_AGES * this.#cacheAgeMs;
    const mustShutDown = conform(lifecycle, this.#phase, isLost);
    // It would end with the request, half-way, if the platform were not asked to wait for it.
    if (mustShutDown) ctx?.waitUntil(lifecycle.shutdown({ trigger: 'fleet' }));
  }
}
