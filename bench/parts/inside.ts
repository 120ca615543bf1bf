/**
 * The parts that are measured inside of one process: contended calls, wake-ups, cold start, memory,
 * and how costs grow. What each does is in `program/`; here is what is asked of it.
 *
 * @module
 */

import type { Job } from '../harness/job.ts';
import type { Unit } from '../results.ts';

const BACKENDS = ['wasm', 'atomics'];

/** Jobs of one part: each case in each variant, at each size. */
function grid(
  part: Job['part'],
  unit: Unit,
  rounds: number,
  cases: readonly string[],
  variants: readonly string[],
  sizes: readonly (number | undefined)[] = [undefined],
): Job[] {
  return cases.flatMap((name) =>
    variants.flatMap((variant) =>
      sizes.map((size) => ({
        part,
        case: name,
        variant,
        unit,
        rounds,
        ...(size === undefined ? {} : { size }),
      })),
    ),
  );
}

const THREADS = [1, 2, 4, 8];

/** On so many threads at once; the controls count in one shared word, and in a line each. */
export const contendedJobs: readonly Job[] = [
  ...grid(
    'contended',
    'ns',
    3,
    ['write permit', 'mark set before', 'mark', 'markReady'],
    BACKENDS,
    THREADS,
  ),
  ...grid('contended', 'ns', 3, ['write permit'], ['one counter', 'own counters'], THREADS),
];

/** How long it takes until another thread has heard. */
export const wakeupJobs: readonly Job[] = grid(
  'wakeup',
  'ms',
  3,
  ['another thread'],
  ['waitFor', 'waitForSync', 'Atomics.waitAsync', 'postMessage', 'polling 1 ms'],
);

/** What a program waits for before it has a lifecycle. */
export const coldStartJobs: readonly Job[] = [
  ...grid('cold-start', 'ns', 8, ['import'], ['tidegate', 'an empty module']),
  ...grid('cold-start', 'ns', 8, ['first create', 'second create', 'attach'], BACKENDS),
];

/** What a lifecycle takes. */
export const memoryJobs: readonly Job[] = grid(
  'memory',
  'B',
  3,
  ['heap', 'resident'],
  [...BACKENDS, 'naive'],
);

/** What a call costs when there is more of something. */
export const growthJobs: readonly Job[] = [
  ...grid(
    'growth',
    'ns',
    1,
    ['members: write permit', 'members: inFlight', 'members: snapshot'],
    BACKENDS,
    [1, 2, 8, 32, 127],
  ),
  ...grid('growth', 'ns', 1, ['stages: coldStartPhases'], BACKENDS, [0, 1, 4, 16]),
  ...grid('growth', 'ns', 1, ['stages: stage, the last'], BACKENDS, [1, 4, 16]),
  ...grid(
    'growth',
    'ns',
    1,
    ['permits out: write permit', 'permits out: inFlight'],
    BACKENDS,
    [0, 1_000, 1_000_000],
  ),
  ...grid(
    'growth',
    'ns',
    1,
    ['waiters: markReady to the last'],
    BACKENDS,
    [1, 10, 100, 1_000, 10_000],
  ),
];
