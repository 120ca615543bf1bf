/**
 * The parts of a run.
 *
 * @module
 */

import { calls } from '../cases/calls.ts';
import { primitives } from '../cases/primitives.ts';
import type { Job } from '../harness/job.ts';
import { bytesJobs } from './bytes.ts';
import { drainJobs } from './drain.ts';
import { httpJobs } from './http.ts';
import { insideJobs } from './inside.ts';

/** Every call, uncontended, and the primitives: one for each case and variant. */
const callJobs: readonly Job[] = [...primitives, ...calls].flatMap(({ name, variants }) =>
  variants.map((variant): Job => ({ part: 'calls', case: name, variant, unit: 'ns', rounds: 3 })),
);

/** All jobs. */
export const jobs: readonly Job[] = [
  ...callJobs,
  ...insideJobs,
  ...bytesJobs,
  ...httpJobs,
  ...drainJobs,
];
