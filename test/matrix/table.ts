/**
 * The table on the terminal: a line for each row as it ends, then what was skipped and why, then
 * what failed. The last line is the sum.
 *
 * @module
 */

import { type AbsentRow, COLUMNS, type Result, type Row } from './row.ts';

const CELL_WIDTH = 12;

type Named = Pick<Row | AbsentRow, 'runtime' | 'place'>;

/** What a row is called. */
export function nameOf({ runtime, place }: Named): string {
  return `${runtime}, ${place}`;
}

/** Prints results, and adds them up. */
export class Table {
  readonly #sum = { passed: 0, failed: 0, skipped: 0 };
  /** Reasons for skips, with the number of cases of all rows. */
  readonly #skips = new Map<string, number>();
  readonly #failures: string[] = [];
  readonly #nameWidth: number;

  constructor(rows: readonly Named[]) {
    this.#nameWidth = Math.max(0, ...rows.map((row) => nameOf(row).length)) + 1;
  }

  /** The names of the suites, a word on each line. */
  head(): void {
    const words = COLUMNS.map((name) => name.split(' '));
    const height = Math.max(...words.map(({ length }) => length));
    for (let line = height; line > 0; line--) {
      const cells = words.map((name) => (name.at(-line) ?? '').padStart(CELL_WIDTH));
      console.log(' '.repeat(this.#nameWidth) + cells.join(''));
    }
  }

  add(row: Named, result: Result, seconds: number): void {
    const name = nameOf(row);
    const cells = COLUMNS.map((column) => {
      const { passed = 0, failed = 0, skipped = 0 } = result.cells.get(column) ?? {};
      this.#sum.passed += passed;
      this.#sum.failed += failed;
      this.#sum.skipped += skipped;
      const parts = [
        passed > 0 ? String(passed) : '',
        failed > 0 ? `F${failed}` : '',
        skipped > 0 ? `s${skipped}` : '',
      ];
      return parts
        .filter((part) => part !== '')
        .join(' ')
        .padStart(CELL_WIDTH);
    });
    const notes = [...result.skips].map(([why, count]) => {
      this.#skips.set(why, (this.#skips.get(why) ?? 0) + count);
      return ` [${[...this.#skips.keys()].indexOf(why) + 1}]`;
    });
    const time = `${seconds.toFixed(1).padStart(6)} s`;
    console.log(name.padEnd(this.#nameWidth) + cells.join('') + time + notes.join(''));
    for (const { suite, title, error } of result.failures) {
      this.#failures.push(`F ${name}: ${suite}: ${title}\n${error}`);
    }
  }

  /** Prints the rest. True if something ran and nothing failed. */
  foot(): boolean {
    const { passed, failed, skipped } = this.#sum;
    if (this.#skips.size > 0) console.log('');
    for (const [index, [why, count]] of [...this.#skips].entries()) {
      console.log(`[${index + 1}] ${count} skipped: ${why}`);
    }
    if (this.#failures.length > 0)
      console.log(`\n== what failed\n\n${this.#failures.join('\n\n')}`);
    console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`);
    return failed === 0 && passed > 0;
  }
}
