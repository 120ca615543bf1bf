/**
 * What is given back between the last step of a shutdown and Stopped. A lease is: a step that still
 * writes must not lose it. It is not a step itself: it has no name and is not in the report.
 *
 * @module
 */

import { added } from '../core/backends.ts';
import { journalOf } from './journal.ts';

/** Is given what is left of the budget, in milliseconds, and does not reject. */
export type AfterSteps = (leftMs: number) => Promise<unknown>;

/** By the journal of the lifecycle, which the run of its shutdown has, too. */
const kept: WeakMap<object, Set<AfterSteps>> = new WeakMap();

/**
 * Runs `run` on this thread, if it hosts the shutdown, after the last step has ended. Stopped waits for
 * it as long as the budget allows.
 *
 * @returns the removal
 */
export function afterSteps(lifecycle: object, run: AfterSteps): () => void {
  // A program without a lease does not pay for it.
  added.afterSteps = runAfterSteps;
  const journal = journalOf(lifecycle);
  if (journal === undefined) return () => {};
  const functions = kept.get(journal) ?? new Set();
  kept.set(journal, functions.add(run));
  return () => void functions.delete(run);
}

/** Runs them side by side, for at most `leftMs`. */
async function runAfterSteps(journal: object, leftMs: number): Promise<void> {
  const functions = kept.get(journal);
  if (functions === undefined) return;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, leftMs);
  });
  await Promise.race([Promise.all([...functions].map((run) => run(leftMs))), late]);
  clearTimeout(timer);
}
