/**
 * A worker's part in the chaos: it does whatever a service does, at random, without end, until it
 * is terminated in the middle of something.
 *
 * @module
 */

import type { Lifecycle } from '../../../src/index.ts';
import { mustBeWhole, reasonOf } from './observe.ts';

/** What a disturber needs. */
export interface DisturbParts {
  readonly attach: (clock: () => number) => Lifecycle;
  readonly index: number;
  readonly seed: number;
  /** One word: how far it is with attaching, see {@link NOT_YET}. */
  readonly notes: SharedArrayBuffer;
}

/** Whoever terminates a worker moves it from here to {@link CANCELLED}: it attaches no more. */
export const NOT_YET = 0;
export const ATTACHING = 1;
export const ATTACHED = 2;
export const CANCELLED = 3;

/** The steps of every pipeline in the chaos. */
export const STEPS: readonly string[] = ['flush_wal', 'final_checkpoint', 'backup'];

/** mulberry32: small, seeded, good enough to shuffle with. */
export function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Never returns. The first two workers of a crew host the shutdown, and ask for it. */
export async function disturb({ attach, index, seed, notes }: DisturbParts): Promise<never> {
  const random = randomOf(seed);
  const state = new Int32Array(notes);
  if (Atomics.compareExchange(state, 0, NOT_YET, ATTACHING) !== NOT_YET)
    return new Promise(() => {});
  // Wall clocks of threads differ and step, both ways.
  const lifecycle = attach(() => Math.floor(Date.now() + (random() - 0.5) * 10_000));
  Atomics.store(state, 0, ATTACHED);
  if (index < 2) {
    const run = async (): Promise<void> => {
      for (let turns = random() * 5; turns > 0; turns--) await turn();
    };
    lifecycle.pipeline({ steps: STEPS.map((name) => ({ name, run })), budgetMs: 60_000 });
  }
  while (true) {
    for (let calls = 0; calls < 50; calls++) one(lifecycle, random);
    if (index === 1 && random() < 0.3) void lifecycle.shutdown({ trigger: `worker ${seed}` });
    if (index === 2 && random() < 0.05) void lifecycle.drain().catch(() => {});
    await turn();
  }
}

function one(lifecycle: Lifecycle, random: () => number): void {
  const dice = random();
  if (dice < 0.4) {
    const permit = lifecycle.gate.tryEnter(dice < 0.2 ? 'write' : 'query');
    // One in ten is never given back: who dies with it must not hold up the drain.
    if (random() < 0.9) permit?.release();
  } else if (dice < 0.6) {
    lifecycle.setStartingReason(reasonOf(Math.floor(random() * 70_000)));
  } else if (dice < 0.7) {
    lifecycle.stage(`stage_${Math.floor(random() * 8)}`).markStarted();
  } else if (dice < 0.8) {
    lifecycle.markReady();
  } else {
    const reason = lifecycle.notReadyReason();
    if (reason !== null) mustBeWhole(reason);
    const negative = lifecycle
      .coldStartPhases()
      .durationsMs()
      .find(([, ms]) => ms < 0);
    if (negative !== undefined) throw new Error(`A stage took ${negative.join(' ')} ms`);
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
