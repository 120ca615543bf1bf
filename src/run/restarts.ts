/**
 * Whether, and how soon, an instance that crashed starts again. It starts nothing.
 *
 * @module
 */

const FIRST_MS = 100;
const MOST_MS = 10_000;
/** Crashes in a row. The waits between them are 42 s together. */
const MOST = 10;
/** Who has run for so long did not crash in a row with the one before. */
const LIVED_MS = 30_000;

/** Of one place among the instances. */
export class Restarts {
  #row = 0;

  /** Notes a crash. @returns milliseconds to wait; `undefined` once there were too many in a row */
  crashed(livedMs: number): number | undefined {
    if (livedMs >= LIVED_MS) this.#row = 0;
    this.#row += 1;
    if (this.#row > MOST) return undefined;
    return Math.min(FIRST_MS * 2 ** (this.#row - 1), MOST_MS);
  }
}
