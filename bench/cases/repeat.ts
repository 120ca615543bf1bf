/**
 * A body that runs another one many times: for harnesses that look at their clock around each call
 * (tinybench, `vitest bench`), whose clock costs more than most calls here. It measures nothing.
 *
 * @module
 */

import type { AsyncBody, Body } from './case.ts';

/**
 * A body of `count` calls of `body`; what a harness says of it, divided by `count`, is one call.
 *
 * The loop is one function for all bodies, so an engine that has seen several of them calls each
 * instead of putting it in place, which costs about 2 ns a turn. For calls of few nanoseconds run
 * each case in a process (a worker, an isolate) of its own.
 *
 * @param count turns, 1 or more; 1,000 make the clock's part of each less than a tenth of a nanosecond
 * @throws {RangeError} if `count` is not a positive integer
 * @example
 * ```ts
 * const body = repeat(phase.make('wasm'), 1_000);
 * bench.add('phase, 1,000 times', body);
 * ```
 */
export function repeat(body: Body, count: number): Body;
export function repeat(body: AsyncBody, count: number): AsyncBody;
export function repeat(body: Body | AsyncBody, count: number): Body | AsyncBody;
export function repeat(body: Body | AsyncBody, count: number): Body | AsyncBody {
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new RangeError(`Cannot repeat: count must be a positive integer, got ${count}`);
  }
  return () => {
    const first = body();
    // A promise now is one at every turn, and each call begins when the one before has ended.
    if (first !== undefined) return rest(body, first, count);
    for (let turn = 1; turn < count; turn++) body();
    return undefined;
  };
}

/** Apart, for what awaits nothing is not compiled well within a function that can be suspended. */
async function rest(body: Body | AsyncBody, first: Promise<void>, count: number): Promise<void> {
  await first;
  for (let turn = 1; turn < count; turn++) await body();
}
