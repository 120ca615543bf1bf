/**
 * Worker threads of Node: how one is hired, and how it answers.
 *
 * @module
 */

import { parentPort, Worker } from 'node:worker_threads';
import { type Hand, type Hire, lead, type Question } from './hand.ts';
import { player } from './part.ts';

/** Hires a worker whose program is at `url`. */
export function hireThread(url: URL): Hand {
  const worker = new Worker(url);
  return lead({
    threadId: worker.threadId,
    post: (question) => worker.postMessage(question),
    listen: (answered, broken) => {
      worker.on('message', answered);
      worker.on('error', (error) => broken(String(error)));
    },
    terminate: async () => {
      await worker.terminate();
    },
  });
}

/** Makes this thread answer. */
export function answerThread(hire: Hire): void {
  const answer = player(hire);
  parentPort?.on('message', async (question: Question) => {
    parentPort?.postMessage(await answer(question));
  });
}
