/**
 * `npm run test:matrix`: one conformance suite, every test of it in every place. Words after the
 * command pick the rows whose names contain one of them.
 *
 * @module
 */

import { isolateRows } from './isolates.ts';
import { pageRows } from './pages.ts';
import { processRows } from './processes.ts';
import { broken, type Result, resultOf, skippedResult, WHERE } from './row.ts';
import { Site } from './site.ts';
import { nameOf, Table } from './table.ts';

/** Rows that run side by side: most of their time they wait. */
const AT_ONCE = 2;

const wanted = process.argv.slice(2).map((word) => word.toLowerCase());
const site = await Site.open();
try {
  // Each family of rows: processes, pages, isolates on the edge.
  const rows = [
    ...(await processRows()),
    ...(await isolateRows()),
    ...(await pageRows(site)),
  ].filter(
    (row) => wanted.length === 0 || wanted.some((word) => nameOf(row).toLowerCase().includes(word)),
  );
  if (rows.length === 0) console.error(`No row has ${wanted.join(' or ')} in its name`);
  const table = new Table(rows);
  table.head();
  const left = [...rows];
  /** Takes rows as long as there are any: what a row waits for, it need not be waited for alone. */
  const take = async (): Promise<void> => {
    for (let row = left.shift(); row !== undefined; row = left.shift()) {
      const began = performance.now();
      const result: Result =
        'run' in row
          ? await resultOf(row)
          : // In CI nothing may be missing: it installs what it needs.
            process.env.CI === 'true'
            ? broken(WHERE, 'it is installed', row.absent)
            : skippedResult(row);
      table.add(row, result, (performance.now() - began) / 1000);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, take));
  process.exitCode = table.foot() ? 0 : 1;
} finally {
  await site.close();
}
