/**
 * Part `http`: requests a second of a real server, beside the same server and adapter that answers a
 * constant body, and its processor time for one request.
 *
 * A rate alone is as much of the machine as of the server: whoever else is on it, and whether the load
 * keeps up. So both servers run side by side, on one core, the load on another, and they are asked in
 * turn, in slices that are short beside what a neighbour does: A B B A. Each two neighbours are a
 * pair, and a ratio; whatever drifts strikes both of it.
 *
 * @module
 */

import type { Job } from '../harness/job.ts';
import { Load } from '../harness/load.ts';
import type { Runtime } from '../harness/runtimes.ts';
import { Served } from '../harness/served.ts';

/** Compilers of servers work beside them, and on the same core. */
const WARM_UP_MS = 2_500;
const SLICE_MS = 150;
/** Times A B B A, hence half as many as there are pairs. */
const BLOCKS = 6;

/** What is compared with it. */
const CONSTANT = 'constant body';
/** On Node: what others give for the same question, each by its own server. */
const RIVALS = ['terminus', 'lightship', 'srvx'];
const PATHS: Readonly<Record<string, string>> = { lightship: '/ready' };

/** What one session gives. */
type Series = 'rate' | 'cpuNs' | 'constantRate' | 'constantCpuNs' | 'rateRatio' | 'cpuRatio';

/** A case for each series; the constant body is measured beside `health`. */
const CASES = [
  ['a request', 'req/s', 'rate', 'constantRate'],
  ['a request: processor time', 'ns', 'cpuNs', 'constantCpuNs'],
  ['requests a second / a constant body', 'ratio', 'rateRatio', undefined],
  ['processor time / a constant body', 'ratio', 'cpuRatio', undefined],
] as const;

/** All of them. */
export const httpJobs: readonly Job[] = [
  ...jobsOf('health', 3),
  ...jobsOf('permit', 2),
  ...RIVALS.flatMap((rival) => jobsOf(rival, 1, ({ name }) => name === 'node')),
];

function jobsOf(variant: string, rounds: number, on?: (runtime: Runtime) => boolean): Job[] {
  const left = new Map<string, number[][]>();
  // One session gives all series; whichever job comes first has it held, and leaves the others theirs.
  const take = async (runtime: Runtime, series: Series): Promise<readonly number[]> => {
    const key = `${series} on ${runtime.name}`;
    const before = left.get(key)?.pop();
    if (before !== undefined) return before;
    const held = await session(runtime, variant);
    for (const [name, samples] of Object.entries(held)) {
      if (name === series) continue;
      const at = `${name} on ${runtime.name}`;
      left.set(at, [...(left.get(at) ?? []), samples]);
    }
    return held[series];
  };
  const shared = { part: 'http', rounds, ...(on === undefined ? {} : { on }) } as const;
  return CASES.flatMap(([name, unit, own, constant]): Job[] => {
    const job = { ...shared, case: name, unit };
    const jobs: Job[] = [{ ...job, variant, run: (runtime) => take(runtime, own) }];
    if (variant === 'health' && constant !== undefined) {
      jobs.push({ ...job, variant: CONSTANT, run: (runtime) => take(runtime, constant) });
    }
    return jobs;
  });
}

/** A server, and what its slices gave. */
interface Side {
  readonly served: Served;
  readonly path: string;
  readonly rates: number[];
  readonly cpuNs: number[];
}

async function session(runtime: Runtime, variant: string): Promise<Record<Series, number[]>> {
  const sides: Side[] = [];
  const load = Load.start();
  try {
    for (const kind of [variant, CONSTANT]) {
      const served = await Served.start(runtime, kind, 'server');
      sides.push({ served, path: PATHS[kind] ?? '/health/ready', rates: [], cpuNs: [] });
    }
    const [own, constant] = sides as [Side, Side];
    for (const { served, path } of sides) {
      await load.fire({ port: served.port, path, ms: WARM_UP_MS });
    }
    for (let block = 0; block < BLOCKS; block++) {
      for (const side of [own, constant, constant, own]) await slice(load, side);
    }
    return {
      rate: own.rates,
      cpuNs: own.cpuNs,
      constantRate: constant.rates,
      constantCpuNs: constant.cpuNs,
      // The first slices of both are a pair, the second ones are, and so on.
      rateRatio: own.rates.map((rate, index) => rate / (constant.rates[index] ?? Number.NaN)),
      cpuRatio: own.cpuNs.map((ns, index) => ns / (constant.cpuNs[index] ?? Number.NaN)),
    };
  } finally {
    load.kill();
    await Promise.all(sides.map(({ served }) => served.kill()));
  }
}

async function slice(load: Load, { served, path, rates, cpuNs }: Side): Promise<void> {
  const before = served.cpuNs();
  const { requests, ns } = await load.fire({ port: served.port, path, ms: SLICE_MS });
  rates.push((requests * 1e9) / ns);
  cpuNs.push((served.cpuNs() - before) / requests);
}
