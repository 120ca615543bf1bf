/**
 * The litmus tests of the memory model, on the product's own words by its own calls: real threads
 * never read what no single order of all accesses explains. With `LITMUS_ROUNDS=100000000` it takes
 * as many rounds.
 *
 * @module
 */

import process from 'node:process';
import { beforeAll, describe, expect, it } from 'vitest';
import { memoryOf } from '../loom/scenario.ts';
import { BARRIER_WORDS, Barrier } from './barrier.ts';
import { buildProgram } from './build.ts';
import { gather, hire, runtime } from './crew.ts';
import { PAIRINGS, SHAPES, threadsOf } from './parts/words.ts';
import { changes, type Notes, VERDICTS } from './verdicts.ts';

/** Of each shape, over the three pairings of the backends. */
const ROUNDS = Number(process.env.LITMUS_ROUNDS ?? 1_000_000);
/** What is noted at once, at most: 8 bytes a round and thread. */
const BATCH = 1_000_000;

/** Shapes that note something new only if their threads really meet. */
const OF_CHANCE = ['one holder at a time', 'a permit against a hold'];

beforeAll(buildProgram);

describe.each(Object.keys(SHAPES))('%s', (shape) => {
  it(`is explained by one order, in ${ROUNDS} rounds`, async () => {
    const threads = threadsOf(shape);
    const batches = Math.ceil(ROUNDS / BATCH / PAIRINGS.length) * PAIRINGS.length;
    const rounds = Math.ceil(ROUNDS / batches);
    const memory = new WebAssembly.Memory({ initial: 3, maximum: 3, shared: true });
    const words = new SharedArrayBuffer(BARRIER_WORDS * 4);
    const notes = new SharedArrayBuffer(threads * rounds * 8);
    const barrier = new Barrier(new Int32Array(words), threads + 1);
    const hands = Array.from({ length: threads }, (_, index) =>
      hire({
        part: 'words',
        backend: 'wasm',
        handle: { tidegate: memory },
        barrier: words,
        parties: threads + 1,
        index,
        rounds,
        batches,
        notes,
        call: shape,
      }),
    );
    let met = 0;
    for (let batch = 0; batch < batches; batch++) {
      new Uint8Array(memory.buffer).set(BEFORE);
      barrier.meet();
      barrier.meet();
      const noted = hands.map(
        (_, index): Notes => new Int32Array(notes, index * rounds * 8, rounds * 2),
      );
      expect(VERDICTS[shape]?.(noted), PAIRINGS[batch % 3]?.join()).toBeUndefined();
      met += changes(noted);
    }
    await gather(hands);
    // Whoever is in the next window reads what the other wrote in the last one.
    if (!OF_CHANCE.includes(shape)) expect(met).toBeGreaterThan(0);
    console.log(`${runtime}: ${shape}: ${met} rounds saw something new`);
  }, 3_600_000);
});

const BEFORE = memoryOf({
  name: 'two members',
  threads: [],
  attached: 2,
  before: (core) => void core.markReady(1_001, 0),
});

describe('the verdicts', () => {
  // Two words for each of three rounds, by thread.
  it.each([
    [
      'store buffering',
      [
        [0, 0, 0, 0, 3, 0],
        [1, 0, 1, 0, 3, 0],
      ],
      /did not see/,
    ],
    [
      'compare-and-swap buffering',
      [
        [0, 0, 0, 0, 0, 0],
        [0, 0, 3, 0, 3, 0],
      ],
      /did not see/,
    ],
    [
      'store buffering',
      [
        [1, 0, 0, 0, 3, 0],
        [3, 0, 3, 0, 3, 0],
      ],
      /less than before/,
    ],
    ['message passing', [[], [1, 1, 2, 1, 3, 3]], /noted 2, 1/],
    [
      'independent reads of independent writes',
      [[], [], [0, 0, 2, 0, 2, 0], [0, 0, 1, 0, 1, 2]],
      /the other way round/,
    ],
    ['both halves of a word', [[], [1, 1, 2, 1, 3, 3]], /noted 2, 1/],
    [
      'one holder at a time',
      [
        [1, 0, 1, 0, 1, 0],
        [1, 0, 1, 1, 1, 0],
      ],
      /noted 1, 1/,
    ],
    [
      'a permit against a hold',
      [
        [1, 0, 1, 0, 1, 0],
        [1, 0, 1, 2, 0, 0],
      ],
      /noted 1, 2/,
    ],
  ])('find what no order explains: %s', (shape, noted, wrong) => {
    expect(VERDICTS[shape]?.(noted.map((each) => Int32Array.from(each)))).toMatch(wrong);
  });

  it('find nothing where the accesses came one after the other', () => {
    const alone = [
      [0, 0, 0, 0, 0, 0],
      [3, 0, 3, 0, 3, 0],
    ].map((each) => Int32Array.from(each));
    expect(VERDICTS['store buffering']?.(alone)).toBeUndefined();
  });
});
