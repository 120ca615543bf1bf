/**
 * A thread of `thread-service.ts`: it does what it is asked, one call after the other, and answers each.
 *
 * @module
 */

import process from 'node:process';
import { parentPort, workerData } from 'node:worker_threads';
import { Lifecycle, type LifecycleHandle } from '../../src/index.ts';
import { STAGES, STEPS } from './thread-notes.ts';

/** What a thread is started with. */
export interface ThreadSeat {
  readonly handle: LifecycleHandle;
  /** What `thread-notes.ts` says. */
  readonly notes: SharedArrayBuffer;
}

/** What it can be asked. */
export type ThreadCall =
  /** Begins the shutdown; the answer is whether it owns it now. */
  | { readonly call: 'own' }
  /** Ends the shutdown that it owns. */
  | { readonly call: 'finish' }
  /** Has a pipeline of its own from now on. */
  | { readonly call: 'host'; readonly budgetMs: number }
  /** Runs a stage until it is told to leave, and for `more` milliseconds after that. */
  | { readonly call: 'boot'; readonly more: number }
  | { readonly call: 'detach' }
  /** Ends its thread by itself; there is no answer. */
  | { readonly call: 'exit' };

const { handle, notes } = workerData as ThreadSeat;
const words = new Int32Array(notes);
const lifecycle = Lifecycle.attach(handle);
const REPORT = { durationMs: 1, startedAtMs: 1, completedAtMs: 2 };

function answer(asked: ThreadCall): unknown {
  switch (asked.call) {
    case 'own':
      return lifecycle.beginShutdown();
    case 'finish':
      return lifecycle.finishShutdown({
        ...REPORT,
        flushedWal: true,
        finalCheckpoint: true,
        backupUploaded: false,
        trigger: 'the owner',
      });
    case 'host':
      lifecycle.pipeline({
        budgetMs: asked.budgetMs,
        steps: [{ name: 'flush_wal', run: () => Atomics.add(words, STEPS, 1) }],
      });
      return true;
    case 'boot':
      void boot(asked.more);
      return true;
    case 'detach':
      lifecycle.detach();
      return true;
    default:
      process.exit(0);
  }
}

function boot(more: number): Promise<void> {
  return lifecycle.stage('index_warmup').run(async ({ signal }) => {
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
    await new Promise((resolve) => setTimeout(resolve, more));
    Atomics.add(words, STAGES, 1);
  });
}

parentPort?.on('message', (asked: ThreadCall) => {
  parentPort?.postMessage({ answer: answer(asked) });
});
parentPort?.postMessage({ answer: lifecycle.member });
