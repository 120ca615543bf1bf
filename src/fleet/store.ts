/**
 * The interface of a store, which is as narrow as it can be: read a key, and replace its value if
 * it is still the one that was read. No store knows about leases or time.
 *
 * @module
 */

import { isObject } from '../lifecycle/check.ts';
import { LifecycleError } from '../lifecycle/errors.ts';
import type { Signal } from '../lifecycle/platform.ts';

/** What a store holds under a key. */
export interface StoreEntry {
  /** What was written last; `null` if nothing ever was. */
  readonly value: string | null;
  /** Of this value. Two values that were ever stored under the key never have the same version. */
  readonly version: string;
  /**
   * True if the engine may have forgotten writes that it had acknowledged after this value (it was
   * restarted or replaced, and does not write through). Its version is then another than before.
   */
  readonly mayHaveForgotten?: boolean;
}

/**
 * A linearizable register for each key, in an engine that is durable.
 *
 * **What a lost answer may mean.** A `swap` that rejects, or is no longer waited for, may have been done,
 * may be done at any later time, and may be tried twice. But whenever that is: it takes effect at most
 * once, and only on the version that it was given. So whoever has read a later version knows that it
 * never will.
 *
 * **Errors.** A `LifecycleError` with the code `store_refused`, `store_version`, `store_not_durable` or
 * `store_conflict` says that asking again is of no use. Whatever else is thrown means that the store
 * could not be reached, and it is asked again.
 */
export interface Store {
  /** Milliseconds between two looks of somebody who waits for a change. */
  readonly pollMs: number;
  /** What is stored. Never older than what was stored when the call was made. */
  read(key: string, signal: Signal): Promise<StoreEntry>;
  /**
   * Stores `value` if the version is still `version`. The value is unlike every other that was ever
   * written.
   *
   * @returns the new version, or `null` if the version was another one
   */
  swap(key: string, version: string, value: string, signal: Signal): Promise<string | null>;
}

const FINAL_CODES: readonly string[] = [
  'store_refused',
  'store_version',
  'store_not_durable',
  'store_conflict',
];

/** True for what has the methods of a store. */
export function isStore(value: unknown): value is Store {
  const { read, swap } = (isObject(value) ? value : {}) as Partial<Store>;
  return typeof read === 'function' && typeof swap === 'function';
}

/** True if asking the store again is of no use. */
export function isFinal(error: unknown): boolean {
  return error instanceof LifecycleError && FINAL_CODES.includes(error.code);
}
