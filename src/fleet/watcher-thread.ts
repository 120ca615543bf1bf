/**
 * The thread that watches the time of leases: at the end of one that was not renewed it refuses writes,
 * whatever the event loop of the thread that contends for it does. It runs as a worker that `watcher.ts`
 * starts from its bundled source, is no member of the lifecycle, and touches nothing but the cells of
 * the leases and the holds.
 *
 * @module
 */

import { wordsOf } from '../core/atomics/words.ts';
import { type Contending, LeaseCells, NO_END } from '../core/lease-cells.ts';
import { AT_ENDED, AT_WAKE, MICROSECONDS } from './watcher-words.ts';

/** What the worker is given. */
export interface WatcherData {
  /** The memory of the lifecycle. */
  readonly memory: SharedArrayBuffer;
  /** See `watcher-words.ts`. */
  readonly control: SharedArrayBuffer;
  /** Whose leases it watches. */
  readonly member: Contending;
}

// As in `watcher.ts`: only a thread of a server comes here.
const { parentPort, workerData } = await import('node:worker_threads');
// The parent made it.
const { memory, control, member } = workerData as WatcherData;
const cells = new LeaseCells(wordsOf(memory, Atomics));
const words = new Int32Array(control);

while (true) {
  // Before the look: what is changed after it ends the sleep.
  const seen = Atomics.load(words, AT_WAKE);
  if (Atomics.load(words, AT_ENDED) !== 0) break;
  // What this clock says is never later than what it says when the message is there.
  parentPort?.postMessage(performance.now());
  const now = BigInt(Math.ceil(performance.now() * MICROSECONDS));
  const next = cells.expire(member, now);
  const leftMs = next === NO_END ? Number.POSITIVE_INFINITY : Number(next - now) / MICROSECONDS;
  Atomics.wait(words, AT_WAKE, seen, leftMs);
}
