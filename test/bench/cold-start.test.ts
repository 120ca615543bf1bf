/**
 * The promised bound on the start of a process, on each runtime, in one run.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import { BOUND, measureColdStart, PROCESSES, RUNTIMES } from '../../bench/cold-start/measure.ts';

describe.each(Object.entries(RUNTIMES))('on %s', (name, command) => {
  // A ratio of medians of pairs stands much noise, but not a neighbour that comes for half of it.
  it(`import and create() take at most ${BOUND} × an empty module, ${PROCESSES} processes each`, {
    retry: 2,
  }, async () => {
    const { empty, created, ratio } = await measureColdStart(command);
    const [below, above] = [empty.median.toFixed(1), created.median.toFixed(1)];
    console.log(`${name}: ${above} ms / ${below} ms = ${ratio.toFixed(2)}`);
    expect(ratio).toBeLessThanOrEqual(BOUND);
  });
});
