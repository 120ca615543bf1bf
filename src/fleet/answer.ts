/**
 * How long to wait for the answer of a store. An answer that takes longer is dropped; the next read
 * shows what it would have said.
 *
 * @module
 */

import { LifecycleError } from '../lifecycle/errors.ts';
import type { Signal } from '../lifecycle/platform.ts';
import type { Time } from './time.ts';

/** The part of the time to live, and the bounds of it. */
const ANSWER_PART = 1 / 5;
const ANSWER_MIN_MS = 500;
const ANSWER_MAX_MS = 5_000;

/** For how long an answer is waited for, with this time to live. */
export function answerMs(ttlMs: number): number {
  return Math.min(Math.max(ttlMs * ANSWER_PART, ANSWER_MIN_MS), ANSWER_MAX_MS);
}

/**
 * What the store says within `limitMs`; then the signal aborts.
 *
 * @throws {LifecycleError} `store_unreachable`; what `ask` rejects with
 */
export async function answerOf<T>(
  ask: (signal: Signal) => Promise<T>,
  limitMs: number,
  time: Time,
): Promise<T> {
  const controller = new AbortController();
  let cancel = (): void => {};
  const late = new Promise<never>((_, reject) => {
    const message = 'Cannot ask the store: no answer in time';
    cancel = time.after(limitMs, () => reject(new LifecycleError('store_unreachable', message)));
  });
  try {
    return await Promise.race([ask(controller.signal), late]);
  } finally {
    cancel();
    controller.abort();
  }
}
