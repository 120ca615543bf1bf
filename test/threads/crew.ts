/**
 * Real worker threads for the tests of this folder: `worker_threads` on Node, Web Workers on Deno
 * and Bun. A worker runs one part of `program.ts` and answers once.
 *
 * @module
 */

import { pathToFileURL } from 'node:url';
import { Worker as NodeWorker } from 'node:worker_threads';
import { PROGRAM } from './build.ts';
import type { Assignment, Outcome } from './program.ts';

/** A worker at work. */
export interface Hand {
  /** What its part came to; rejects if it failed. */
  readonly outcome: Promise<unknown>;
  /** Ends it wherever it is; resolves when it is gone, on Node, or told to go. */
  terminate(): Promise<void>;
  /** The worker itself, where it tells of its exit. */
  readonly worker: NodeWorker | undefined;
}

/** What the two kinds of workers have in common, as far as a crew needs it. */
interface WebWorker {
  onmessage: ((event: { readonly data: Outcome }) => void) | null;
  onerror: ((event: { readonly message: string; preventDefault(): void }) => void) | null;
  postMessage(message: unknown): void;
  terminate(): void;
}

const { Deno, Bun, Worker } = globalThis as {
  readonly Deno?: unknown;
  readonly Bun?: unknown;
  readonly Worker?: new (url: URL, options: { readonly type: 'module' }) => WebWorker;
};

/** The runtime that this really is. */
export const runtime: 'node' | 'deno' | 'bun' =
  Deno !== undefined ? 'deno' : Bun !== undefined ? 'bun' : 'node';

/** What a hand fails with that was ended before its part was. */
export const ENDED = 'The worker ended';

/** Starts a worker on its part. Its program was built by `buildProgram()`. */
export function hire(assignment: Assignment): Hand {
  return runtime === 'node' ? hireOnNode(assignment) : hireOnWeb(assignment);
}

/** Waits for all of them, and fails with the first that failed by itself. */
export async function gather(hands: readonly Hand[]): Promise<unknown[]> {
  const results = await Promise.allSettled(hands.map(({ outcome }) => outcome));
  await Promise.all(hands.map((hand) => hand.terminate()));
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  // Those that only waited for the one that failed say so; it is the one to show.
  const cause = errors.find((error) => !String(error).includes('Another thread')) ?? errors[0];
  if (cause !== undefined) throw cause;
  return results.map((result) => (result.status === 'fulfilled' ? result.value : undefined));
}

function hireOnNode(assignment: Assignment): Hand {
  const worker = new NodeWorker(`./${PROGRAM}`);
  const outcome = new Promise<unknown>((resolve, reject) => {
    worker.once('message', (message: Outcome) => settle(message, resolve, reject));
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error(ENDED)));
  });
  outcome.catch(() => {});
  worker.postMessage(assignment);
  return { outcome, worker, terminate: async () => void (await worker.terminate()) };
}

function hireOnWeb(assignment: Assignment): Hand {
  if (Worker === undefined) throw new Error('No Web Workers here');
  const worker = new Worker(pathToFileURL(PROGRAM), { type: 'module' });
  const outcome = new Promise<unknown>((resolve, reject) => {
    worker.onmessage = ({ data }) => settle(data, resolve, reject);
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(event.message));
    };
  });
  outcome.catch(() => {});
  worker.postMessage(assignment);
  return { outcome, worker: undefined, terminate: async () => worker.terminate() };
}

function settle(
  { error, value }: Outcome,
  resolve: (value: unknown) => void,
  reject: (error: Error) => void,
): void {
  if (error === undefined) resolve(value);
  else reject(new Error(error));
}
