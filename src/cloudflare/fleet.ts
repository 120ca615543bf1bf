/**
 * A fleet, as a Worker describes it: the object that leads it, the deployment of this Worker, and
 * how old an answer may be. What an isolate does with that is in `follower.ts`.
 *
 * @module
 */

import { type DeploymentSource, deploymentOf } from '../fleet/told.ts';
import type { HandlerOptions } from '../http/options.ts';
import { isObject, isWithin, must } from '../lifecycle/check.ts';
import { TIMER_MAX_MS } from '../lifecycle/clock.ts';
import { noteStanding } from '../lifecycle/fleet-calls.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import type { Follower, Guide } from '../runtime/workerd/types.ts';
import { FleetClient } from './client.ts';
import { IsolateFollower } from './follower.ts';
import { createFleetHandler, type FleetHandler } from './handler.ts';
import type { FleetNamespace } from './platform.ts';

const ACTION = 'make the fleet';

/** What {@link Fleet} takes. */
export interface FleetOptions<Env = unknown> {
  /** The namespace in which `LifecycleObject` is bound. */
  readonly namespace: (env: Env) => FleetNamespace;
  /**
   * Which deployment this is: one that drained stays so, and a new one starts afresh. With a
   * `timestamp`, older ones are known as such even if they are heard of later.
   */
  readonly deployment: (env: Env) => DeploymentSource;
  /** Which fleet, if the namespace has several; default `'fleet'`. */
  readonly name?: string | undefined;
  /**
   * Milliseconds for which an answer of the object serves; default 1 000. A write that begins later
   * than that after a drain is refused; if the object cannot be reached, later than three times that.
   */
  readonly cacheAgeMs?: number | undefined;
  /** Milliseconds for the object to answer an isolate; default the cache age. */
  readonly timeoutMs?: number | undefined;
  /** Wall clock in milliseconds; default `Date.now`. */
  readonly clock?: (() => number) | undefined;
}

/**
 * Keeps the isolates of a Worker in step, by an object that they all follow.
 *
 * @example
 * ```ts worker
 * const fleet = new Fleet<Env>({
 *   namespace: (env) => env.FLEET,
 *   deployment: (env) => env.CF_VERSION_METADATA,
 * });
 *
 * export { LifecycleObject } from 'tidegate/cloudflare';
 * export default withLifecycle<Env>({ fetch: () => new Response('hello') }, {
 *   fleet,
 *   handler: (lifecycle, env) => fleet.handler(lifecycle, env, { adminToken: env.ADMIN_TOKEN }),
 * });
 * ```
 */
export class Fleet<Env = unknown> implements Guide<Env> {
  readonly #options: FleetOptions<Env>;
  readonly #followers: WeakMap<Lifecycle, IsolateFollower> = new WeakMap();

  /** @throws {LifecycleError} `invalid_argument` */
  constructor(options: FleetOptions<Env>) {
    must(isObject(options), ACTION, 'the options must be an object', options);
    const { namespace, deployment, cacheAgeMs = 1, timeoutMs = 1, clock = Date.now } = options;
    must(typeof namespace === 'function', ACTION, 'namespace must be a function', namespace);
    must(typeof deployment === 'function', ACTION, 'deployment must be a function', deployment);
    const rule = `must be from 1 to ${TIMER_MAX_MS}`;
    must(isWithin(cacheAgeMs, 1, TIMER_MAX_MS), ACTION, `cacheAgeMs ${rule}`, cacheAgeMs);
    must(isWithin(timeoutMs, 1, TIMER_MAX_MS), ACTION, `timeoutMs ${rule}`, timeoutMs);
    must(typeof clock === 'function', ACTION, 'clock must be a function', clock);
    this.#options = options;
  }

  /** Called by `withLifecycle`, once in each isolate; again is the same. */
  follow(lifecycle: Lifecycle, env: Env): Follower {
    return this.#follower(lifecycle, env);
  }

  /**
   * The health, metrics and admin routes of `createHandler`, which then also say how it stands with
   * the fleet, and in addition `GET /fleet/status`, `POST /fleet/drain` and `POST /fleet/shutdown`
   * with the same token. The two take no body, or `{"deployment": "…"}`.
   *
   * @throws {LifecycleError} `invalid_argument`
   */
  handler(lifecycle: Lifecycle, env: Env, options: HandlerOptions = {}): FleetHandler {
    const follower = this.#follower(lifecycle, env);
    return createFleetHandler(lifecycle, follower, this.client(env), options);
  }

  /** Asks and moves the object from code: a cron trigger, a deployment script's Worker. */
  client(env: Env, timeoutMs?: number): FleetClient {
    const { namespace, name } = this.#options;
    return new FleetClient(namespace(env), { name, timeoutMs });
  }

  #follower(lifecycle: Lifecycle, env: Env): IsolateFollower {
    const known = this.#followers.get(lifecycle);
    if (known !== undefined) return known;
    const { cacheAgeMs = 1_000, timeoutMs = cacheAgeMs, clock = Date.now } = this.#options;
    const { id, made_at_ms } = deploymentOf(ACTION, this.#options.deployment(env));
    const follower = new IsolateFollower({
      lifecycle,
      client: this.client(env, timeoutMs),
      poll: { deployment: id, made_at_ms, cache_age_ms: cacheAgeMs },
      timeoutMs,
      clock,
      random: Math.random,
    });
    this.#followers.set(lifecycle, follower);
    noteStanding(lifecycle, () => follower.standing());
    return follower;
  }
}
