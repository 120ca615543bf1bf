/**
 * The parts of a run, in the order of the report.
 *
 * @module
 */

import type { Job } from '../harness/job.ts';
import { bytesJobs } from './bytes.ts';
import { callJobs } from './calls.ts';
import { drainJobs } from './drain.ts';
import { httpJobs } from './http.ts';
import { coldStartJobs, contendedJobs, growthJobs, memoryJobs, wakeupJobs } from './inside.ts';

/** All jobs. */
export const jobs: readonly Job[] = [
  ...callJobs,
  ...contendedJobs,
  ...wakeupJobs,
  ...coldStartJobs,
  ...bytesJobs,
  ...memoryJobs,
  ...httpJobs,
  ...drainJobs,
  ...growthJobs,
];
