/**
 * Renews what this folder shows: the README's generated part, the charts, and the results themselves.
 *
 * @module
 */

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { thinned } from '../harness/statistics.ts';
import type { Results } from '../results.ts';
import { svgOf } from './chart.ts';
import { chartsOf } from './charts.ts';
import { renewed } from './readme.ts';

/** Samples of a round in the results that are kept here. */
const KEPT_SAMPLES = 5;

/** Writes all of it into `folder`, which has the README. */
export function writeReport(results: Results, folder: string): void {
  const charts = chartsOf(results);
  const pictures = join(folder, 'charts');
  rmSync(pictures, { recursive: true, force: true });
  mkdirSync(pictures);
  for (const { file, chart } of charts) writeFileSync(join(pictures, `${file}.svg`), svgOf(chart));
  const readme = join(folder, 'README.md');
  writeFileSync(readme, renewed(readFileSync(readme, 'utf8'), results, charts));
  // Few of the samples, which are most of the file; `build/bench/results.json` has them all.
  const points = results.points.map((point) => ({
    ...point,
    rounds: point.rounds.map((round) => thinned(round, KEPT_SAMPLES)),
  }));
  writeFileSync(join(folder, 'sample-results.json'), `${JSON.stringify({ ...results, points })}\n`);
}
