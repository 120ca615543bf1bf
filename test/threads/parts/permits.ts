/**
 * A worker's part in drains against permits. Every thread keeps a journal in tickets of one shared
 * counter, which orders what happened on all threads: of its admitted writes the last ticket drawn
 * before one was asked for, and the last drawn before one was given back.
 *
 * @module
 */

import type { Lifecycle } from '../../../src/index.ts';
import type { Barrier } from '../barrier.ts';

/** What a writer or a drainer needs. */
export interface PermitParts {
  readonly attach: () => Lifecycle;
  readonly barrier: Barrier;
  readonly index: number;
  readonly rounds: number;
  /** Word 0 is the counter; every thread has {@link JOURNAL} words after it. */
  readonly notes: SharedArrayBuffer;
}

/** Words of a thread's journal. A writer: admitted, asked, given back. A drainer: returned, over. */
export const JOURNAL = 3;
/** Barriers in one round. */
export const MEETINGS = 4;

/** Every so many writes a writer sleeps with its permit: there are more threads than cores. */
const NAP_EVERY = 32;
const NAP_MS = 0.05;
/** One round in so many closes the gate by `beginShutdown()`. */
const SHUTDOWN_EVERY = 3;

/** Enters and leaves until the gate is closed. */
export function enterRounds({ attach, barrier, index, rounds, notes }: PermitParts): number {
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
      const permit = gate.tryEnter('write');
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

/** Drains in the midst of it. */
export async function drainRounds({
  attach,
  barrier,
  index,
  rounds,
  notes,
}: PermitParts): Promise<number> {
  const words = new Int32Array(notes);
  const at = 1 + index * JOURNAL;
  let waits = 0;
  for (let round = 0; round < rounds; round++) {
    barrier.meet();
    const lifecycle = attach();
    barrier.meet();
    // Until writers have drawn some tickets, another number of them in every round.
    while (Atomics.load(words, 0) < 1 + (round % 61)) {}
    const isShutdown = round % SHUTDOWN_EVERY === 0;
    const drain = isShutdown ? lifecycle.beginShutdown() : lifecycle.drain();
    words[at] = Atomics.add(words, 0, 1);
    const { drained, waitedMs } = await (typeof drain === 'boolean' ? lifecycle.drain() : drain);
    words[at + 1] = Atomics.add(words, 0, 1);
    if (!drained) throw new Error('A drain without a time-out was given up');
    if (waitedMs < 0) throw new Error(`A drain waited ${waitedMs} ms`);
    waits += Number(waitedMs > 0);
    barrier.meet();
    barrier.meet();
  }
  return waits;
}
