/**
 * What the options of the stores have in common, and the form of their errors. It opens no
 * connection.
 *
 * @module
 */

import { isObject, isWhole, must } from '../lifecycle/check.ts';
import { LifecycleError, type LifecycleErrorCode } from '../lifecycle/errors.ts';
import { checkKeys } from '../lifecycle/known-keys.ts';

/** What every store takes. */
export interface StoreOptions {
  /**
   * Milliseconds between two looks of somebody who waits, 1 to 60000; default 75. With hundreds of
   * processes that wait, say more: each of them asks so often.
   */
  readonly pollMs?: number | undefined;
}

const POLL_MS = 75;
const POLL_MAX_MS = 60_000;

/** Refuses unknown options; what the store has beyond `pollMs` is for the store to check. */
export function checkStore(
  action: string,
  options: StoreOptions,
  known: readonly string[],
): number {
  checkKeys(action, options, ['pollMs', ...known]);
  const { pollMs = POLL_MS } = options;
  const isPoll = isWhole(pollMs, 1, POLL_MAX_MS);
  must(isPoll, action, `pollMs must be an integer from 1 to ${POLL_MAX_MS}`, pollMs);
  return pollMs;
}

/**
 * Runs what asks the engine. What it throws becomes an error with a code of ours.
 *
 * @param codeOf what the error means; `undefined` if asking again may help
 */
export async function attempt<T>(
  action: string,
  codeOf: (code: string, message: string) => LifecycleErrorCode | undefined,
  act: () => Promise<T>,
): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    if (cause instanceof LifecycleError) throw cause;
    const { code, message } = (isObject(cause) ? cause : {}) as Record<string, unknown>;
    const ours = codeOf(String(code ?? ''), String(message ?? cause)) ?? 'store_unreachable';
    throw new LifecycleError(ours, `Cannot ${action}: ${message ?? cause}`, { cause });
  }
}
