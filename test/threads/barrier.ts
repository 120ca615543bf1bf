/**
 * Where threads of a test meet: by `Atomics`, never by sleeping. If one thread fails, all that
 * wait here fail, so that a test ends with the error and not with its time-out.
 *
 * @module
 */

const ARRIVED = 0;
const ROUND = 1;
const FAILED = 2;
/** How many words of the shared array a barrier takes. */
export const BARRIER_WORDS = 3;

/** Far beyond any round on a busy machine: only a thread that hangs is later. */
const LOST_MS = 60_000;

/** A meeting of a fixed number of threads, over and over. */
export class Barrier {
  readonly #words: Int32Array;
  readonly #parties: number;

  constructor(words: Int32Array, parties: number) {
    this.#words = words;
    this.#parties = parties;
  }

  /** Returns when all parties have called it. The last one releases the others. */
  meet(): void {
    const words = this.#words;
    const round = Atomics.load(words, ROUND);
    if (Atomics.add(words, ARRIVED, 1) + 1 === this.#parties) {
      Atomics.store(words, ARRIVED, 0);
      Atomics.add(words, ROUND, 1);
      Atomics.notify(words, ROUND);
    } else {
      while (Atomics.load(words, ROUND) === round) {
        if (Atomics.load(words, FAILED) === 1) throw new Error('Another thread failed');
        if (Atomics.wait(words, ROUND, round, LOST_MS) === 'timed-out') {
          throw new Error('A thread did not come to the barrier');
        }
      }
    }
    if (Atomics.load(words, FAILED) === 1) throw new Error('Another thread failed');
  }

  /** Frees all who wait; every later meeting fails. */
  fail(): void {
    Atomics.store(this.#words, FAILED, 1);
    Atomics.add(this.#words, ROUND, 1);
    Atomics.notify(this.#words, ROUND);
  }
}
