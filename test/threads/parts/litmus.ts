/**
 * A worker's part in the litmus tests: one call of the model checker's catalogue, on the binary as it
 * ships, at the same time as another thread makes another.
 *
 * @module
 */

import { wordsOf } from '../../../src/core/atomics/words.ts';
import { embeddedModule } from '../../../src/core/embedded.ts';
import { wasmCore } from '../../../src/core/wasm.ts';
import type { LifecycleHandle } from '../../../src/index.ts';
import { CALLS } from '../../loom/calls.ts';
import type { Barrier } from '../barrier.ts';

/** What a worker needs. */
export interface LitmusParts {
  readonly handle: LifecycleHandle;
  readonly barrier: Barrier;
  readonly index: number;
  readonly rounds: number;
  /** {@link NOTE_BYTES} for each worker: what its call came to, as JSON. */
  readonly notes: SharedArrayBuffer;
  readonly call: string;
}

/** Room for one result. */
export const NOTE_BYTES = 64;
/** Barriers in one round. */
export const MEETINGS = 3;

/** Makes the call in every round. */
export function litmus({ handle, barrier, index, rounds, notes, call }: LitmusParts): number {
  const { tidegate } = handle;
  if (!(tidegate instanceof WebAssembly.Memory)) throw new Error('There is no WebAssembly here');
  const core = wasmCore(tidegate, embeddedModule(true));
  const words = new Int32Array(tidegate.buffer);
  const note = new Uint8Array(notes, index * NOTE_BYTES, NOTE_BYTES);
  const program = CALLS[call]?.(index);
  const thread = {
    core,
    store: (address: number, value: number) => void Atomics.store(words, address >> 2, value),
    load: (address: number) => Atomics.load(words, address >> 2) >>> 0,
    wait: () => {},
    words: wordsOf(tidegate.buffer, Atomics),
  };
  for (let round = 0; round < rounds; round++) {
    barrier.meet();
    const result = JSON.stringify(program?.(thread) ?? null);
    note.fill(0);
    note.set(new TextEncoder().encode(result));
    barrier.meet();
    barrier.meet();
  }
  return rounds;
}
