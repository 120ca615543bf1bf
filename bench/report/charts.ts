/**
 * Which charts there are: the questions that people come with, each with its controls.
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

type Shown = readonly [
  file: string,
  title: string,
  part: Point['part'],
  cases: readonly string[],
  label: (point: Point) => string,
  isDense?: boolean,
];

const byRuntime = ({ runtime }: Point): string => runtime;
const byCase = ({ case: name, runtime }: Point): string => `${name}, ${runtime}`;
const bySize =
  (what: string) =>
  ({ runtime, size = 0 }: Point): string =>
    `${runtime}, ${size.toLocaleString('en')} ${what}${size === 1 ? '' : 's'}`;

const STARTS = ['import', 'first create', 'attach'];
const SPEEDS = ['GET: speed / bare node:http', "GET: speed / the runtime's own"];

const CHARTS: readonly Shown[] = [
  ['calls', 'A call, uncontended', 'calls', SHOWN_CALLS, byCase, true],
  [
    'contended',
    'A write permit on several threads, for each of them',
    'contended',
    ['write permit'],
    bySize('thread'),
  ],
  ['wakeup', 'Until another thread is notified', 'wakeup', ['another thread'], byRuntime],
  ['http-ratio', 'Speed of a server; the bare one is 1', 'http', SPEEDS, byRuntime],
  [
    'drain',
    'SIGTERM to exit, by kept-alive connections',
    'drain',
    ['SIGTERM to exit, idle connections'],
    bySize('connection'),
  ],
  [
    'growth-permits',
    'A write permit, by permits held',
    'growth',
    ['permits out: write permit'],
    bySize('permit'),
  ],
  ['growth-members', 'snapshot(), by members', 'growth', ['members: snapshot'], bySize('member')],
  [
    'growth-stages',
    'coldStartPhases(), by stages',
    'growth',
    ['stages: coldStartPhases'],
    bySize('stage'),
  ],
  [
    'growth-waiters',
    'markReady() until the last waiter is notified, by waiters',
    'growth',
    ['waiters: markReady to the last'],
    bySize('waiter'),
  ],
  ['cold-start', 'Cold start', 'cold-start', STARTS, byCase],
  ['memory', 'Resident memory of a lifecycle', 'memory', ['resident'], byRuntime],
];

/** A chart with the name of its file. */
export interface NamedChart {
  readonly file: string;
  readonly chart: Chart;
}

/** The charts that these results have the points for. */
export function chartsOf({ points }: Results): NamedChart[] {
  return CHARTS.flatMap(([file, title, part, cases, label, isDense]) => {
    const found = cases.flatMap((name) =>
      points.filter((point) => point.part === part && point.case === name),
    );
    // Servers: the quickest first, as in the table.
    if (part === 'http') found.sort((one, other) => other.median - one.median);
    if (!found.some(({ median }) => median > 0)) return [];
    return [{ file, chart: chartOf(title, found, label, isDense) }];
  });
}
