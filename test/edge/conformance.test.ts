/**
 * The conformance suite on real workerd, in the rows that the matrix has of it: what `npm test` runs
 * of the matrix, as npm installs workerd.
 *
 * @module
 */

import { expect, it } from 'vitest';
import { isolateRows } from '../matrix/isolates.ts';
import { resultOf } from '../matrix/row.ts';

const rows = await isolateRows();

it.each(rows)('every behaviour holds on $runtime, $place', async (row) => {
  const { cells, failures, skips } = await resultOf(row);
  const sums = { passed: 0, failed: 0, skipped: 0 };
  for (const { passed, failed, skipped } of cells.values()) {
    sums.passed += passed;
    sums.failed += failed;
    sums.skipped += skipped;
  }
  const why = [...skips].map(([reason, cases]) => `SKIP ${cases}: ${reason}`).join('\n');
  console.log(`${row.runtime}, ${row.place}: ${sums.passed} passed, ${sums.failed} failed\n${why}`);
  expect(failures).toEqual([]);
  expect([sums.failed, sums.passed > 0]).toEqual([0, true]);
});
