/**
 * A run: jobs times runtimes times rounds, in an order of chance, and what came of them.
 *
 * @module
 */

import { isDeepStrictEqual } from 'node:util';
import type { Point, RuntimeInfo, Skip } from '../results.ts';
import { type Job, runJob, SkipError } from './job.ts';
import { randomFrom, shuffled } from './order.ts';
import type { Runtime } from './runtimes.ts';
import { summarize } from './statistics.ts';

/** What to run. */
export interface RunOptions {
  readonly jobs: readonly Job[];
  readonly runtimes: readonly Runtime[];
  readonly seed: number;
  /** Instead of each job's own number. */
  readonly rounds?: number | undefined;
  /** Hears of each round, before it runs. */
  readonly progress?: (done: number, of: number, what: string) => void;
}

/** What came of it. */
export interface Outcome {
  readonly runtimes: readonly RuntimeInfo[];
  readonly points: readonly Point[];
  readonly skips: readonly Skip[];
}

/** Runs all rounds of all jobs on all runtimes that are there. */
export async function run(options: RunOptions): Promise<Outcome> {
  const infos = await Promise.all(options.runtimes.map((runtime) => runtime.describe()));
  const present = options.runtimes.filter((_, index) => infos[index]?.skipped === null);
  const tickets = present.flatMap((runtime) =>
    options.jobs
      .filter((job) => isFor(job, runtime))
      .map((job) => ({ job, runtime, rounds: [] as number[][] })),
  );
  const skips: Skip[] = [];
  const turns = shuffled(
    tickets.flatMap((ticket) =>
      Array.from({ length: options.rounds ?? roundsOf(ticket) }, () => ticket),
    ),
    randomFrom(options.seed),
  );
  const failed = new Set<(typeof tickets)[number]>();
  for (const [index, ticket] of turns.entries()) {
    if (failed.has(ticket)) continue;
    const { job, runtime } = ticket;
    options.progress?.(index, turns.length, `${runtime.name} ${job.case} ${job.variant}`);
    try {
      ticket.rounds.push([...(await attempted(job, runtime))]);
    } catch (thrown) {
      if (!(thrown instanceof SkipError)) throw thrown;
      failed.add(ticket);
      const skip = {
        part: job.part,
        case: job.case,
        runtime: runtime.name,
        reason: thrown.message,
      };
      // Its variants and sizes mostly cannot be had for the same reason, which is said once.
      if (!skips.some((other) => isDeepStrictEqual(other, skip))) skips.push(skip);
    }
  }
  await Promise.all(present.map((runtime) => runtime.close()));
  const points = tickets
    .filter(({ rounds }) => rounds.length > 0)
    .map(({ job, runtime, rounds }) => pointOf(job, runtime, rounds));
  return { runtimes: infos, points, skips };
}

/** A round that fails is run once more, and what failed is said: a run of everything takes minutes. */
async function attempted(job: Job, runtime: Runtime): Promise<readonly number[]> {
  try {
    return await runJob(job, runtime);
  } catch (thrown) {
    if (thrown instanceof SkipError) throw thrown;
    console.error(`${job.case} (${job.variant}) failed on ${runtime.name}, once more:`, thrown);
    return await runJob(job, runtime);
  }
}

function isFor({ part, on }: Job, runtime: Runtime): boolean {
  return (part === 'calls' || !runtime.callsOnly) && (on?.(runtime) ?? true);
}

/** One of the further runtimes is there to be seen, and not to be judged. */
function roundsOf({ job, runtime }: { readonly job: Job; readonly runtime: Runtime }): number {
  return runtime.callsOnly ? 1 : job.rounds;
}

function pointOf(job: Job, runtime: Runtime, rounds: readonly (readonly number[])[]): Point {
  const { part, case: name, variant, unit, size } = job;
  const { median, p25, p75, min, max } = summarize(rounds.flat());
  return {
    part,
    case: name,
    variant,
    runtime: runtime.name,
    ...(size === undefined ? {} : { size }),
    unit,
    median: toFour(median),
    p25: toFour(p25),
    p75: toFour(p75),
    min: toFour(min),
    max: toFour(max),
    rounds: rounds.map((round) => round.map(toFour)),
  };
}

/** Four digits: more are noise, and make the file three times as long. */
function toFour(value: number): number {
  return Number(value.toPrecision(4));
}
