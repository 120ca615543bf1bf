/**
 * A worker's part in drains and shutdowns against permits. Every thread keeps a journal in tickets
 * of one shared counter, which orders what happened on all threads: of its admitted permits the last
 * ticket drawn before one was asked for, and the last drawn before one was given back.
 *
 * @module
 */

import type { Lifecycle, LifecycleError, PermitKind } from '../../../src/index.ts';
import type { Barrier } from '../barrier.ts';

/** What whoever enters, or closes, needs. */
export interface PermitParts {
  readonly attach: () => Lifecycle;
  readonly barrier: Barrier;
  readonly index: number;
  readonly rounds: number;
  /** Word 0 is the counter; every thread has {@link JOURNAL} words after it. */
  readonly notes: SharedArrayBuffer;
}

/**
 * Words of a thread's journal. Of one that enters: how often it was admitted, the last ticket before
 * it asked, the last before it gave back. Of the closer, a ticket each: writes are refused, no write
 * is out, queries are refused, no query is out.
 */
export const JOURNAL = 4;
/** Barriers in one round. */
export const MEETINGS = 4;

/** Every so many permits a thread sleeps with one: there are more threads than cores. */
const NAP_EVERY = 32;
const NAP_MS = 0.05;
/** A round closes the gate in one of so many ways. */
const WAYS = 3;
/** Later than every ticket. */
const NEVER = 2 ** 31 - 1;

/** Enters and leaves until the gate is closed to that kind. */
export function enterRounds(
  kind: PermitKind,
  { attach, barrier, index, rounds, notes }: PermitParts,
): number {
  const words = new Int32Array(notes);
  const at = 1 + index * JOURNAL;
  const never = new Int32Array(new SharedArrayBuffer(4));
  let admissions = 0;
  for (let round = 0; round < rounds; round++) {
    barrier.meet();
    const { gate } = attach();
    barrier.meet();
    let admitted = 0;
    let asked = 0;
    let givenBack = 0;
    while (true) {
      const ticket = Atomics.add(words, 0, 1);
      const permit = gate.tryEnter(kind);
      if (permit === null) break;
      admitted += 1;
      asked = ticket;
      if (admitted % NAP_EVERY === 0) Atomics.wait(never, 0, 0, NAP_MS);
      givenBack = Atomics.add(words, 0, 1);
      permit.release();
    }
    words[at] = admitted;
    words[at + 1] = asked;
    words[at + 2] = givenBack;
    admissions += admitted;
    barrier.meet();
    barrier.meet();
  }
  return admissions;
}

/**
 * Closes the gate in the midst of it: by `beginShutdown()`, by a drain and then a shutdown, or by a
 * shutdown alone.
 */
export async function closeRounds({
  attach,
  barrier,
  index,
  rounds,
  notes,
}: PermitParts): Promise<number> {
  const words = new Int32Array(notes);
  const at = 1 + index * JOURNAL;
  const ticket = (): number => Atomics.add(words, 0, 1);
  let waits = 0;
  for (let round = 0; round < rounds; round++) {
    barrier.meet();
    const lifecycle = attach();
    barrier.meet();
    // Until the others have drawn some tickets, another number of them in every round.
    while (Atomics.load(words, 0) < 1 + (round % 61)) {}
    let refused = 0;
    let over = 0;
    if (round % WAYS === 0) {
      lifecycle.beginShutdown();
      refused = ticket();
      waits += await waited(lifecycle.drain());
      // Nobody waits for queries here.
      words.set([refused, ticket(), refused, NEVER], at);
    } else {
      if (round % WAYS === 1) {
        const drain = lifecycle.drain();
        refused = ticket();
        waits += await waited(drain);
        over = ticket();
        lifecycle.gate.run('query', () => {});
      }
      let step = 0;
      const run = (): void => {
        step = ticket();
      };
      lifecycle.pipeline({ steps: [{ name: 'own', run }] });
      const { drained, steps } = await lifecycle.shutdown();
      if (!drained || step === 0) throw new Error(`It ended with ${JSON.stringify(steps)}`);
      // When the first step runs the gate is closed to all, and nobody is out.
      words.set([refused || step, over || step, step, step], at);
    }
    await leave(lifecycle);
    barrier.meet();
    barrier.meet();
  }
  return waits;
}

/**
 * The same memory is another lifecycle in the next round, and nothing of this one may look at it:
 * whatever still watches ends now, as soon as the run that has given its report is over.
 */
async function leave(lifecycle: Lifecycle): Promise<void> {
  while (true) {
    try {
      lifecycle.detach();
      return;
    } catch (error) {
      if ((error as LifecycleError).code !== 'member_busy') throw error;
      await undefined;
    }
  }
}

/** 1 if a drain had to wait. */
async function waited(drain: ReturnType<Lifecycle['drain']>): Promise<number> {
  const { drained, waitedMs } = await drain;
  if (!drained) throw new Error('A drain without a time-out was given up');
  if (waitedMs < 0) throw new Error(`A drain waited ${waitedMs} ms`);
  return Number(waitedMs > 0);
}
