/**
 * Rolling restarts behind a real HAProxy that neither retries nor redispatches, under load: no
 * request fails and no acknowledged write is lost. The numbers are the project's promise; how long
 * anything takes is printed, and only compared with another run of the same machine.
 *
 * @module
 */

import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RUNTIMES, type Runtime } from '../runtime/program.ts';
import { bundleAll, Fleet, type Outcome, type Restart } from './fleet.ts';
import { missing } from './haproxy.ts';
import type { ServiceOptions } from './service.ts';

const CLIENTS = 50;
const RESTARTS = 20;
const REQUESTS = 100_000;
/** Of clients between two requests: the machine also has to start processes meanwhile. */
const PAUSE_MS = { node: 10, deno: 4, bun: 4 };
/**
 * Ten checks: the process that has to answer them is starved by the load. That is what a fixed time
 * costs: it must cover the worst case, every time.
 */
const FIXED = { preDrainMs: 1_000 };
/** The check that finds it leaving, and the next one, which shows that the first was understood. */
const PROBES = { preDrainMs: 10_000, preDrainProbes: 2 };
/** Tells what hangs from what is slow. */
const BOUND_MS = 1_200_000;
/** No client that takes its time. */
const QUIET = { uploaders: 0, readers: 0, maxMs: BOUND_MS };

const why = missing('haproxy');
const fleets: Fleet[] = [];

/** One run, and what it was like. */
interface Rolled extends Outcome {
  readonly restarts: readonly Restart[];
  readonly preDrainedMs: number;
}

async function start(
  runtime: Runtime,
  preDrain: Pick<ServiceOptions, 'preDrainMs' | 'preDrainProbes'>,
): Promise<Fleet> {
  const fleet = await Fleet.start(runtime, preDrain);
  fleets.push(fleet);
  return fleet;
}

/** Restarts in turn, so many, spread evenly over so many requests. */
async function roll(fleet: Fleet, count: number, requests: number, stallMs = 0): Promise<Rolled> {
  const restarts: Restart[] = [];
  while (restarts.length < count) {
    await fleet.hasSent((restarts.length * requests) / count);
    restarts.push(await fleet.restart(restarts.length % 2, stallMs));
  }
  await fleet.hasSent(requests);
  const outcome = await fleet.outcome();
  const times = restarts.map(({ preDrainedMs }) => preDrainedMs).sort((a, b) => a - b);
  return { ...outcome, restarts, preDrainedMs: times[times.length >> 1] ?? Number.NaN };
}

function expectNoLoss({ sent, reads, writes, failed, lost, restarts }: Rolled): void {
  expect(failed.slice(0, 10)).toEqual([]);
  expect(lost.slice(0, 10)).toEqual([]);
  expect(reads + writes).toBe(sent);
  for (const restart of restarts) {
    expect(restart).toMatchObject({ code: 0, drained: true, flushed: true });
  }
}

function print(title: string, rolled: Rolled): void {
  const { restarts, sent, reads, writes, failed, lost, connections, preDrainedMs } = rolled;
  console.log(
    `${title}: ${restarts.length} restarts, ${sent} requests (${reads} reads, ${writes} writes) on ` +
      `${connections} connections, ${failed.length} failed, ${lost.length} acknowledged writes ` +
      `lost; median pre-drain ${preDrainedMs} ms`,
  );
  if (failed.length > 0) console.log(failed.slice(0, 5).join('\n'));
}

beforeAll(bundleAll);
afterEach(async () => {
  for (const fleet of fleets.splice(0)) await fleet.stop();
});

describe.skipIf(why !== undefined)(`a rolling restart behind HAProxy ${why ?? ''}`, () => {
  describe.each(RUNTIMES)('on %s', (runtime) => {
    it(
      'fails no request, neither after a fixed time nor, sooner, after enough probes',
      async () => {
        const rolled: Rolled[] = [];
        for (const preDrain of [FIXED, PROBES]) {
          const fleet = await start(runtime, preDrain);
          fleet.load({ ...QUIET, clients: CLIENTS, pauseMs: PAUSE_MS[runtime] });
          const each = await roll(fleet, RESTARTS, REQUESTS);
          print(`${runtime}, ${JSON.stringify(preDrain)}`, each);
          expectNoLoss(each);
          expect(each.restarts.length).toBeGreaterThanOrEqual(RESTARTS);
          expect(each.sent).toBeGreaterThanOrEqual(REQUESTS);
          rolled.push(each);
          await fleet.stop();
          fleets.pop();
        }
        const [fixed, probes] = rolled;
        expect(probes?.preDrainedMs).toBeLessThan(fixed?.preDrainedMs ?? Number.NaN);
      },
      BOUND_MS,
    );

    it('fails no upload and no slow reader that SIGTERM finds under way', async () => {
      const fleet = await start(runtime, PROBES);
      fleet.load({ clients: 10, pauseMs: 10, uploaders: 6, readers: 6, maxMs: BOUND_MS });
      const rolled = await roll(fleet, 4, 500);
      print(`${runtime}, uploads and slow readers`, rolled);
      const sum = (of: 'uploads' | 'responses'): number =>
        rolled.restarts.reduce((all, restart) => all + restart[of], 0);
      console.log(`  under way: ${sum('uploads')} uploads, ${sum('responses')} slow readers`);
      expectNoLoss(rolled);
      expect(sum('uploads')).toBeGreaterThan(0);
      expect(sum('responses')).toBeGreaterThan(0);
    });

    it('fails none of a process that is stalled for all of its pre-drain', async () => {
      const fleet = await start(runtime, FIXED);
      fleet.load({ ...QUIET, clients: CLIENTS, pauseMs: PAUSE_MS[runtime] });
      const rolled = await roll(fleet, 2, 1_000, FIXED.preDrainMs + 200);
      print(`${runtime}, stalled`, rolled);
      expectNoLoss(rolled);
    });

    it('without a pre-drain it fails some: the load above can tell', async () => {
      const fleet = await start(runtime, { preDrainMs: 0 });
      fleet.load({ ...QUIET, clients: CLIENTS, pauseMs: 0 });
      const rolled = await roll(fleet, 6, 2_000);
      print(`${runtime}, no pre-drain`, rolled);
      expect(rolled.failed.length).toBeGreaterThan(0);
      // What was acknowledged is kept even so.
      expect(rolled.lost).toEqual([]);
    });
  });
});
