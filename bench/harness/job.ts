/**
 * What is to be measured, as a list that can be shuffled: a job is one point of the results on one
 * runtime, and a round of it is a process of its own.
 *
 * What ran before in a process changes what comes after it: the compilers inline the first call of a
 * kind and not the fourth, which is a factor of two for the shortest calls here. So nothing runs
 * before.
 *
 * @module
 */

import type { PointKey, Unit } from '../results.ts';
import type { Runtime } from './runtimes.ts';

/** One point to measure. */
export interface Job extends Omit<PointKey, 'runtime'> {
  readonly unit: Unit;
  /** Rounds of a whole run. */
  readonly rounds: number;
  /** False on a runtime that cannot have the case. That is not reported as skipped. */
  readonly on?: (runtime: Runtime) => boolean;
  /** One round: its samples. By default the assignment is the job itself. */
  readonly run?: (runtime: Runtime) => Promise<readonly number[]>;
}

/** One round. Throws a {@link SkipError} for what cannot be measured here. */
export async function runJob(job: Job, runtime: Runtime): Promise<readonly number[]> {
  if (job.run !== undefined) return await job.run(runtime);
  return await runtime.run({
    part: job.part,
    case: job.case,
    variant: job.variant,
    size: job.size,
  });
}

/** What cannot be measured here, and what would lift it. It becomes a SKIPPED, not a failure. */
export class SkipError extends Error {
  override readonly name = 'SkipError';
}
