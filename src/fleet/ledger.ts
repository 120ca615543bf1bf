/**
 * A fleet's state in a store: read, and changed by one swap at a time. What a change means is `state.ts`; who is
 * to follow it, `store-follower.ts`.
 *
 * The state has one key. It names the newest deployment alone; where each other one is on the line is under a
 * key of its own, so that none is ever forgotten and the state stays small. The two are written one after the
 * other, and a process may be killed between:
 *
 * 1. a deployment that becomes the newest is in the state first, and under its own key next;
 * 2. whoever puts another one in its place writes that key before, if it is missing.
 *
 * So who reads the state and then the key finds every deployment that was there before the state was read.
 *
 * @module
 */

import { LifecycleError } from '../lifecycle/errors.ts';
import type { FleetPhase } from '../lifecycle/fleet-calls.ts';
import { answerOf } from './answer.ts';
import {
  decodeDeployment,
  decodeFleet,
  deploymentKeyOf,
  encodeDeployment,
  encodeFleet,
  fleetKeyOf,
} from './fleet-record.ts';
import { type Deployment, type FleetState, heard, moved, orderOf, phaseAt } from './state.ts';
import { isFinal, type Store } from './store.ts';
import type { Time } from './time.ts';
import type { Named } from './told.ts';

/** Between two tries of a call that the store has not answered. */
const PAUSE_MS = 50;
/** The part of a call's time that one try may take. */
const TRY_PART = 1 / 3;

/** The state, and which version of it that is. */
interface Seen {
  readonly state: FleetState;
  readonly version: string;
}

/** What a ledger is made of. */
export interface LedgerParts {
  readonly store: Store;
  /** Of the fleet. */
  readonly name: string;
  readonly time: Time;
  /** Wall clock in milliseconds: orders deployments that do not say when they were made. */
  readonly wallMs: () => number;
}

/** Where a deployment is, in which state, and whether this very call has made it so. */
export interface Found {
  readonly state: FleetState;
  readonly deployment: Deployment;
  readonly changed: boolean;
}

/** One try; `undefined` if somebody else was faster. */
type Attempt = (left: () => number) => Promise<Found | undefined>;

/** See the module. */
export class Ledger {
  readonly #parts: LedgerParts;
  readonly #key: string;
  readonly #id: string = crypto.randomUUID();
  #writes = 0;

  constructor(parts: LedgerParts) {
    this.#parts = parts;
    this.#key = fleetKeyOf(parts.name);
  }

  /**
   * Says that there is a process of this deployment, and finds where it is on the line: one look where the state
   * knows of it. A phase that the process has heard of, and the state has not, was forgotten by
   * the store, and is written again.
   */
  async poll(
    named: Named,
    cacheAgeMs: number,
    known: { readonly order: number | undefined; readonly phase: FleetPhase },
    limitMs: number,
  ): Promise<Found> {
    return this.#swapped(limitMs, async (left) => {
      const { state, version } = await this.#read(left);
      const deployment =
        known.order === undefined
          ? await this.#place(state, named, left)
          : { id: named.id, order: known.order };
      let next = heard(state, deployment, cacheAgeMs);
      if (known.phase !== 'ready' && phaseAt(state, deployment.order) !== known.phase) {
        next = moved(next, known.phase, deployment, this.#parts.wallMs());
      }
      if (next === state) return { state, deployment, changed: false };
      return this.#become({ state, version }, next, deployment, left);
    });
  }

  /**
   * Where a deployment is, by default the newest.
   *
   * @throws {LifecycleError} `nothing_to_drain`, `unknown_deployment`, and what the store throws
   */
  async find(id: string | undefined, limitMs: number): Promise<Found> {
    return this.#persistent(limitMs, async (left) => {
      const { state } = await this.#read(left);
      return { state, deployment: await this.#named(state, id, left), changed: false };
    });
  }

  /**
   * Drains, or shuts down, a deployment and all older ones. Returns when the store has it.
   *
   * @throws {LifecycleError} as {@link find}
   */
  async move(
    to: 'draining' | 'shutting_down',
    id: string | undefined,
    limitMs: number,
  ): Promise<Found> {
    return this.#persistent(limitMs, async (left) => {
      const { state, version } = await this.#read(left);
      const deployment = await this.#named(state, id, left);
      const next = moved(state, to, deployment, this.#parts.wallMs());
      if (next === state) return { state, deployment, changed: false };
      return this.#become({ state, version }, next, deployment, left);
    });
  }

  async #read(left: () => number): Promise<Seen> {
    const { store, time } = this.#parts;
    const key = this.#key;
    const { value, version } = await answerOf((signal) => store.read(key, signal), left(), time);
    return { state: decodeFleet(key, value), version };
  }

  /** Swaps the state; `undefined` if it is another one by now. */
  async #become(
    seen: Seen,
    state: FleetState,
    deployment: Deployment,
    left: () => number,
  ): Promise<Found | undefined> {
    const { store, time } = this.#parts;
    const before = seen.state.newest;
    const isNewest = before?.id !== state.newest?.id;
    // 2. of the module.
    if (isNewest && before !== null) await this.#keep(before, left);
    const value = encodeFleet(state, this.#write());
    const swapped = await answerOf(
      (signal) => store.swap(this.#key, seen.version, value, signal),
      left(),
      time,
    );
    if (swapped === null) return undefined;
    if (isNewest && state.newest !== null) await this.#keep(state.newest, left);
    return { state, deployment, changed: true };
  }

  /** Of a deployment that may be new, or that another process of it has brought meanwhile. */
  async #place(
    state: FleetState,
    { id, made_at_ms }: Named,
    left: () => number,
  ): Promise<Deployment> {
    const known = await this.#known(state, id, left);
    if (known !== undefined) return known;
    const place = { id, order: orderOf(state, made_at_ms, this.#parts.wallMs()) };
    // One that is not the newest is in no state.
    const isOlder = state.newest !== null && place.order <= state.newest.order;
    return isOlder ? this.#keep(place, left) : place;
  }

  async #named(state: FleetState, id: string | undefined, left: () => number): Promise<Deployment> {
    const { newest } = state;
    if (newest === null) {
      const message = 'Cannot ask the fleet: it is still starting';
      throw new LifecycleError('nothing_to_drain', message);
    }
    const found = id === undefined ? newest : await this.#known(state, id, left);
    if (found !== undefined) return found;
    throw new LifecycleError('unknown_deployment', 'Cannot ask the fleet: no such deployment');
  }

  /** After `state` was read: see the module. */
  async #known(
    { newest, draining, shuttingDown }: FleetState,
    id: string,
    left: () => number,
  ): Promise<Deployment | undefined> {
    // A mark outlasts the deployment's own key, where the store has forgotten that.
    const named = [newest, draining, shuttingDown].find((each) => each?.id === id);
    if (named) return { id, order: named.order };
    const key = deploymentKeyOf(this.#parts.name, id);
    const { store, time } = this.#parts;
    const { value } = await answerOf((signal) => store.read(key, signal), left(), time);
    return value === null ? undefined : decodeDeployment(key, id, value);
  }

  /** Writes where a deployment is, once; whoever comes later finds the first one's place. */
  async #keep(place: Deployment, left: () => number): Promise<Deployment> {
    const { store, time, name } = this.#parts;
    const key = deploymentKeyOf(name, place.id);
    while (true) {
      const { value, version } = await answerOf((signal) => store.read(key, signal), left(), time);
      if (value !== null) return decodeDeployment(key, place.id, value);
      const written = encodeDeployment(place, this.#write());
      const swapped = await answerOf(
        (signal) => store.swap(key, version, written, signal),
        left(),
        time,
      );
      if (swapped !== null) return place;
    }
  }

  /** A name for a write: no two values are the same. */
  #write(): string {
    this.#writes += 1;
    return `${this.#id} ${this.#writes}`;
  }

  /** Tries until nobody else has changed the state between the look and the swap. */
  async #swapped(limitMs: number, attempt: Attempt): Promise<Found> {
    const { time } = this.#parts;
    const endsAtMs = time.nowMs() + limitMs;
    while (true) {
      const found = await attempt(() => endsAtMs - time.nowMs());
      if (found !== undefined) return found;
    }
  }

  /**
   * The same, again while the store does not answer. A write whose answer was lost is found to be done by the next
   * look, or is done again: all of them can be.
   */
  async #persistent(limitMs: number, attempt: Attempt): Promise<Found> {
    const { time } = this.#parts;
    const endsAtMs = time.nowMs() + limitMs;
    while (true) {
      try {
        const leftMs = endsAtMs - time.nowMs();
        return await this.#swapped(Math.min(leftMs, limitMs * TRY_PART), attempt);
      } catch (error) {
        const isOver = time.nowMs() + PAUSE_MS >= endsAtMs;
        if (isOver || isFinal(error) || isRefusal(error)) throw error;
        await new Promise<void>((resolve) => time.after(PAUSE_MS, resolve));
      }
    }
  }
}

const REFUSALS: readonly unknown[] = ['nothing_to_drain', 'unknown_deployment'];

function isRefusal(error: unknown): boolean {
  return error instanceof LifecycleError && REFUSALS.includes(error.code);
}
