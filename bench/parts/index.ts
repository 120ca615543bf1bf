/**
 * The parts of a run, in the order of the report.
 *
 * @module
 */

import type { Job } from '../harness/job.ts';
import { callJobs } from './calls.ts';

/** All jobs. */
export const jobs: readonly Job[] = [...callJobs];
