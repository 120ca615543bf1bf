/**
 * The calls, in a process of their own: makes the body of one case in one variant and measures it.
 *
 * @module
 */

import type { Variant } from '../cases/case.ts';
import { primitives } from '../cases/primitives.ts';
import { calls } from '../cases/with-both.ts';
import type { Assignment } from '../harness/assignment.ts';
import { sample } from '../harness/sample.ts';

/** Measures one case in one variant. */
export async function measureCall(assignment: Assignment): Promise<readonly number[]> {
  const found = [...primitives, ...calls].find(({ name }) => name === assignment.case);
  if (found === undefined) throw new RangeError(`There is no case ${assignment.case}`);
  // Each case refuses the variants that it does not have.
  const body = found.make(assignment.variant as Variant);
  return await sample(body, { budgetMs: assignment.budgetMs ?? 60 });
}
