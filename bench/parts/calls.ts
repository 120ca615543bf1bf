/**
 * Part `calls`: every call, uncontended, and the primitives.
 *
 * @module
 */

import { calls } from '../cases/calls.ts';
import { primitives } from '../cases/primitives.ts';
import type { Job } from '../harness/job.ts';

/** One for each case and variant. */
export const callJobs: readonly Job[] = [...primitives, ...calls].flatMap(({ name, variants }) =>
  variants.map((variant): Job => ({ part: 'calls', case: name, variant, unit: 'ns', rounds: 3 })),
);
