/**
 * workerd as a runtime: a Worker for each case, in a workerd of its own. The clock of an isolate
 * stands still while code runs, so the time is taken here, outside: a request runs the body a number
 * of times, and what a call costs is the slope between two such numbers. What a request costs besides
 * them is in both, and drops out.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import { CURRENT_DATE, programOf, start, WORKERD } from '../../test/edge/isolates.ts';
import type { Turns, TurnsAnswer } from '../program/isolate.ts';
import type { Assignment } from './assignment.ts';
import { SkipError } from './job.ts';
import type { Runtime } from './runtimes.ts';

const PROGRAM = 'build/bench/isolate.mjs';

/** What the longer of the two requests takes at least: enough to drown the jitter of a socket. */
const LONG_MS = 15;
/** The longer one has so many times the turns of the shorter one. */
const RATIO = 10;
/** What it has run before it is measured, at least and at most. */
const WARM_UP_MS = 200;
const MOST_WARM_UP_MS = 4_000;
/** So many requests none of which was quicker by a tenth: compilers, which work at the same time, are done. */
const STEADY = 10;
/** Pairs that are measured; each is a sample. */
const PAIRS = 9;
/** Turns of one request at most, however quick a body is. */
const MOST = 2 ** 30;

/** The workerd that npm has installed. */
export function workerdRuntime(): Runtime {
  return {
    name: 'workerd',
    callsOnly: true,
    describe: async () => ({
      name: 'workerd',
      version: WORKERD,
      engine: `V8 of workerd, compatibility date ${CURRENT_DATE}`,
      skipped: null,
    }),
    run: measure,
    close: async () => {},
  };
}

async function measure({ case: name, variant }: Assignment): Promise<readonly number[]> {
  const modules = programOf(readFileSync(PROGRAM, 'utf8'));
  const isolates = await start([{ name: 'bench', modules, compatibilityDate: CURRENT_DATE }]);
  try {
    const url = await isolates.url('bench');
    return await slopes((turns) => timed(url, { case: name, variant, turns }));
  } finally {
    await isolates[Symbol.asyncDispose]();
  }
}

/** Nanoseconds a call, a sample a pair. */
async function slopes(time: (turns: number) => Promise<number>): Promise<number[]> {
  await time(1);
  let long = RATIO;
  let [spent, best, steady] = [0, Number.POSITIVE_INFINITY, 0];
  while (spent < WARM_UP_MS || (steady < STEADY && spent < MOST_WARM_UP_MS)) {
    const ms = await time(long);
    spent += ms;
    steady = ms / long < best * 0.9 ? 0 : steady + 1;
    best = Math.min(best, ms / long);
    // It grows again when what was compiled meanwhile is quicker.
    if (ms < LONG_MS && long < MOST) long *= 2;
  }
  const short = long / RATIO;
  const samples: number[] = [];
  for (let pair = 0; pair < PAIRS; pair++) {
    // Each comes first in every other pair, so that a drift of the machine strikes both.
    const order = pair % 2 === 0 ? [short, long] : [long, short];
    const ms = new Map<number, number>();
    for (const turns of order) ms.set(turns, await time(turns));
    const more = (ms.get(long) ?? 0) - (ms.get(short) ?? 0);
    samples.push(Math.max(0, (more * 1e6) / (long - short)));
  }
  return samples;
}

/** Milliseconds of one request. */
async function timed(url: URL, turns: Turns): Promise<number> {
  const body = JSON.stringify(turns);
  const began = performance.now();
  const response = await fetch(url, { method: 'POST', body });
  const text = await response.text();
  const took = performance.now() - began;
  if (!response.ok) throw new Error(`workerd: ${text}`);
  const { refused } = JSON.parse(text) as TurnsAnswer;
  if (refused === undefined) return took;
  throw new SkipError(`${refused}; nothing would lift that`);
}
