/**
 * The atomics backend as a machine: the same code that ships, over an `Atomics` whose every call is
 * a step.
 *
 * @module
 */

import { atomicsCore } from '../../src/core/atomics.ts';
import { MEMORY_BYTES } from '../../src/core/memory.ts';
import type { CoreOf } from './machine.ts';
import type { Kind } from './operations.ts';

type Words = Int32Array | BigInt64Array;

/** The twin as it ships. */
export const atomicsMachine: CoreOf = machineOf(atomicsCore);

/** Over a blank buffer, which nothing is ever read from. */
export function machineOf(make: typeof atomicsCore): CoreOf {
  return (perform) => make(new ArrayBuffer(MEMORY_BYTES), stepping(perform));
}

/** Operations each of which is a step. */
function stepping(perform: Parameters<CoreOf>[0]): Atomics {
  const run = (
    kind: Kind,
    words: Words,
    index: number,
    value: bigint | number = 0,
    expected: bigint | number = 0,
  ): bigint | number => {
    const is64 = words instanceof BigInt64Array;
    const bits = is64 ? 64 : 32;
    const result = perform({
      kind,
      width: is64 ? 8 : 4,
      address: index * (is64 ? 8 : 4),
      value: BigInt.asUintN(bits, BigInt(value)),
      expected: BigInt.asUintN(bits, BigInt(expected)),
      site: -1,
    });
    return is64 ? BigInt.asIntN(64, result) : Number(BigInt.asIntN(32, result));
  };
  const steps = {
    load: (words: Words, index: number) => run('load', words, index),
    store: (words: Words, index: number, value: bigint | number) => {
      run('store', words, index, value);
      return value;
    },
    add: (words: Words, index: number, value: bigint | number) => run('add', words, index, value),
    or: (words: Words, index: number, value: bigint | number) => run('or', words, index, value),
    and: (words: Words, index: number, value: bigint | number) => run('and', words, index, value),
    compareExchange: (
      words: Words,
      index: number,
      expected: bigint | number,
      value: bigint | number,
    ) => run('compare', words, index, value, expected),
    notify: (words: Words, index: number, count = 0xffff_ffff) =>
      run('notify', words, index, count),
    wait: (words: Words, index: number, expected: bigint | number) =>
      ['ok', 'not-equal', 'timed-out'][Number(run('wait', words, index, expected))],
  };
  // The overloads of Atomics by the kind of array; each call keeps to the one it is given.
  return steps as unknown as Atomics;
}
