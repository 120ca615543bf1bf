/**
 * What a simulated thread finds by the names of its globals: clocks, timers, promises, a process. The
 * library is loaded once for each realm and serves one life after the other, as the thread that it has then.
 *
 * @module
 */

import { atomicsOf } from './futex.ts';
import { promisesOf } from './promise.ts';
import type { Thread } from './thread.ts';

/** The names; they are the parameters of the built library. */
export const GLOBALS = [
  'globalThis',
  'Promise',
  'Atomics',
  'Date',
  'performance',
  'setTimeout',
  'clearTimeout',
  'setInterval',
  'clearInterval',
  'queueMicrotask',
  'console',
  'process',
] as const;

/** The globals of threads with one number. */
export class Realm {
  /** Values for {@link GLOBALS}. */
  readonly globals: readonly unknown[];
  #thread: Thread | undefined;

  constructor() {
    const thread = (): Thread => {
      if (this.#thread === undefined) throw new Error('No thread is in this realm');
      return this.#thread;
    };
    const nowMs = (): number => thread().around.nowMs();
    const Promises = promisesOf({
      put: (job) => thread().put(job),
      unheard: (promise, reason, isUnheard) => thread().unheard(promise, reason, isUnheard),
    });
    const own: Record<(typeof GLOBALS)[number], unknown> = {
      globalThis: undefined,
      Promise: Promises,
      Atomics: atomicsOf(nowMs, () => thread().sleeps, Promises),
      Date: { now: () => Math.floor(thread().around.wallMs()) },
      // Each thread counts from a moment of its own.
      performance: { now: () => 1 + nowMs() - thread().bornMs + thread().number * 1_000 },
      setTimeout: (run: () => void, ms = 0) => thread().timer(run, ms, false),
      clearTimeout: (handle: unknown) => thread().clear(handle),
      setInterval: (run: () => void, ms = 0) => thread().timer(run, ms, true),
      clearInterval: (handle: unknown) => thread().clear(handle),
      queueMicrotask: (job: () => void) => thread().put(job),
      console: {
        error: (...values: unknown[]) => thread().around.print(thread().number, values.join(' ')),
      },
      process: new Proxy(
        {},
        {
          get: (_, name) => Reflect.get(thread().process, name),
          set: (_, name, value) => Reflect.set(thread().process, name, value),
        },
      ),
    };
    const scope = { ...own, Deno: undefined, Bun: undefined, Window: undefined };
    // Defined and not assigned: some of the real ones have setters.
    own.globalThis = Object.create(globalThis, Object.getOwnPropertyDescriptors(scope));
    this.globals = GLOBALS.map((name) => own[name]);
  }

  /** It is this one's from now on. */
  enter(thread: Thread): void {
    this.#thread = thread;
  }
}
