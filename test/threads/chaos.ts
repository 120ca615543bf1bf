/**
 * Crews of workers that do everything at random, each of them terminated at a random moment, over
 * and over. What must hold afterwards is checked here, as nobody else sees it.
 *
 * @module
 */

import process from 'node:process';
import { type Backend, Lifecycle, Phase, type ShutdownReport } from '../../src/index.ts';
import { watchWorker } from '../../src/node.ts';
import { type Hand, hire, runtime } from './crew.ts';
import { randomOf, STEPS } from './parts/disturb.ts';

const CREW = 8;
/** Far beyond any shutdown: only one that hangs is later. */
const HUNG_MS = 60_000;

/** What there is after some workers, in bytes. */
export interface Sample {
  readonly workers: number;
  readonly heap: number;
  readonly rss: number;
}

/** What came of it. */
export interface Survival {
  readonly workers: number;
  /** Shutdowns that a worker ran to its end, and those that passed from a dead one. */
  readonly byWorkers: number;
  readonly takenOver: number;
  readonly samples: readonly Sample[];
}

/**
 * @param parameters how many workers, a seed, and how many backends to use in turn: 1 is wasm, 2 is
 *   atomics, 3 is both on one memory
 * @throws on the first thing that may not be
 */
export async function chaos(parameters: readonly number[]): Promise<Survival> {
  const [count = 0, seed = 0, backends = 1, sampleAt = 0] = parameters;
  const random = randomOf(seed);
  const samples: Sample[] = [];
  let [workers, byWorkers, takenOver] = [0, 0, 0];
  let peak: Sample = { workers: 0, heap: 0, rss: 0 };
  while (workers < count) {
    const backendOf = (index: number): Backend =>
      backends === 1 || (backends === 3 && index % 2 === 0) ? 'wasm' : 'atomics';
    const report = await generation(random, workers, backendOf);
    workers += CREW;
    byWorkers += Number(report.trigger !== 'the survivor');
    takenOver += Number(report.takenOver);
    const now = await sample(workers, workers === sampleAt || workers >= count);
    peak = { workers, heap: Math.max(peak.heap, now.heap), rss: Math.max(peak.rss, now.rss) };
    // Up to there the most that it ever had: a system that takes idle pages back makes dips.
    if (workers === sampleAt) samples.push(peak);
    if (workers >= count) samples.push(now);
  }
  return { workers, byWorkers, takenOver, samples };
}

async function generation(
  random: () => number,
  from: number,
  backendOf: (index: number) => Backend,
): Promise<ShutdownReport> {
  const lifecycle = Lifecycle.create({ backend: backendOf(from / CREW) });
  const handle = lifecycle.share();
  const hands = Array.from({ length: CREW }, (_, index) =>
    hire({ part: 'disturb', backend: backendOf(index), handle, index, seed: from + index }),
  );
  for (const { worker } of hands) if (worker !== undefined) watchWorker(lifecycle, worker);
  // The others may die at any moment, before they have attached, too. The two that would host the
  // shutdown live until there is a stand-by: without one, whoever reaps runs an empty pipeline.
  const [first, second, ...others] = hands;
  const dying = others.map((hand) => terminate(hand, random() * 120));
  while (lifecycle.snapshot().members.length < 3) await sleep(1);
  await sleep(random() * 20);
  const undo = lifecycle.pipeline({ steps: STEPS.map((name) => ({ name, run: () => {} })) });
  for (const hand of [first, second]) {
    if (hand !== undefined) dying.push(terminate(hand, random() * 60));
  }
  await Promise.all(dying);
  // All of them were terminated, so whoever is there is dead. On Deno and Bun a thread may outlive
  // terminate() by some milliseconds, and attach in them: nothing says when it is gone.
  const reaping = setInterval(() => reapAllBut(lifecycle), 10);
  reapAllBut(lifecycle);
  const report = await inTime(lifecycle.shutdown({ trigger: 'the survivor' }));
  if (runtime !== 'node') await sleep(50);
  clearInterval(reaping);
  reapAllBut(lifecycle);
  check(lifecycle, report);
  undo();
  lifecycle.detach();
  return report;
}

function reapAllBut(survivor: Lifecycle): void {
  for (const { member: number, incarnation } of survivor.snapshot().members) {
    if (number !== survivor.member.number) survivor.reap({ number, incarnation });
  }
}

async function terminate(hand: Hand, afterMs: number): Promise<void> {
  await sleep(afterMs);
  await hand.terminate();
}

function check(lifecycle: Lifecycle, report: ShutdownReport): void {
  const { phase, reason, inFlight, members, coldStart } = lifecycle.snapshot();
  const { readyAtMs, drainingAtMs, shuttingDownAtMs, stoppedAtMs } = lifecycle.snapshot();
  const steps = report.steps.map(({ name, status }) => `${name} ${status}`).join();
  must(phase === Phase.Stopped && reason === null, `phase ${phase}, reason ${reason}`);
  must(steps === STEPS.map((name) => `${name} ok`).join(), `the steps are ${steps}`);
  must(report.drained, 'it was not drained');
  must(inFlight.writes === 0 && inFlight.queries === 0, `left: ${JSON.stringify(inFlight)}`);
  must(members.length === 1, `${members.length} members`);
  must(shuttingDownAtMs !== null && stoppedAtMs !== null, 'a phase without a time');
  must((drainingAtMs === null) === (readyAtMs === null), 'a drain without Ready, or the reverse');
  must(report.durationMs >= 0 && report.steps.every(({ durationMs }) => durationMs >= 0), 'times');
  must(
    coldStart.durationsMs().every(([, ms]) => ms >= 0),
    'a negative duration',
  );
  must(JSON.stringify(lifecycle.shutdownReport()) === JSON.stringify(report), 'another report');
}

function must(condition: boolean, about: string): void {
  if (!condition) throw new Error(`After the chaos: ${about}`);
}

async function inTime<T>(promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('A shutdown hangs')), HUNG_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** After the collector has had its turns, if asked; the parent starts each runtime so that it can be. */
async function sample(workers: number, collects: boolean): Promise<Sample> {
  const { Bun, gc } = globalThis as {
    readonly Bun?: { gc(force: boolean): void };
    readonly gc?: () => void;
  };
  for (let turns = 0; collects && turns < 10; turns++) {
    Bun?.gc(true);
    gc?.();
    await sleep(50);
  }
  const { heapUsed: heap, rss } = process.memoryUsage();
  return { workers, heap, rss };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
