/**
 * What a fleet of servers takes, and the check of it. What is done with it is `fleet.ts`.
 *
 * @module
 */

import { isWhole, must } from '../lifecycle/check.ts';
import { checkKeys } from '../lifecycle/known-keys.ts';
import { isStore, type Store } from './store.ts';
import { type DeploymentSource, deploymentOf, type Named } from './told.ts';

/** What `Fleet` takes. */
export interface FleetOptions {
  /** Where the state of the fleet is kept: what `redisStore`, `fileStore` and the others return. */
  readonly store: Store;
  /**
   * Which deployment this process is of: one that was drained stays so, and a new one starts afresh. With a
   * `timestamp`, older ones are known as such even if they are heard of later.
   */
  readonly deployment: DeploymentSource;
  /** Which fleet, if the store has several; 1 to 80 UTF-8 bytes, default `'fleet'`. */
  readonly name?: string | undefined;
  /**
   * Milliseconds for which an answer of the store serves, 100 to 3600000; default 1000. A write that begins later
   * than that after a drain is refused; if the store cannot be reached, later than three times that.
   */
  readonly cacheAgeMs?: number | undefined;
  /** Milliseconds for the store to answer a process that follows; default the cache age. */
  readonly timeoutMs?: number | undefined;
}

/** {@link FleetOptions} after the check. */
export interface CheckedFleet {
  readonly store: Store;
  readonly named: Named;
  readonly name: string;
  readonly cacheAgeMs: number;
  readonly timeoutMs: number;
}

/** What cannot be done, as in `Cannot make the fleet: …`. */
const ACTION = 'make the fleet';

const CACHE_AGE_MS = 1_000;
const CACHE_AGE_MIN_MS = 100;
const CACHE_AGE_MAX_MS = 3_600_000;
const NAME_MAX_BYTES = 80;

/**
 * Checks what an application asks for; defaults are filled in.
 *
 * @throws {LifecycleError} `invalid_argument`
 */
export function checkFleet(options: FleetOptions): CheckedFleet {
  checkKeys(ACTION, options, ['store', 'deployment', 'name', 'cacheAgeMs', 'timeoutMs']);
  const { store, deployment, name = 'fleet', cacheAgeMs = CACHE_AGE_MS } = options;
  const { timeoutMs = cacheAgeMs } = options;
  must(isStore(store), ACTION, 'store must be a Store, as fileStore() makes one', store);
  const bytes = typeof name === 'string' ? new TextEncoder().encode(name).length : 0;
  const isName = isWhole(bytes, 1, NAME_MAX_BYTES);
  must(isName, ACTION, `name must be a string of 1 to ${NAME_MAX_BYTES} bytes`, name);
  const isAge = isWhole(cacheAgeMs, CACHE_AGE_MIN_MS, CACHE_AGE_MAX_MS);
  const range = `must be an integer from ${CACHE_AGE_MIN_MS} to ${CACHE_AGE_MAX_MS}`;
  must(isAge, ACTION, `cacheAgeMs ${range}`, cacheAgeMs);
  const isTime = isWhole(timeoutMs, CACHE_AGE_MIN_MS, CACHE_AGE_MAX_MS);
  must(isTime, ACTION, `timeoutMs ${range}`, timeoutMs);
  return { store, named: deploymentOf(ACTION, deployment), name, cacheAgeMs, timeoutMs };
}
