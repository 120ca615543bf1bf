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

/** All of them: each variant is a kind of `program/server.ts`. */
export const httpJobs: readonly Job[] = [
  ...pair('/health/ready', 'health'),
  ...pair('/health/ready', 'constant body'),
  ...pair('a request that writes', 'permit'),
  ...pair('a request that writes', 'constant body'),
  ...RIVALS.flatMap((rival) => pair('/health/ready', rival, isNode)),
];

function pair(name: string, variant: string, on?: (runtime: Runtime) => boolean): Job[] {
  const job = { part: 'http', variant, rounds: 3, ...(on === undefined ? {} : { on }) } as const;
  return [
    {
      ...job,
      case: name,
      unit: 'req/s',
      run: async (runtime) => [(await load(runtime, variant)).rate],
    },
    {
      ...job,
      case: `${name}: processor time`,
      unit: 'ns',
      run: async (runtime) => [(await load(runtime, variant)).cpuNs],
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
