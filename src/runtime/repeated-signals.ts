/**
 * Tells a signal that was sent twice from a second request, by the time in which the event loop
 * ran: a signal is delivered when the loop runs, however long ago it was sent.
 *
 * @module
 */

import { patience } from './closing/patience.ts';

/** Terminals and npm send a signal twice; within this time of the first it is the same request. */
const REPEAT_MS = 250;

/** Whether a signal is the repetition of the first. */
export class Repeats {
  #isFirst = true;
  #isOver = false;

  /**
   * Notes a signal.
   *
   * @returns true if it came later than a repetition does
   */
  isLate(): boolean {
    if (this.#isFirst) {
      this.#isFirst = false;
      void patience(REPEAT_MS).then(() => {
        this.#isOver = true;
      });
    }
    return this.#isOver;
  }
}
