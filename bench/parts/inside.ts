/**
 * The parts that are measured inside of one process: contended calls, wake-ups, cold start, memory,
 * and how costs grow. What each does is in `program/`; here is what is asked of it.
 *
 * @module
 */

import type { Job } from '../harness/job.ts';
import type { Unit } from '../results.ts';

const BACKENDS = ['wasm', 'atomics'];
const THREADS = [1, 2, 4, 8];

type Row = readonly [
  part: Job['part'],
  unit: Unit,
  rounds: number,
  cases: readonly string[],
  variants: readonly string[],
  sizes?: readonly number[],
];

/** Each case in each variant, at each size. */
const ROWS: readonly Row[] = [
  // On so many threads at once; the controls count in one shared word, and in a line each.
  ['contended', 'ns', 3, ['write permit', 'mark set before'], BACKENDS, THREADS],
  ['contended', 'ns', 3, ['mark', 'markReady'], BACKENDS, THREADS],
  ['contended', 'ns', 3, ['write permit'], ['one counter', 'own counters'], THREADS],
  // How long it takes until another thread is notified.
  ['wakeup', 'ms', 3, ['another thread'], ['waitFor', 'waitForSync', 'Atomics.waitAsync']],
  ['wakeup', 'ms', 3, ['another thread'], ['postMessage', 'polling 1 ms']],
  // What a program waits for before it has a lifecycle.
  ['cold-start', 'ns', 8, ['import'], ['tidegate', 'an empty module']],
  ['cold-start', 'ns', 8, ['first create', 'second create', 'attach'], BACKENDS],
  ['memory', 'B', 3, ['heap', 'resident'], [...BACKENDS, 'naive']],
  // What a call costs when there is more of something.
  ['growth', 'ns', 1, ['members: write permit'], BACKENDS, [1, 2, 8, 32, 127]],
  ['growth', 'ns', 1, ['members: inFlight'], BACKENDS, [1, 2, 8, 32, 127]],
  ['growth', 'ns', 1, ['members: snapshot'], BACKENDS, [1, 2, 8, 32, 127]],
  ['growth', 'ns', 1, ['stages: coldStartPhases'], BACKENDS, [0, 1, 4, 16]],
  ['growth', 'ns', 1, ['stages: stage, the last'], BACKENDS, [1, 4, 16]],
  ['growth', 'ns', 1, ['permits out: write permit'], BACKENDS, [0, 1_000, 1_000_000]],
  ['growth', 'ns', 1, ['permits out: inFlight'], BACKENDS, [0, 1_000, 1_000_000]],
  ['growth', 'ns', 1, ['waiters: markReady to the last'], BACKENDS, [1, 10, 100, 1_000, 10_000]],
];

/** All of them. */
export const insideJobs: readonly Job[] = ROWS.flatMap(
  ([part, unit, rounds, cases, variants, sizes = [undefined]]) =>
    cases.flatMap((name) =>
      variants.flatMap((variant) =>
        sizes.map((size): Job => {
          const job = { part, case: name, variant, unit, rounds };
          return size === undefined ? job : { ...job, size };
        }),
      ),
    ),
);
