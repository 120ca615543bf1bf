/**
 * Part `http`: requests a second of a real server under load by autocannon. On a machine of few
 * cores the load competes with the server, and a quick server waits for the load; so beside each is
 * the processor time of the server alone, by request.
 *
 * @module
 */

import autocannon from 'autocannon';
import type { Job } from '../harness/job.ts';
import type { Runtime } from '../harness/runtimes.ts';
import { Served } from '../harness/served.ts';

const CONNECTIONS = 20;
const WARM_UP_S = 1;
const MEASURED_S = 2;

/** On Node: what others give for the same question, each by its own server. */
const RIVALS = ['terminus', 'lightship', 'srvx'];

const PATHS: Readonly<Record<string, string>> = { lightship: '/ready' };

/** The kinds of `program/server.ts` that every runtime has. */
const KINDS = ['health', 'permit', 'constant body'];

/** Two for each kind: its rate, and its processor time. */
export const httpJobs: readonly Job[] = [
  ...KINDS.flatMap((kind) => pair(kind)),
  ...RIVALS.flatMap((rival) => pair(rival, isNode)),
];

/** One load gives both numbers; whichever job comes first measures, and leaves the other its own. */
function pair(variant: string, on?: (runtime: Runtime) => boolean): Job[] {
  const left = { rate: new Map<string, number[]>(), cpuNs: new Map<string, number[]>() };
  const measure = async (runtime: Runtime, wanted: 'rate' | 'cpuNs'): Promise<number[]> => {
    const found = left[wanted].get(runtime.name)?.pop();
    if (found !== undefined) return [found];
    const loaded = await load(runtime, variant);
    const other = wanted === 'rate' ? 'cpuNs' : 'rate';
    const waiting = left[other].get(runtime.name) ?? [];
    left[other].set(runtime.name, [...waiting, loaded[other]]);
    return [loaded[wanted]];
  };
  const job = { part: 'http', variant, rounds: 3, ...(on === undefined ? {} : { on }) } as const;
  return [
    { ...job, case: 'a request', unit: 'req/s', run: (runtime) => measure(runtime, 'rate') },
    {
      ...job,
      case: 'a request: processor time',
      unit: 'ns',
      run: (runtime) => measure(runtime, 'cpuNs'),
    },
  ];
}

interface Load {
  readonly rate: number;
  readonly cpuNs: number;
}

async function load(runtime: Runtime, kind: string): Promise<Load> {
  const served = await Served.start(runtime, kind);
  try {
    const url = `http://127.0.0.1:${served.port}${PATHS[kind] ?? '/health/ready'}`;
    await fire(url, WARM_UP_S);
    const before = served.cpuNs();
    const { requests, duration } = await fire(url, MEASURED_S);
    const cpuNs = (served.cpuNs() - before) / requests;
    return { rate: requests / duration, cpuNs };
  } finally {
    await served.kill();
  }
}

/** Fails on any answer that is not 200: a server that refuses is quick. */
async function fire(
  url: string,
  seconds: number,
): Promise<{ readonly requests: number; readonly duration: number }> {
  const result = await autocannon({ url, connections: CONNECTIONS, duration: seconds });
  const bad = result.non2xx + result.errors + result.timeouts;
  if (bad > 0) throw new Error(`${bad} of the requests to ${url} failed`);
  if (result.requests.total === 0) throw new Error(`${url} answered nothing`);
  return { requests: result.requests.total, duration: result.duration };
}

function isNode({ name }: Runtime): boolean {
  return name === 'node';
}
