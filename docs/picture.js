/**
 * Draws `phases.svg`, the picture of the README: what is admitted, what the shutdown waits for and what
 * the probes answer, phase by phase. One file for light and dark: it follows the reader's colour scheme
 * and has its own background, so that it is readable wherever the README is shown (npm and JSR rewrite
 * the address of one image, and not the `srcset` of several).
 *
 *     npm run docs:picture      # writes docs/phases.svg; with --print, to stdout
 *
 * @module
 */

import { writeFileSync } from 'node:fs';

const WIDTH = 1000;
const ROW = 34;
const TOP = 66;
const LABELS = 16;

/** Where each column begins; the pre-drain is the last part of Ready. */
const AT = {
  starting: 190,
  ready: 320,
  preDrain: 430,
  draining: 560,
  shuttingDown: 690,
  steps: 790,
  stopped: 900,
  end: 984,
};

/** What happens at the border of two columns. */
const EVENTS = [
  [AT.ready, 'markReady()', 'the boot is done', 'end'],
  [AT.preDrain, 'a shutdown is accepted', 'SIGTERM, POST /admin/shutdown, shutdown()', 'start'],
];

const PHASES = [
  [AT.starting, AT.ready, 'Starting'],
  [AT.ready, AT.preDrain, 'Ready'],
  [AT.preDrain, AT.draining, 'Ready (pre-drain)'],
  [AT.draining, AT.shuttingDown, 'Draining'],
  [AT.shuttingDown, AT.stopped, 'ShuttingDown'],
  [AT.stopped, AT.end, 'Stopped'],
];

/** A row: its name, and bars as [from, to, text, kind]. */
const ROWS = [
  ['writes', [AT.ready, AT.draining, 'admitted', 'yes']],
  ['queries', [AT.ready, AT.shuttingDown, 'admitted', 'yes']],
  [
    'the shutdown waits for',
    [AT.preDrain, AT.draining, 'load balancers', 'wait'],
    [AT.draining, AT.shuttingDown, 'writes', 'wait'],
    [AT.shuttingDown, AT.steps, 'queries', 'wait'],
    [AT.steps, AT.stopped, 'your steps', 'wait'],
  ],
  ['GET /health/ready', [AT.ready, AT.shuttingDown, '200', 'yes']],
  ['GET /health/ready/write', [AT.ready, AT.preDrain, '200', 'yes']],
  ['GET /health/live', [AT.starting, AT.stopped, '200', 'yes']],
  [
    'one budget',
    [AT.preDrain, AT.stopped, 'budgetMs: 25 s, then the probe thread kills', 'budget'],
  ],
];

/** Where a row has no bar. */
const OTHERWISE = ['503', '503', '', '503', '503', '503', ''];

const STYLE = `
  .page { fill: #ffffff; stroke: #d0d7de }
  .text { fill: #1f2328 } .faint { fill: #59636e } .on { fill: #ffffff }
  .line { stroke: #d0d7de } .event { stroke: #59636e; stroke-dasharray: 3 3 }
  .phase { fill: #eaeef2 } .yes { fill: #1a7f37 } .wait { fill: #9a6700 } .budget { fill: #0969da }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117; stroke: #3d444d }
    .text { fill: #f0f6fc } .faint { fill: #9198a1 } .on { fill: #0d1117 }
    .line { stroke: #3d444d } .event { stroke: #9198a1 }
    .phase { fill: #262c36 } .yes { fill: #3fb950 } .wait { fill: #d29922 } .budget { fill: #58a6ff }
  }`;

const ALT =
  'Writes are admitted in Ready, queries in Ready and Draining. A shutdown that was accepted waits for ' +
  'load balancers, then for writes, then for queries, then runs the steps, all within one budget. ' +
  '/health/ready is 200 in Ready and Draining, /health/ready/write only until a shutdown is accepted, ' +
  '/health/live until Stopped.';

function text(x, y, words, { kind = 'text', anchor = 'start', size = 13 } = {}) {
  return `<text class="${kind}" x="${x}" y="${y}" text-anchor="${anchor}" font-size="${size}">${words}</text>`;
}

function bar(y, [from, to, words, kind]) {
  const [x, width] = [from + 2, to - from - 4];
  return (
    `<rect class="${kind}" x="${x}" y="${y + 5}" width="${width}" height="${ROW - 10}" rx="4"/>` +
    text(x + width / 2, y + 22, words, { kind: kind === 'phase' ? 'text' : 'on', anchor: 'middle' })
  );
}

/** The gaps of a row, where something is refused: the columns that no bar covers. */
function gaps(y, bars, words) {
  if (words === '') return [];
  const start = Math.min(...bars.map(([from]) => from));
  const end = Math.max(...bars.map(([, to]) => to));
  return [
    [AT.starting, start],
    [end, AT.end],
  ]
    .filter(([from, to]) => to > from)
    .map(([from, to]) => text((from + to) / 2, y + 22, words, { kind: 'faint', anchor: 'middle' }));
}

function picture() {
  const bottom = TOP + ROW * (ROWS.length + 1);
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${bottom + 14}" role="img" font-family="system-ui, sans-serif">`,
    `<title>The phases of a process</title><desc>${ALT}</desc>`,
    `<style>${STYLE}\n</style>`,
    `<rect class="page" x="0.5" y="0.5" width="${WIDTH - 1}" height="${bottom + 13}" rx="8"/>`,
    ...EVENTS.flatMap(([x, what, who, anchor]) => [
      `<line class="event" x1="${x}" x2="${x}" y1="${TOP - 12}" y2="${bottom}"/>`,
      text(x, TOP - 34, what, { anchor }),
      text(x, TOP - 18, who, { kind: 'faint', anchor, size: 11 }),
    ]),
    text(LABELS, TOP + 22, 'phase'),
    ...PHASES.map(([from, to, name]) => bar(TOP, [from, to, name, 'phase'])),
    ...ROWS.flatMap(([name, ...bars], index) => {
      const y = TOP + ROW * (index + 1);
      return [
        `<line class="line" x1="${LABELS}" x2="${AT.end}" y1="${y}" y2="${y}"/>`,
        text(LABELS, y + 22, name),
        ...gaps(y, bars, OTHERWISE[index]),
        ...bars.map((each) => bar(y, each)),
      ];
    }),
    '</svg>',
  ];
  return `${lines.join('\n')}\n`;
}

if (process.argv.includes('--print')) process.stdout.write(picture());
else writeFileSync(new URL('phases.svg', import.meta.url), picture());
