/**
 * All that a thread runs in a place: the conformance suites, and the crossing to a worker of its
 * own.
 *
 * @module
 */

import { type Account, conform, Reckoning, type Task } from '../../conformance/harness.ts';
import { cross } from './crossing.ts';
import type { Hire } from './hand.ts';

/** Runs it on this thread. */
export async function perform(task: Task, hire: Hire): Promise<Account> {
  const { where, tallies, failures } = await conform(task);
  const reckoning = new Reckoning(task);
  await cross(task, hire, reckoning);
  const crossed = reckoning.account();
  return {
    where,
    tallies: [...tallies, ...crossed.tallies],
    failures: [...failures, ...crossed.failures],
  };
}
