/**
 * Litmus tests: what real threads do with the binary as it ships is among what the model checker has
 * explored. If its machine were not the machine's, this is where it would show.
 *
 * @module
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { endsOf } from '../loom/oracle.ts';
import { ordinary } from '../loom/ordinary.ts';
import { pairs } from '../loom/products.ts';
import { memoryOf, seen } from '../loom/scenario.ts';
import { BARRIER_WORDS, Barrier } from './barrier.ts';
import { buildProgram } from './build.ts';
import { gather, hire, runtime } from './crew.ts';
import { MEETINGS, NOTE_BYTES } from './parts/litmus.ts';

const ROUNDS = 1_000;

/** Calls that meet on one word at least, in the situation where they do. */
const PAIRS: readonly (readonly [first: string, second: string, situation: string])[] = [
  ['markReady', 'markReady', 'starting'],
  ['markReady', 'beginShutdown', 'starting'],
  ['stage', 'stage', 'starting'],
  ['publishReason', 'publishReason', 'starting'],
  ['markReady', 'publishReason', 'starting'],
  ['markDraining', 'beginShutdown', 'ready'],
  ['markDraining', 'enterWrite', 'ready'],
  ['beginShutdown', 'enterQuery', 'ready'],
  ['reap', 'leaveWrite', 'ready'],
  ['attach', 'attach', 'starting'],
  ['takeHost', 'leaveHost', 'ready'],
  ['takeHost', 'acceptShutdown', 'starting'],
  ['claimReport, finishShutdown', 'claimReport, finishShutdown', 'ready'],
  ['hold', 'unhold', 'ready'],
];

beforeAll(buildProgram);

describe.each(PAIRS)('%s beside %s, in %s', (first, second, situation) => {
  it(`ends ${ROUNDS} times in what was explored`, async () => {
    const name = `${first} | ${second} in ${situation}`;
    const reverse = `${second} | ${first} in ${situation}`;
    const scenario = pairs(situation).find((each) => each.name === name || each.name === reverse);
    if (scenario === undefined) throw new Error(`There is no product ${name}`);
    const calls = scenario.name === name ? [first, second] : [second, first];
    const explored = new Set(endsOf(scenario, 'wasm').ends.split('\n'));

    const memory = new WebAssembly.Memory({ initial: 3, maximum: 3, shared: true });
    const bytes = new Uint8Array(memory.buffer);
    const before = memoryOf(scenario);
    const words = new SharedArrayBuffer(BARRIER_WORDS * 4);
    const notes = new SharedArrayBuffer(calls.length * NOTE_BYTES);
    const barrier = new Barrier(new Int32Array(words), calls.length + 1);
    const hands = calls.map((call, index) =>
      hire({
        part: 'litmus',
        backend: 'wasm',
        handle: { tidegate: memory },
        barrier: words,
        parties: calls.length + 1,
        index,
        rounds: ROUNDS,
        notes,
        call,
      }),
    );
    const observed = new Set<string>();
    for (let round = 0; round < ROUNDS; round++) {
      bytes.set(before);
      for (let meetings = 1; meetings < MEETINGS; meetings++) barrier.meet();
      const results = calls.map((_, index) => noteOf(notes, index));
      observed.add(`${results.join('|')} ${seen(ordinary(bytes).core)}`);
      barrier.meet();
    }
    await gather(hands);
    const unexplored = [...observed].filter((end) => !explored.has(end));
    expect(unexplored).toEqual([]);
    console.log(`${runtime}: ${name}: ${observed.size} of ${explored.size} ends seen`);
  });
});

function noteOf(notes: SharedArrayBuffer, index: number): string {
  const note = new Uint8Array(notes, index * NOTE_BYTES, NOTE_BYTES).slice();
  return new TextDecoder().decode(note.subarray(0, note.indexOf(0)));
}
