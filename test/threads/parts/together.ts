/**
 * A worker's part in shutdowns that all threads ask for at once, each with a pipeline of its own.
 *
 * @module
 */

import type { Lifecycle, ShutdownReport } from '../../../src/index.ts';
import type { Barrier } from '../barrier.ts';

/** What it needs. */
export interface TogetherParts {
  readonly attach: () => Lifecycle;
  readonly barrier: Barrier;
  readonly index: number;
  readonly rounds: number;
  /** A word for each thread: how often its step has run. */
  readonly notes: SharedArrayBuffer;
}

/** Barriers in one round. */
export const MEETINGS = 4;

/** The report of each round. */
export async function together({
  attach,
  barrier,
  index,
  rounds,
  notes,
}: TogetherParts): Promise<ShutdownReport[]> {
  const ran = new Int32Array(notes);
  const reports: ShutdownReport[] = [];
  for (let round = 0; round < rounds; round++) {
    barrier.meet();
    const lifecycle = attach();
    const run = (): void => void Atomics.add(ran, index, 1);
    lifecycle.pipeline({ steps: [{ name: `by_${index}`, run }] });
    barrier.meet();
    reports.push(await lifecycle.shutdown({ trigger: `from ${index}` }));
    // One turn, in which the watching of the pipeline sees Stopped and ends: the memory is another
    // lifecycle in the next round.
    await new Promise((resolve) => setTimeout(resolve, 0));
    lifecycle.detach();
    barrier.meet();
    barrier.meet();
  }
  return reports;
}
