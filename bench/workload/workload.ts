/**
 * What `bench/workload.js` gives to whoever runs it: lives, checked, as a class that engine suites know
 * how to drive, as plain functions, and as a figure for each backend. Nothing runs at import.
 *
 * @module
 */

import type { Backend } from '../../src/core/core.ts';
import { life, PERMITS } from './life.ts';

export { life, PERMITS };

/** The backends, in the order in which they are reported. */
export const BACKENDS: readonly Backend[] = ['wasm', 'atomics'];

/** What every life must come to, on both backends and in every engine. */
export const CHECKSUM = 1_618_310_787;

const WARM_UP_MS = 200;
const MEASURED_MS = 400;

/**
 * Lives once.
 *
 * @throws {Error} if the checksum is another than it must be
 */
export async function run(backend: Backend): Promise<void> {
  check(backend, await life(backend));
}

function check(backend: Backend, checksum: number): void {
  if (checksum === CHECKSUM) return;
  throw new Error(`The life on ${backend} came to ${checksum}, and not to ${CHECKSUM}`);
}

/** As JetStream and its like drive a benchmark: made once, run again and again, then validated. */
export class Benchmark {
  #lives = 0;

  async runIteration(): Promise<void> {
    for (const backend of BACKENDS) await run(backend);
    this.#lives += BACKENDS.length;
  }

  /** @throws {Error} if fewer iterations have ended than are said to have run */
  validate(iterations = 1): void {
    const expected = iterations * BACKENDS.length;
    if (this.#lives < expected) throw new Error(`${this.#lives} lives of ${expected} have ended`);
  }
}

/** Milliseconds of a life, by the wall clock, which every engine has: the mean of many. */
export async function measure(backend: Backend): Promise<number> {
  await livesFor(backend, WARM_UP_MS);
  const began = Date.now();
  const lives = await livesFor(backend, MEASURED_MS);
  return (Date.now() - began) / lives;
}

async function livesFor(backend: Backend, ms: number): Promise<number> {
  const until = Date.now() + ms;
  let lives = 0;
  do {
    await run(backend);
    lives += 1;
  } while (Date.now() < until);
  return lives;
}

/** Prints one figure for each backend. */
export async function report(print: (line: string) => void): Promise<void> {
  for (const backend of BACKENDS) {
    print(`tidegate life ${backend}: ${(await measure(backend)).toFixed(2)} ms`);
  }
}
