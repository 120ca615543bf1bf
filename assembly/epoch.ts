/**
 * EPOCH: the one futex of a lifecycle. It does not know what anybody waits for.
 *
 * Whoever waits loads EPOCH, reads the words it cares about, and sleeps on the EPOCH it loaded.
 * Whoever changes such a word adds to EPOCH afterwards and wakes all. A change that comes before
 * the reads is seen by them; one that comes after them has its add after the load, so the wait
 * finds another value and returns. Waiting on the word itself would lose the last release.
 *
 * @module
 */

import { AT_EPOCH } from './layout';

/** The value to wait on. */
export function epoch(): i32 {
  return atomic.load<i32>(AT_EPOCH);
}

/** Says that something changed. Wakes all: a terminated Deno worker can swallow a single wake. */
export function announce(): void {
  atomic.add<i32>(AT_EPOCH, 1);
  atomic.notify(AT_EPOCH, -1);
}

/**
 * Sleeps until EPOCH is no longer `expected`, or for `timeoutMs`; answers as the instruction does:
 * 0 woken, 1 not equal, 2 timed out. Traps where a thread may not block, so callers ask first.
 */
export function waitEpoch(expected: i32, timeoutMs: f64): i32 {
  return atomic.wait<i32>(AT_EPOCH, expected, <i64>(timeoutMs * 1e6));
}
