/**
 * Waiting across real threads: who waits is woken by another thread's change, and not by looking
 * again and again; who listens hears what happened while its loop was blocked.
 *
 * @module
 */

import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Backend, Lifecycle, Phase, type Transition } from '../../src/index.ts';
import { buildProgram } from './build.ts';
import { steppingClock } from './clock.ts';
import { type Hand, hire } from './crew.ts';
import type { Assignment } from './program.ts';

/** This thread's backend, and the other thread's. */
const PAIRS: readonly (readonly [Backend, Backend])[] = [
  ['wasm', 'wasm'],
  ['atomics', 'atomics'],
  ['wasm', 'atomics'],
  ['atomics', 'wasm'],
];

type WaitAsync = (words: Int32Array, index: number, value: number, timeoutMs: number) => unknown;
const atomics = Atomics as { waitAsync?: WaitAsync };
const original = atomics.waitAsync;
const hands: Hand[] = [];

beforeAll(buildProgram);

afterEach(async () => {
  if (original !== undefined) atomics.waitAsync = original;
  await Promise.all(hands.splice(0).map((hand) => hand.terminate()));
});

/** From now on sleeps have no bound: who is woken was woken by a notify. Counts them. */
function withoutBound(): { sleeps: number } {
  const count = { sleeps: 0 };
  atomics.waitAsync = (words, index, value) => {
    count.sleeps += 1;
    return original?.call(Atomics, words, index, value, Number.POSITIVE_INFINITY);
  };
  return count;
}

describe.each(PAIRS)('with %s here and %s there', (here, there) => {
  function start(part: Assignment['part'], lifecycle: Lifecycle, notes?: SharedArrayBuffer): Hand {
    const handle = lifecycle.share();
    const hand = hire({ part, backend: there, handle, index: 1, ...(notes && { notes }) });
    hands.push(hand);
    return hand;
  }
  const create = (): Lifecycle => Lifecycle.create({ backend: here, clock: steppingClock(0) });

  it('waitFor() is woken by the transition that another thread makes, from one sleep or two', async () => {
    const lifecycle = create();
    const count = withoutBound();
    const ready = lifecycle.waitFor(Phase.Ready);
    start('ready-later', lifecycle);
    expect(await ready).toBe(Phase.Ready);
    // Whatever adds to EPOCH ends a sleep: an attachment, the transition. None is a look in vain.
    expect(count.sleeps).toBeGreaterThan(0);
    expect(count.sleeps).toBeLessThanOrEqual(2);
  });

  it('drain() is woken by the permit that another thread gives back', async () => {
    const lifecycle = create();
    lifecycle.markReady();
    start('write-for-a-while', lifecycle);
    while (lifecycle.gate.inFlight().writes === 0) await turn();
    const count = withoutBound();
    const { drained, waitedMs } = await lifecycle.drain();
    expect(drained).toBe(true);
    expect(waitedMs).toBeGreaterThanOrEqual(0);
    expect(count.sleeps).toBeLessThanOrEqual(2);
  });

  it('waitForSync() of a thread that blocks is ended by the moves of this one', async () => {
    const lifecycle = create();
    const notes = new SharedArrayBuffer(4);
    const word = new Int32Array(notes);
    const blocked = start('block-twice', lifecycle, notes);
    while (Atomics.load(word, 0) !== 1) await turn();
    lifecycle.markReady();
    while (Atomics.load(word, 0) !== 2) await turn();
    void lifecycle.shutdown();
    expect(await blocked.outcome).toEqual([Phase.Ready, Phase.Stopped]);
  });

  it('onTransition() hears all that happened while this loop was blocked, with its times', async () => {
    const lifecycle = create();
    const notes = new SharedArrayBuffer(4);
    const heard: Transition[] = [];
    lifecycle.onTransition((transition) => heard.push(transition));
    const mover = start('move-all', lifecycle, notes);
    // Some runtimes start a worker only when this loop turns; from the first move on it is blocked.
    while (lifecycle.phase() === Phase.Starting) await turn();
    const known = heard.length;
    Atomics.wait(new Int32Array(notes), 0, 0, 60_000);
    expect(heard.length).toBe(known);
    while (heard.length < 4) await turn();
    expect(await mover.outcome).toEqual([true, true, true, true]);
    const { readyAtMs, drainingAtMs, shuttingDownAtMs, stoppedAtMs } = lifecycle.snapshot();
    expect(heard).toEqual([
      { from: 0, to: 1, atMs: readyAtMs },
      { from: 1, to: 2, atMs: drainingAtMs },
      { from: 2, to: 3, atMs: shuttingDownAtMs },
      { from: 3, to: 4, atMs: stoppedAtMs },
    ]);
  });
});

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}
