/**
 * Part `contended`: the same call on several threads at once. All are workers, even when there is one
 * of them; they begin together, and each measures what a call costs it.
 *
 * @module
 */

import type { Backend } from '../../src/core/core.ts';
import { Lifecycle } from '../../src/lifecycle/for-servers.ts';
import { Phase } from '../../src/lifecycle/phase.ts';
import type { LifecycleHandle } from '../../src/lifecycle/seat.ts';
import type { Body } from '../cases/case.ts';
import { words } from '../cases/primitives.ts';
import { keep, kept } from '../cases/sink.ts';
import { clock, subjectOf } from '../cases/subject.ts';
import type { Assignment } from '../harness/assignment.ts';
import { SAMPLES } from '../harness/sample.ts';
import { thinned } from '../harness/statistics.ts';
import { type Channel, nextMessage, startWorker, type Task } from './threads.ts';

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
  if (Atomics.load(words32, 0) !== 0) throw new Error('Permits are held after all were released');
  return thinned(samples, SAMPLES);
}

/** What one thread is asked. */
interface Contention extends Task {
  readonly task: 'contend';
  readonly case: string;
  readonly variant: string;
  readonly index: number;
  readonly threads: number;
  readonly handle: LifecycleHandle | undefined;
  readonly phase: Phase;
  readonly counter: ArrayBufferLike;
  /** Two words: who has arrived, and whether to begin. */
  readonly gate: SharedArrayBuffer;
  readonly budgetMs: number;
}

/** Calls between two looks at the clock. */
const BATCH = 1_024;
/** 32-bit words between two lines that no two threads share (128 bytes). */
const LINE = 32;

/** Waits for the others, then calls and measures. */
export function contend(task: Contention, channel: Channel): void {
  const body = bodyOf(task);
  const until = task.budgetMs;
  // Compiled before it is measured, and not while the others are measuring.
  for (let turn = 0; turn < 20 * BATCH; turn++) body();
  const gate = new Int32Array(task.gate);
  if (Atomics.add(gate, 0, 1) + 1 === task.threads) {
    Atomics.store(gate, 1, 1);
    Atomics.notify(gate, 1);
  }
  while (Atomics.load(gate, 1) === 0) Atomics.wait(gate, 1, 0);
  const samples: number[] = [];
  const began = performance.now();
  let last = began;
  while (last - began < until) {
    for (let turn = 0; turn < BATCH; turn++) body();
    const now = performance.now();
    samples.push(((now - last) * 1e6) / BATCH);
    last = now;
  }
  channel.post(samples);
}

function bodyOf(task: Contention): Body {
  const counter = new Int32Array(task.counter);
  // The control: all threads count in one word; and what tidegate does: each in its own line.
  if (task.variant === 'one counter') return counted(counter, 0);
  if (task.variant === 'own counters') return counted(counter, (task.index + 1) * LINE);
  if (task.handle === undefined) throw new RangeError(`There is no variant ${task.variant}`);
  const lifecycle = Lifecycle.attach(task.handle, { backend: task.variant as Backend, clock });
  const { gate } = lifecycle;
  const { back, unmark } = subjectOf(lifecycle, task.phase);
  switch (task.case) {
    case 'write permit':
      return () => gate.tryEnter('write')?.release();
    case 'mark set before':
      lifecycle.markRestoreStarted();
      return () => keep(+lifecycle.markRestoreStarted());
    case 'mark':
      return () => {
        unmark();
        kept[0] = +lifecycle.markRestoreStarted();
      };
    case 'markReady':
      return () => {
        back();
        kept[0] = +lifecycle.markReady();
      };
    default:
      throw new RangeError(`There is no case ${task.case}`);
  }
}

function counted(counter: Int32Array, at: number): Body {
  return () => {
    kept[0] = Atomics.add(counter, at, 1);
    kept[0] = Atomics.sub(counter, at, 1);
  };
}
