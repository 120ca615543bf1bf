/**
 * A worker's part in the litmus tests of single words: it makes one of two or four series of accesses,
 * round after round without waiting for the others, and notes what it read. What was written grows by
 * one a round, so what may have been read together can be told afterwards.
 *
 * @module
 */

import { atomicsCore } from '../../../src/core/atomics.ts';
import type { Core } from '../../../src/core/core.ts';
import { embeddedModule } from '../../../src/core/embedded.ts';
import { wasmCore } from '../../../src/core/wasm.ts';
import type { Backend, LifecycleHandle } from '../../../src/index.ts';
import { SCRATCH } from '../../loom/scenario.ts';
import type { Barrier } from '../barrier.ts';

/** What a worker needs. */
export interface WordsParts {
  readonly handle: LifecycleHandle;
  readonly barrier: Barrier;
  readonly index: number;
  /** Of each batch. */
  readonly rounds: number;
  readonly batches: number;
  /** Two words for each round of each worker. */
  readonly notes: SharedArrayBuffer;
  readonly shape: string;
}

/** The backends of the threads, in turn, by batch. */
export const PAIRINGS: readonly (readonly [Backend, Backend])[] = [
  ['wasm', 'wasm'],
  ['atomics', 'atomics'],
  ['wasm', 'atomics'],
];

/** How many threads a shape has. */
export const threadsOf = (shape: string): number => (shape.startsWith('independent') ? 4 : 2);

/** How far each thread is, in windows: nobody is more than one ahead, or they would not meet. */
const PROGRESS = SCRATCH + 64;
const WINDOW = 1_024;
/** Looks at a thread that is behind, before a sleep: it may not be running. */
const LOOKS = 10_000;

/** One round: what it notes. */
type Round = (round: number) => readonly [first: number, second: number];

/** What is written into both halves of a word. */
const TWICE = 2 ** 32 + 1;
/** So that the number stays below 2^53. */
const HALF_MASK = 2 ** 20 - 1;

const NOTHING = [0, 0] as const;

/** By the name of the shape: the rounds of each thread. */
export const SHAPES: Readonly<
  Record<string, (core: Core, inside: Int32Array) => readonly Round[]>
> = {
  'store buffering': (core) =>
    [0, 1].map((own): Round => {
      return (round) => {
        core.beat(own, round);
        return [core.beatOf(1 - own), 0];
      };
    }),
  'compare-and-swap buffering': (core) => [
    (round) => {
      core.age(round, 0);
      return [core.sinceAcceptance(0, 0), 0];
    },
    (round) => {
      core.sinceAcceptance(round, 0);
      return [core.age(0, 0), 0];
    },
  ],
  'message passing': (core) => [
    (round) => {
      core.beat(0, round);
      core.age(round, 0);
      return NOTHING;
    },
    () => [core.age(0, 0), core.beatOf(0)],
  ],
  'independent reads of independent writes': (core) => [
    (round) => {
      core.beat(0, round);
      return NOTHING;
    },
    (round) => {
      core.beat(1, round);
      return NOTHING;
    },
    () => [core.beatOf(0), core.beatOf(1)],
    () => [core.beatOf(1), core.beatOf(0)],
  ],
  'both halves of a word': (core) => [
    (round) => {
      core.beat(0, (round & HALF_MASK) * TWICE);
      return NOTHING;
    },
    () => {
      const beat = core.beatOf(0);
      return [Math.floor(beat / 2 ** 32), beat % 2 ** 32];
    },
  ],
  'one holder at a time': (core, inside) =>
    [0, 1].map((own): Round => {
      return () => {
        if (core.takeHost(own, 1, 1) < 0) return NOTHING;
        const others = Atomics.add(inside, 0, 1);
        Atomics.sub(inside, 0, 1);
        core.leaveHost(own, 1);
        return [1, others];
      };
    }),
  'a permit against a hold': (core, inside) => [
    () => {
      if (core.enterWrite(0, 1) !== 0) return NOTHING;
      Atomics.store(inside, 0, 1);
      Atomics.store(inside, 0, 0);
      core.leaveWrite(0, 1);
      return [1, 0];
    },
    () => {
      core.hold(1);
      const isEmpty = core.writesOut() === 0;
      const writers = isEmpty ? Atomics.load(inside, 0) + Atomics.load(inside, 0) : 0;
      core.unhold(1);
      return [Number(isEmpty), writers];
    },
  ],
};

/** Makes all rounds of one thread, and tells how many. Between batches the memory is set back. */
export function words({
  handle,
  barrier,
  index,
  rounds,
  batches,
  notes,
  shape,
}: WordsParts): number {
  const { tidegate } = handle;
  if (!(tidegate instanceof WebAssembly.Memory)) throw new Error('There is no WebAssembly here');
  const { buffer } = tidegate;
  const inside = new Int32Array(buffer, SCRATCH, 1);
  const progress = new Int32Array(buffer, PROGRESS, threadsOf(shape));
  const cores: Readonly<Record<Backend, Core>> = {
    wasm: wasmCore(tidegate, embeddedModule(true)),
    atomics: atomicsCore(buffer),
  };
  // An array of its own while it is noted: nothing of it is shared before the barrier.
  const seen = new Int32Array(rounds * 2);
  for (let batch = 0; batch < batches; batch++) {
    const backend = PAIRINGS[batch % PAIRINGS.length]?.[index % 2] ?? 'wasm';
    const perform = SHAPES[shape]?.(cores[backend], inside)[index];
    if (perform === undefined) throw new Error(`There is no thread ${index} of ${shape}`);
    barrier.meet();
    for (let round = 1; round <= rounds; round++) {
      if (round % WINDOW === 1) keepTogether(progress, index);
      const [first, second] = perform(round);
      seen[round * 2 - 2] = first;
      seen[round * 2 - 1] = second;
    }
    Atomics.store(progress, index, rounds);
    Atomics.notify(progress, index);
    new Int32Array(notes, index * rounds * 8, rounds * 2).set(seen);
    barrier.meet();
  }
  return rounds * batches;
}

/** Tells that a window begins, and waits for all who have not begun it. */
function keepTogether(progress: Int32Array, index: number): void {
  const mine = Atomics.add(progress, index, 1) + 1;
  Atomics.notify(progress, index);
  for (const other of progress.keys()) {
    for (let looks = 0; Atomics.load(progress, other) < mine; looks++) {
      if (looks > LOOKS) Atomics.wait(progress, other, Atomics.load(progress, other), 1);
    }
  }
}
