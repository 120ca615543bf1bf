/**
 * Real threads against each other on one lifecycle: transitions, permits and drains, and observers.
 * Dying threads are another file's business.
 *
 * @module
 */

import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Backend,
  Lifecycle,
  type LifecycleHandle,
  type ShutdownReport,
} from '../../src/index.ts';
import { BARRIER_WORDS, Barrier } from './barrier.ts';
import { buildProgram } from './build.ts';
import { steppingClock } from './clock.ts';
import { gather, type Hand, hire, runtime } from './crew.ts';
import { reasonOf, type Sightings } from './parts/observe.ts';
import { JOURNAL, MEETINGS as PERMIT_MEETINGS } from './parts/permits.ts';
import { NOTES, MEETINGS as RACE_MEETINGS } from './parts/race.ts';
import { MEETINGS as TOGETHER_MEETINGS } from './parts/together.ts';
import { REPORT } from './parts/visit.ts';

/** Rounds of each race; 10,000 and more by hand. */
const ROUNDS = Number(process.env.TEST_ROUNDS ?? 3_000);
/** Shutdowns that all threads ask for at once. */
const SHUTDOWNS = Math.ceil(ROUNDS / 100);

/** Which backend the worker of an index has. */
const CREWS: readonly (readonly [string, (index: number) => Backend])[] = [
  ['wasm', () => 'wasm'],
  ['atomics', () => 'atomics'],
  ['mixed', (index) => (index % 2 === 0 ? 'wasm' : 'atomics')],
];

beforeAll(buildProgram);

it('runs where it says', () => {
  expect(runtime).toBe(process.env.TEST_RUNTIME ?? runtime);
});

describe.each(CREWS)('threads with %s', (_, backendOf) => {
  it('make each of four transitions once, and all read the same times and report', async () => {
    const racers = 8;
    const field = new Field(racers, racers * NOTES * 8);
    const hands = field.hire('race', racers, backendOf);
    const notes = new Float64Array(field.notes);
    const read = (racer: number): number[] => [
      ...notes.subarray(racer * NOTES, (racer + 1) * NOTES),
    ];
    for (let round = 0; round < ROUNDS; round++) {
      field.newRound();
      for (let meetings = 2; meetings < RACE_MEETINGS; meetings++) field.barrier.meet();
      const all = Array.from({ length: racers }, (__, racer) => read(racer));
      const made = [0, 1, 2, 3].map((move) => all.reduce((sum, own) => sum + (own[move] ?? 0), 0));
      const [first = []] = all;
      const alike = all.every((own) => own.slice(4).join() === first.slice(4).join());
      const author = all.findIndex((own) => own[3] === 1);
      // Compared by hand: an expect() for each of so many rounds costs more than the rounds.
      if (made.join() !== '1,1,1,1' || !alike || first[9] !== author) {
        expect({ round, made, all }).toBe('one mover each, one set of times, the winner’s report');
      }
      field.barrier.meet();
    }
    expect(await gather(hands)).toEqual(Array.from({ length: racers }, () => ROUNDS));
  });

  it('admit nothing after a call that closed the gate returned, and end no drain with a permit out', async () => {
    const [writers, queriers] = [2, 2];
    const entering = writers + queriers;
    const field = new Field(entering + 1, (1 + (entering + 1) * JOURNAL) * 4);
    const hands = [
      ...field.hire('write', writers, backendOf),
      ...field.hire('query', queriers, backendOf, writers),
      ...field.hire('close', 1, backendOf, entering),
    ];
    const notes = new Int32Array(field.notes);
    const admissions = [0, 0];
    for (let round = 0; round < ROUNDS; round++) {
      notes.fill(0);
      field.newRound((lifecycle) => lifecycle.markReady());
      for (let meetings = 2; meetings < PERMIT_MEETINGS; meetings++) field.barrier.meet();
      const closed = notes.subarray(1 + entering * JOURNAL);
      for (let index = 0; index < entering; index++) {
        const [admitted = 0, asked = 0, givenBack = 0] = notes.subarray(1 + index * JOURNAL);
        const kind = index < writers ? 0 : 1;
        admissions[kind] = (admissions[kind] ?? 0) + admitted;
        const [refused = 0, over = 0] = closed.subarray(kind * 2);
        if (admitted > 0 && (asked > refused || givenBack > over)) {
          expect({ round, index, asked, refused, givenBack, over }).toBe(
            'asked and given back before',
          );
        }
      }
      field.barrier.meet();
    }
    const waits = (await gather(hands)).at(-1);
    const [writes, queries] = admissions;
    expect(writes).toBeGreaterThan(ROUNDS);
    expect(queries).toBeGreaterThan(ROUNDS);
    console.log(
      `${runtime}: ${writes} writes and ${queries} queries in ${ROUNDS} rounds, ${waits} drains waited`,
    );
  });

  it('that all shut down at once, each with a pipeline of its own, have one report of one pipeline', async () => {
    const askers = 8;
    const field = new Field(askers, askers * 4);
    const hands = field.hire('together', askers, backendOf, 0, SHUTDOWNS);
    const ran = new Int32Array(field.notes);
    const ranBy: number[] = [];
    for (let round = 0; round < SHUTDOWNS; round++) {
      ran.fill(0);
      field.newRound((lifecycle) => lifecycle.markReady());
      for (let meetings = 2; meetings < TOGETHER_MEETINGS; meetings++) field.barrier.meet();
      expect([...ran].sort()).toEqual([0, 0, 0, 0, 0, 0, 0, 1]);
      ranBy.push(ran.indexOf(1));
      field.barrier.meet();
    }
    const [first = [], ...others] = (await gather(hands)) as ShutdownReport[][];
    for (const reports of others) expect(reports).toEqual(first);
    expect(first.map(({ steps }) => steps.map(({ name, status }) => `${name} ${status}`))).toEqual(
      ranBy.map((index) => [`by_${index} ok`]),
    );
    for (const { trigger } of first) expect(trigger).toMatch(/^from [0-7]$/);
    console.log(`${runtime}: ${SHUTDOWNS} shutdowns, run by ${new Set(ranBy).size} of ${askers}`);
  });

  it('never see a phase without its time, nor a torn reason, nor a reason in a later phase', async () => {
    for (let round = 0; round < 20; round++) {
      const lifecycle = Lifecycle.create({
        backend: backendOf(round),
        clock: steppingClock(9),
      });
      const notes = new SharedArrayBuffer(4);
      const observers = 3;
      const hands = Array.from({ length: observers }, (__, index) =>
        hire({
          part: 'observe',
          backend: backendOf(index),
          handle: lifecycle.share(),
          index,
          notes,
        }),
      );
      const ready = new Int32Array(notes);
      for (let number = 0; number < 5000 || Atomics.load(ready, 0) < observers; number++) {
        lifecycle.setStartingReason(reasonOf(number));
        // Some runtimes start a worker, and show that it failed, only when this loop turns.
        if (number % 5000 === 4999) await turnOf(hands);
      }
      lifecycle.markReady();
      lifecycle.setStartingReason('too late');
      lifecycle.markDraining();
      lifecycle.beginShutdown();
      lifecycle.finishShutdown(REPORT);
      for (const { reasons, phases } of (await gather(hands)) as Sightings[]) {
        expect(reasons).toBeGreaterThan(0);
        expect(phases).toContain(4);
      }
    }
  });
});

/** One memory and one crew for many rounds, each on a new lifecycle. */
class Field {
  readonly notes: SharedArrayBuffer;
  readonly barrier: Barrier;
  readonly #words: SharedArrayBuffer = new SharedArrayBuffer(BARRIER_WORDS * 4);
  readonly #handle: LifecycleHandle;
  readonly #blank: Uint8Array;
  readonly #bytes: Uint8Array;
  readonly #parties: number;

  constructor(workers: number, noteBytes: number) {
    this.notes = new SharedArrayBuffer(noteBytes);
    this.#parties = workers + 1;
    this.barrier = new Barrier(new Int32Array(this.#words), this.#parties);
    const lifecycle = Lifecycle.create();
    this.#handle = lifecycle.share();
    lifecycle.detach();
    const { tidegate } = this.#handle;
    this.#bytes = new Uint8Array(
      tidegate instanceof SharedArrayBuffer ? tidegate : tidegate.buffer,
    );
    this.#blank = this.#bytes.slice();
  }

  hire(
    part: 'race' | 'write' | 'query' | 'close' | 'together',
    count: number,
    backendOf: (index: number) => Backend,
    from = 0,
    rounds = ROUNDS,
  ): Hand[] {
    return Array.from({ length: count }, (_, offset) =>
      hire({
        part,
        backend: backendOf(from + offset),
        handle: this.#handle,
        barrier: this.#words,
        parties: this.#parties,
        index: from + offset,
        rounds,
        notes: this.notes,
      }),
    );
  }

  /** While all others wait at the barrier: the memory as it was when it was new. */
  newRound(prepare?: (lifecycle: Lifecycle) => void): void {
    this.#bytes.set(this.#blank);
    if (prepare !== undefined) {
      const lifecycle = Lifecycle.attach(this.#handle);
      prepare(lifecycle);
      lifecycle.detach();
    }
    this.barrier.meet();
  }
}

/** One turn of this thread's loop; fails if a hand has failed, who would be waited for in vain. */
async function turnOf(hands: readonly Hand[]): Promise<void> {
  const turn = new Promise((resolve) => setTimeout(resolve, 1));
  await Promise.race([turn, ...hands.map(({ outcome }) => outcome)]);
}
