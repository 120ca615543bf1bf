/**
 * Part `http`: what a request costs a server, beside what it costs another one.
 *
 * A rate is as much of the machine as of the server, and two runs of one server differ by more than
 * what is looked for. So both run at once, on one core, the load on another: whatever strikes one
 * strikes both. What is compared is the kernel's processor time for one request, and the result is a
 * ratio: 1 is as quick, 2 twice as quick. A server beside itself shows what a ratio of 1 looks like.
 *
 * @module
 */

import type { Job } from '../harness/job.ts';
import { Load } from '../harness/load.ts';
import type { Runtime } from '../harness/runtimes.ts';
import { Served } from '../harness/served.ts';
import type { Order } from '../program/load.ts';

/** Compilers of servers work beside them, and on the same core. */
const WARM_UP_MS = 2_500;
const SLICE_MS = 250;
const SLICES = 12;

const BARE = 'bare node:http';
const HONO = '@hono/node-server';
const SRVX = 'srvx, native Response';
const OWN = "the runtime's own";

type Question = Pick<Order, 'path' | 'body' | 'bytes'>;

/** Frameworks on Node, whose routes come after the probes; asked for what is no probe. */
const FRAMEWORKS = ['Hono', 'h3', 'Express', 'Fastify'];
const ROUTE = 'GET of a route';

/** What is asked for, by what a point of it is called. */
const QUESTIONS: Readonly<Record<string, Question>> = {
  GET: { path: '/' },
  [ROUTE]: { path: '/' },
  'GET of 100 KB': { path: '/large' },
  'event stream of 1,000 events': { path: '/events' },
  'POST of 1 MB': { path: '/upload', bytes: 1_000_000 },
  'POST of 1 KB of JSON': { path: '/', body: JSON.stringify({ text: 'x'.repeat(1_000) }) },
};
/** Servers that are asked elsewhere: the listener for what is no probe. */
const PATHS: Readonly<Record<string, string>> = {
  '/health/ready': '/health/ready',
  '/health/ready of the probe thread': '/health/ready',
  terminus: '/health/ready',
  lightship: '/ready',
};

/** What is compared with what, on which runtimes, ordered as in the table. */
const PAIRS: readonly (readonly [server: string, beside: string, ...questions: string[]])[] = [
  [`${BARE}, again`, BARE, 'GET'],
  ['listener', BARE, 'GET'],
  ['/health/ready', BARE, 'GET'],
  ['/health/ready of the probe thread', BARE, 'GET'],
  ['FastResponse of srvx', BARE, 'GET'],
  ['native Response', BARE, 'GET'],
  ['Fastify', BARE, 'GET'],
  [HONO, BARE, 'GET'],
  ['srvx, FastResponse', BARE, 'GET'],
  [SRVX, BARE, 'GET'],
  ['terminus', BARE, 'GET'],
  ['lightship', BARE, 'GET'],
  ['FastResponse of srvx', HONO, ...Object.keys(QUESTIONS).filter((name) => name !== ROUTE)],
  ['native Response', SRVX, 'GET'],
  ['native Response', OWN, 'GET'],
  ...FRAMEWORKS.map((name) => [`${name} with the probes`, `${name} alone`, ROUTE] as const),
];

/** All of them. */
export const httpJobs: readonly Job[] = PAIRS.flatMap(([server, beside, ...questions]) =>
  questions.map(
    (question): Job => ({
      part: 'http',
      case: `${question}: speed / ${beside}`,
      variant: server,
      unit: 'ratio',
      rounds: 3,
      on: ({ name }) => (beside === OWN ? name !== 'node' : name === 'node'),
      run: (runtime) => ratios(runtime, server, beside, QUESTIONS[question] ?? { path: '/' }),
    }),
  ),
);

/** The speed of a server over that of another, once for each slice. */
async function ratios(
  runtime: Runtime,
  server: string,
  beside: string,
  question: Question,
): Promise<number[]> {
  const load = Load.start();
  const sides: { readonly served: Served; readonly order: Omit<Order, 'ms'> }[] = [];
  try {
    for (const kind of [server, beside]) {
      const served = await Served.start(runtime, kind, 'server');
      const path = PATHS[kind] ?? question.path;
      sides.push({ served, order: { ...question, path, port: served.port } });
    }
    const slice = async (ms: number): Promise<number> => {
      const costs = sides.map(async ({ served, order }) => {
        const before = served.cpuNs();
        const { requests } = await load.fire({ ...order, ms });
        return (served.cpuNs() - before) / requests;
      });
      const [own = Number.NaN, other = Number.NaN] = await Promise.all(costs);
      return other / own;
    };
    await slice(WARM_UP_MS);
    const found: number[] = [];
    for (let done = 0; done < SLICES; done++) found.push(await slice(SLICE_MS));
    return found;
  } finally {
    load.kill();
    await Promise.all(sides.map(({ served }) => served.kill()));
  }
}
