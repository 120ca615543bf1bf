/**
 * Results as tables: for a terminal, and for `bench/README.md`.
 *
 * @module
 */

import type { Point, Results, Unit } from '../results.ts';

/** All points, one a line, runtime by runtime. */
export function plainTable(results: Results): string {
  const lines: string[] = [];
  for (const { name, version, engine, skipped } of results.runtimes) {
    lines.push(
      '',
      skipped === null ? `${name} ${version} (${engine})` : `${name} SKIPPED: ${skipped}`,
    );
    const points = results.points.filter(({ runtime }) => runtime === name);
    const rows = points.map((point) => [labelOf(point), point.variant, shownWithSpread(point)]);
    lines.push(...aligned(rows).map((cells) => `  ${cells.join('  ')}`.trimEnd()));
    for (const skip of results.skips.filter(({ runtime }) => runtime === name)) {
      lines.push(`  ${skip.case} SKIPPED: ${skip.reason}`);
    }
  }
  return lines.join('\n');
}

/** The case, with what was varied. */
export function labelOf({ part, case: name, size }: Point): string {
  return size === undefined
    ? `${part}: ${name}`
    : `${part}: ${name} @ ${size.toLocaleString('en')}`;
}

/** A median with its unit. */
export function shown(value: number, unit: Unit): string {
  switch (unit) {
    case 'ns':
      if (value >= 1e6) return `${digits(value / 1e6)} ms`;
      return value >= 1e4 ? `${digits(value / 1e3)} µs` : `${digits(value)} ns`;
    case 'ms':
      return value < 1 ? `${digits(value * 1e3)} µs` : `${digits(value)} ms`;
    case 'B':
      return value >= 10_240 ? `${digits(value / 1024)} KiB` : `${digits(value)} B`;
    case 'ratio':
      return value.toFixed(3);
    case 'req/s':
      return `${Math.round(value).toLocaleString('en')} req/s`;
  }
}

function shownWithSpread({ median, p25, p75, unit }: Point): string {
  return `${shown(median, unit)}  (${shown(p25, unit)} … ${shown(p75, unit)})`;
}

/** Three digits that count. */
function digits(value: number): string {
  return value >= 100
    ? Math.round(value).toLocaleString('en')
    : String(Number(value.toPrecision(3)));
}

/** The cells of a table, each as wide as the widest of its column. */
export function aligned(rows: readonly (readonly string[])[]): string[][] {
  return rows.map((row) =>
    row.map((cell, column) =>
      cell.padEnd(Math.max(...rows.map((other) => other[column]?.length ?? 0))),
    ),
  );
}
