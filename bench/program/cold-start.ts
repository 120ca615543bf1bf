/**
 * Part `cold-start`: what a program waits for before it has a lifecycle, by the package as it is
 * published. Everything happens for the first time once in a process, so a process is one sample.
 *
 * @module
 */

import type { Backend } from '../../src/core/core.ts';
import type * as Package from '../../src/index.ts';
import type { Assignment } from '../harness/assignment.ts';

/** Nanoseconds, one sample. */
export async function measureColdStart(assignment: Assignment): Promise<readonly number[]> {
  const target = new URL('../../dist/index.js', import.meta.url).href;
  if (assignment.case === 'import') {
    // The control is a module with nothing in it: what any import costs.
    const nothing = 'data:text/javascript,export const nothing = 0;';
    return [await timed(() => import(assignment.variant === 'an empty module' ? nothing : target))];
  }
  const { Lifecycle } = (await import(target)) as typeof Package;
  const backend = assignment.variant as Backend;
  const create = (): Package.Lifecycle => Lifecycle.create({ backend });
  switch (assignment.case) {
    case 'first create':
      return [await timed(create)];
    case 'second create':
      create();
      return [await timed(create)];
    case 'attach': {
      const handle = create().share();
      return [await timed(() => Lifecycle.attach(handle, { backend }))];
    }
    default:
      throw new RangeError(`There is no case ${assignment.case}`);
  }
}

async function timed(what: () => unknown): Promise<number> {
  const began = performance.now();
  await what();
  return (performance.now() - began) * 1e6;
}
