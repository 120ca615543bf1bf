/**
 * Which charts there are: the questions that people come with, each with its controls beside it.
 *
 * @module
 */

import type { Point, Results } from '../results.ts';
import { type Chart, chartOf } from './chart.ts';

/** Calls that a program makes often, or waits for. */
const SHOWN_CALLS = [
  'phase',
  'startedAtMs',
  'mark set before',
  'mark',
  'markDraining',
  'writeRefusal',
  'write permit',
  'coldStartPhases',
  'snapshot',
];

/** What a call costs when there is more of something. */
const GROWTH = [
  {
    file: 'permits',
    title: 'A write permit, by permits that are out',
    name: 'permits out: write permit',
    what: 'permit',
  },
  { file: 'members', title: 'snapshot(), by members', name: 'members: snapshot', what: 'member' },
  {
    file: 'stages',
    title: 'coldStartPhases(), by stages',
    name: 'stages: coldStartPhases',
    what: 'stage',
  },
  {
    file: 'waiters',
    title: 'markReady() until the last waiter has heard, by waiters',
    name: 'waiters: markReady to the last',
    what: 'waiter',
  },
] as const;

/** A chart with the name of its file. */
export interface NamedChart {
  readonly file: string;
  readonly chart: Chart;
}

/** The charts that these results have the points for. */
export function chartsOf(results: Results): NamedChart[] {
  const { points } = results;
  const runtimes = results.runtimes.filter(({ skipped }) => skipped === null);
  const charts: NamedChart[] = [];
  const add = (file: string, title: string, of: readonly Point[], by: By): void => {
    if (!of.some(({ median }) => median > 0)) return;
    charts.push({ file, chart: chartOf(title, of, by.label, by.series) });
  };
  for (const { name, version } of runtimes) {
    const here = points.filter(({ runtime }) => runtime === name);
    add(
      `calls-${name}`,
      `A call, uncontended, on ${name} ${version}`,
      SHOWN_CALLS.flatMap((call) =>
        here.filter(({ part, case: of }) => part === 'calls' && of === call),
      ),
      BY_CASE,
    );
  }
  const of = (wanted: Point['part'], ...cases: string[]): Point[] =>
    points.filter(({ part, case: name }) => part === wanted && cases.includes(name));
  add(
    'contended',
    'A write permit on several threads, for each of them',
    of('contended', 'write permit'),
    bySize('thread'),
  );
  add('wakeup', 'Until another thread has heard', of('wakeup', 'another thread'), BY_RUNTIME);
  add(
    'http-ratio',
    'Speed of a server, the bare one beside it is 1',
    // The quickest first, as in the table.
    of('http', 'GET: speed / bare node:http', "GET: speed / the runtime's own").sort(
      (one, other) => other.median - one.median,
    ),
    BY_RUNTIME,
  );
  add(
    'drain',
    'SIGTERM to exit, by kept-alive connections',
    of('drain', 'SIGTERM to exit, idle connections'),
    bySize('connection'),
  );
  for (const { file, title, name, what } of GROWTH) {
    add(`growth-${file}`, title, of('growth', name), bySize(what));
  }
  for (const name of ['import', 'first create', 'attach']) {
    add(
      `cold-start-${name.replace(' ', '-')}`,
      `Cold start: ${name}`,
      of('cold-start', name),
      BY_RUNTIME,
    );
  }
  add('memory', 'Resident memory of a lifecycle', of('memory', 'resident'), BY_RUNTIME);
  return charts;
}

/** How points become groups and dots. */
interface By {
  readonly label: (point: Point) => string;
  readonly series: (point: Point) => string;
}

const variant = ({ variant: name }: Point): string => name;
const BY_CASE: By = { label: ({ case: name }) => name, series: variant };
const BY_RUNTIME: By = { label: ({ runtime }) => runtime, series: variant };
const bySize = (what: string): By => ({
  label: ({ runtime, size = 0 }) =>
    `${runtime}, ${size.toLocaleString('en')} ${what}${size === 1 ? '' : 's'}`,
  series: variant,
});
