/**
 * The options of `lease`, checked. What they do is in `lease.ts`.
 *
 * @module
 */

import { isWhole, must } from '../lifecycle/check.ts';
import { isLifecycle } from '../lifecycle/is-lifecycle.ts';
import { checkKeys } from '../lifecycle/known-keys.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { isStore, type Store } from './store.ts';

/** What `lease` takes. */
export interface LeaseOptions {
  /** Where the lease is kept: what `redisStore`, `fileStore` and the others return. */
  readonly store: Store;
  /** What is leased; contenders for the same name share it. 1 to 80 UTF-8 bytes. */
  readonly name: string;
  /**
   * Milliseconds for which the lease counts after each renewal, 100 to 86400000; default 15000. After a
   * holder has died, another one takes over within this time and a second.
   */
  readonly ttlMs?: number | undefined;
  /** Who this is, for a person who looks into the store; at most 200 characters. Default: an id. */
  readonly holder?: string | undefined;
}

/** {@link LeaseOptions} after the check. */
export type Checked = LeaseOptions & { readonly ttlMs: number };

/** What cannot be done, as in `Cannot lease: …`. */
export const ACTION = 'lease';

const TTL_MS = 15_000;
const TTL_MIN_MS = 100;
const TTL_MAX_MS = 86_400_000;
const NAME_MAX_BYTES = 80;
const HOLDER_MAX = 200;

/**
 * Checks what an application asks for; the default of `ttlMs` is filled in.
 *
 * @throws {LifecycleError} `invalid_argument`
 */
export function checkLease(lifecycle: Lifecycle, options: LeaseOptions): Checked {
  must(isLifecycle(lifecycle), ACTION, 'the first argument must be a Lifecycle', lifecycle);
  checkKeys(ACTION, options, ['store', 'name', 'ttlMs', 'holder']);
  const { store, name, ttlMs = TTL_MS, holder } = options;
  must(isStore(store), ACTION, 'store must be a Store, as fileStore() makes one', store);
  const bytes = typeof name === 'string' ? new TextEncoder().encode(name).length : 0;
  const isName = isWhole(bytes, 1, NAME_MAX_BYTES);
  must(isName, ACTION, `name must be a string of 1 to ${NAME_MAX_BYTES} bytes`, name);
  const isTtl = isWhole(ttlMs, TTL_MIN_MS, TTL_MAX_MS);
  const range = `ttlMs must be an integer from ${TTL_MIN_MS} to ${TTL_MAX_MS}`;
  must(isTtl, ACTION, range, ttlMs);
  const isHolder =
    holder === undefined || (typeof holder === 'string' && holder.length <= HOLDER_MAX);
  must(isHolder, ACTION, `holder must be a string of at most ${HOLDER_MAX} characters`, holder);
  return { store, name, ttlMs, holder };
}
