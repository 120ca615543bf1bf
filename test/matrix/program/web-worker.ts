/**
 * Web Workers: how one is hired, and how it answers. Browsers, Deno and Bun have them.
 *
 * @module
 */

import { type Answer, type Hand, type Hire, lead, type Question } from './hand.ts';
import { player } from './part.ts';

/** What a page or a worker has of them, as far as this needs it. */
interface WebWorker {
  onmessage: ((event: { readonly data: Answer }) => void) | null;
  onerror: ((event: { readonly message?: string; preventDefault(): void }) => void) | null;
  postMessage(message: Question): void;
  terminate(): void;
}

interface Scope {
  readonly Worker: new (url: string | URL, options: { readonly type: 'module' }) => WebWorker;
  onmessage: ((event: { readonly data: Question }) => void) | null;
  postMessage(message: Answer): void;
}

// The types of this repository are those of pages; a worker's scope is another.
const scope = globalThis as unknown as Scope;

/** Those that are at work. Firefox collects a worker that nothing but its own listeners refers to, whatever it still has to do. */
const atWork = new Set<WebWorker>();

/** Hires a worker whose program is at `url`. */
export function hireWeb(url: string | URL): Hand {
  const worker = new scope.Worker(url, { type: 'module' });
  atWork.add(worker);
  return lead({
    post: (question) => worker.postMessage(question),
    listen: (answered, broken) => {
      worker.onmessage = ({ data }) => answered(data);
      worker.onerror = (event) => {
        event.preventDefault();
        broken(event.message ?? 'it did not load');
      };
    },
    terminate: async () => {
      atWork.delete(worker);
      worker.terminate();
    },
  });
}

/** Makes this worker answer. */
export function answerWeb(hire: Hire): void {
  const answer = player(hire);
  scope.onmessage = async ({ data }) => scope.postMessage(await answer(data));
}
