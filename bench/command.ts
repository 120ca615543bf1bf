/**
 * `npm run bench`: measures, prints a table, and writes the results; a run of everything also renews
 * the tables and charts of this folder. `npm run bench -- <case> --runtime deno` measures some of it.
 *
 * @module
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { nodes } from '../test/matrix/engines.ts';
import type { Job } from './harness/job.ts';
import { newSeed } from './harness/order.ts';
import { allRuntimes, chooseRuntimes } from './harness/present.ts';
import { run } from './harness/run.ts';
import { measured, readResults } from './measured.ts';
import { jobs } from './parts/index.ts';
import { plainTable } from './report/table.ts';
import { writeReport } from './report/write.ts';
import { WrongInput, wholeNumber } from './wrong-input.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    part: { type: 'string', multiple: true },
    runtime: { type: 'string', multiple: true },
    rounds: { type: 'string' },
    seed: { type: 'string' },
    out: { type: 'string', default: 'build/bench/results.json' },
    /** Renews tables and charts although it is not a run of everything. */
    report: { type: 'boolean', default: false },
    /** Measures nothing: shows results that are there, and renews the report from them. */
    results: { type: 'string' },
  },
});

if (values.results !== undefined) {
  const results = readResults(values.results);
  console.log(plainTable(results));
  writeReport(results, 'bench');
} else {
  await measure();
}

async function measure(): Promise<void> {
  const seed = values.seed === undefined ? newSeed() : wholeNumber('--seed', values.seed, 0);
  const rounds =
    values.rounds === undefined ? undefined : wholeNumber('--rounds', values.rounds, 1);
  const chosen = chooseJobs(jobs, positionals, values.part);
  // Further versions of Node are installed once, under build/, for a run on all of them.
  if (values.runtime === undefined) nodes();
  const runtimes = chooseRuntimes(allRuntimes(), values.runtime);
  console.log(`order by --seed ${seed}`);
  const results = await measured(seed, () =>
    run({ jobs: chosen, runtimes, seed, rounds, progress }),
  );
  mkdirSync(dirname(values.out), { recursive: true });
  writeFileSync(values.out, `${JSON.stringify(results)}\n`);
  console.log(plainTable(results));
  const isWhole =
    chosen.length === jobs.length && values.runtime === undefined && rounds === undefined;
  if (isWhole || values.report) writeReport(results, 'bench');
  console.log(`wrote ${values.out}`);
}

function chooseJobs(
  all: readonly Job[],
  names: readonly string[],
  parts: readonly string[] | undefined,
): Job[] {
  const unknown = [
    ...names.filter((name) => !all.some((job) => job.case === name)),
    ...(parts ?? []).filter((part) => !all.some((job) => job.part === part)),
  ];
  if (unknown.length > 0) {
    const cases = [...new Set(all.map((job) => `${job.part}: ${job.case}`))];
    throw new WrongInput(`There is no ${unknown.join(', ')}. There are:\n${cases.join('\n')}`);
  }
  return all.filter(
    (job) =>
      (names.length === 0 || names.includes(job.case)) &&
      (parts === undefined || parts.includes(job.part)),
  );
}

function progress(done: number, of: number, what: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${done + 1}/${of} ${what}`);
}
