/**
 * The atomics backend as a machine: the same code that ships, over an `Atomics` whose every call is
 * a step.
 *
 * @module
 */

import { atomicsCore } from '../../src/core/atomics.ts';
import { MEMORY_BYTES } from '../../src/core/memory.ts';
import type { CoreOf } from './machine.ts';
import { stepsOf } from './steps.ts';

/** The twin as it ships. */
export const atomicsMachine: CoreOf = machineOf(atomicsCore);

/** Over a blank buffer, which nothing is ever read from. */
export function machineOf(make: typeof atomicsCore): CoreOf {
  return (perform) => make(new ArrayBuffer(MEMORY_BYTES), stepsOf(perform));
}
