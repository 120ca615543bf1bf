/**
 * Part `contended`: the same call on several threads at once. All are workers, also when there is one
 * of them; they begin together, and each measures what a call costs it.
 *
 * @module
 */

import type { Backend } from '../../src/core/core.ts';
import { Lifecycle } from '../../src/lifecycle/for-servers.ts';
import { Phase } from '../../src/lifecycle/phase.ts';
import { words } from '../cases/primitives.ts';
import { clock } from '../cases/subject.ts';
import type { Assignment } from '../harness/assignment.ts';
import { SAMPLES } from '../harness/sample.ts';
import { thinned } from '../harness/statistics.ts';
import type { Contention } from './contended-worker.ts';
import { nextMessage, startWorker } from './threads.ts';

/** Nanoseconds a call, of all threads together. */
export async function measureContended(assignment: Assignment): Promise<readonly number[]> {
  const threads = assignment.size ?? 1;
  const { words32, words64 } = words();
  const isBackend = assignment.variant === 'wasm' || assignment.variant === 'atomics';
  const lifecycle = isBackend
    ? Lifecycle.create({ backend: assignment.variant as Backend, clock })
    : undefined;
  if (assignment.case !== 'markReady') lifecycle?.markReady();
  const gate = new SharedArrayBuffer(8);
  const channels = Array.from({ length: threads }, () => startWorker());
  const results = channels.map((channel, index) => {
    const contention: Contention = {
      task: 'contend',
      case: assignment.case,
      variant: assignment.variant,
      index,
      threads,
      handle: lifecycle?.share(),
      phase: lifecycle?.phase() ?? Phase.Ready,
      counter: words64.buffer,
      gate,
      budgetMs: assignment.budgetMs ?? 100,
    };
    channel.post(contention);
    return nextMessage<readonly number[]>(channel);
  });
  const samples = (await Promise.all(results)).flat();
  for (const channel of channels) channel.close();
  // Read after the threads are done, so that nobody can say that the counter was not needed.
  if (Atomics.load(words32, 0) !== 0) throw new Error('Permits are out after all were given back');
  return thinned(samples, SAMPLES);
}
