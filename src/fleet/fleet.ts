/**
 * A fleet of servers, as each of its processes names it: which store keeps its state, which deployment this is,
 * and how old an answer may be. How a process follows is `store-follower.ts`; what the store keeps, `ledger.ts`.
 *
 * @module
 */

import { must } from '../lifecycle/check.ts';
import { TIMER_MAX_MS } from '../lifecycle/clock.ts';
import { LifecycleError, messageOf } from '../lifecycle/errors.ts';
import { DEPLOYMENT_RULE, isDeployment } from '../lifecycle/fleet-calls.ts';
import { isLifecycle } from '../lifecycle/is-lifecycle.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { type CheckedFleet, checkFleet, type FleetOptions } from './fleet-options.ts';
import { type FleetFollower, Following } from './following.ts';
import { type Found, Ledger } from './ledger.ts';
import { type FleetState, LEASE_AGES, phaseAt } from './state.ts';
import type { StoreFollower } from './store-follower.ts';
import { THREAD_TIME } from './time.ts';
import { type FleetAnswer, tellOf } from './told.ts';

/** How long a call waits for the store. */
const CALL_MS = 3_000;
const FOLLOW = 'follow the fleet';

/** Those that follow a fleet now. */
const followed: WeakSet<Lifecycle> = new WeakSet();

/**
 * Keeps processes in step, over machines: a drain or shutdown of a deployment, asked of any one of them, is in force
 * in all within one cache age.
 *
 * @example
 * ```ts
 * import { Fleet, fileStore } from 'tidegate/fleet';
 *
 * const fleet = new Fleet({ store: fileStore('/var/tmp/tidegate-example'), deployment: `v${Date.now()}` });
 * const follower = await fleet.follow(lifecycle);
 * console.log(follower.phase); // ready
 * const { phase, changed } = await fleet.drain();
 * console.log(phase, changed); // draining true
 * follower.stop();
 * ```
 */
export class Fleet {
  readonly #checked: CheckedFleet;
  readonly #ledger: Ledger;
  readonly #followers: Set<StoreFollower> = new Set();
  /** The drain that was seen last, and when it was seen first. */
  #drain: { readonly atMs: number; readonly order: number; readonly seenAtMs: number } | undefined;

  /** @throws {LifecycleError} `invalid_argument` */
  constructor(options: FleetOptions) {
    this.#checked = checkFleet(options);
    const { store, name } = this.#checked;
    this.#ledger = new Ledger({ store, name, time: THREAD_TIME, wallMs: Date.now });
  }

  /**
   * Brings a lifecycle into step with the fleet, and keeps it there until it is Stopped. Until the store has
   * answered, writes are refused with the hold `lease_lost`; they are again whenever its last answer is three
   * cache ages old. A lifecycle that is still starting drains right after Ready.
   *
   * `createHandler` answers `/fleet/status`, `/fleet/drain` and `/fleet/shutdown` for a lifecycle that follows, on
   * the thread that called this.
   *
   * @returns at the store's first answer
   * @throws {LifecycleError} `invalid_argument`, also for a lifecycle that follows a fleet already; `detached`;
   * `leaving` if a shutdown is accepted before the store has answered; `store_refused`, `store_version`,
   * `store_not_durable`, `store_conflict`. For the last four writes stay refused. A store that cannot be reached is
   * asked again.
   */
  async follow(lifecycle: Lifecycle): Promise<FleetFollower> {
    must(isLifecycle(lifecycle), FOLLOW, 'the argument must be a Lifecycle', lifecycle);
    const isFree = !followed.has(lifecycle);
    must(isFree, FOLLOW, 'the lifecycle must not follow a fleet already', lifecycle);
    const following = new Following(this, lifecycle, this.#checked, this.#ledger, {
      began: (follower) => {
        followed.add(lifecycle);
        this.#followers.add(follower);
      },
      heard: (state) => this.#note(state),
      ended: (follower) => {
        followed.delete(lifecycle);
        this.#followers.delete(follower);
      },
    });
    // A promise alone keeps no process alive.
    const anchor = setInterval(() => {}, TIMER_MAX_MS);
    try {
      await following.answered;
      return following;
    } finally {
      clearInterval(anchor);
    }
  }

  /**
   * Where a deployment is; by default the newest.
   *
   * @throws {LifecycleError} `invalid_argument`, `fleet_unreachable`, `unknown_deployment`, `nothing_to_drain` for a
   * fleet that no process has followed yet
   */
  status(deployment?: string): Promise<FleetAnswer> {
    return this.#call(deployment, () => this.#ledger.find(deployment, CALL_MS));
  }

  /**
   * Drains a deployment, by default the newest, and all that are older. Returns when the store has it.
   *
   * @throws {LifecycleError} as {@link status}; after `fleet_unreachable` it may have been done
   */
  drain(deployment?: string): Promise<FleetAnswer> {
    return this.#call(deployment, () => this.#ledger.move('draining', deployment, CALL_MS));
  }

  /**
   * Shuts down a deployment, by default the newest, and all that are older: each of their processes then runs its own
   * shutdown. Returns when the store has it.
   *
   * @throws {LifecycleError} as {@link status}; after `fleet_unreachable` it may have been done
   */
  shutdown(deployment?: string): Promise<FleetAnswer> {
    return this.#call(deployment, () => this.#ledger.move('shutting_down', deployment, CALL_MS));
  }

  async #call(deployment: string | undefined, ask: () => Promise<Found>): Promise<FleetAnswer> {
    const isName = deployment === undefined || isDeployment(deployment);
    must(isName, 'ask the fleet', DEPLOYMENT_RULE, deployment);
    const askedAtMs = THREAD_TIME.nowMs();
    let found: Found;
    try {
      found = await ask();
    } catch (cause) {
      throw isTyped(cause) ? cause : unreachable(cause);
    }
    const { state, deployment: about, changed } = found;
    this.#note(state);
    // These need not wait for their turn to ask.
    for (const follower of this.#followers) follower.hear(state, askedAtMs);
    return tellOf(state, about, changed, this.#settlesInMs(state, about.order));
  }

  #note({ draining }: FleetState): void {
    if (draining === null) return;
    const { atMs, order } = draining;
    if (this.#drain?.atMs === atMs && this.#drain.order === order) return;
    this.#drain = { atMs, order, seenAtMs: THREAD_TIME.nowMs() };
  }

  /**
   * Counted from when this process saw the drain first, which is later than it was made: clocks of several machines
   * do not agree.
   */
  #settlesInMs(state: FleetState, order: number): number | null {
    if (phaseAt(state, order) === 'ready') return null;
    const seenAtMs = this.#drain?.seenAtMs ?? THREAD_TIME.nowMs();
    const left = seenAtMs + LEASE_AGES * state.cacheAgeMs - THREAD_TIME.nowMs();
    return Math.max(0, Math.ceil(left));
  }
}

/** What says more than that the store could not be reached. */
function isTyped(error: unknown): boolean {
  return error instanceof LifecycleError && error.code !== 'store_unreachable';
}

function unreachable(cause: unknown): LifecycleError {
  const message = `Cannot reach the fleet: ${messageOf(cause)}`;
  return new LifecycleError('fleet_unreachable', message, { cause });
}
