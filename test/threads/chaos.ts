/**
 * Crews of workers that do everything at random, each of them terminated at a random moment, over
 * and over. What must hold afterwards is checked here, as nobody else sees it.
 *
 * @module
 */

import process from 'node:process';
import { type Backend, Lifecycle, Phase, type ShutdownReport } from '../../src/index.ts';
import { watchWorker } from '../../src/node.ts';
import { steppingClock } from './clock.ts';
import { ENDED, type Hand, hire, runtime } from './crew.ts';
import { ATTACHING, CANCELLED, NOT_YET, randomOf, STEPS } from './parts/disturb.ts';
import { mustBeWhole } from './parts/observe.ts';

const CREW = 8;
/** Who asks for the shutdown if no worker did. */
const SURVIVOR = 'the survivor';
/** Far beyond any shutdown: only one that hangs is later. */
const HUNG_MS = 60_000;

/** The memory is looked at this often, a generation apart, since a system takes and gives pages in its time. */
const LOOKS = 3;
/** How long a thread that was terminated in the middle of attaching may take to be gone. */
const GONE_MS = 500;

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
  /** Looks at the text that is shared with the dying. */
  readonly looks: number;
  readonly early: readonly Sample[];
  readonly late: readonly Sample[];
}

/**
 * @param parameters how many workers, a seed, and how many backends to use in turn: 1 is wasm, 2 is
 *   atomics, 3 is both on one memory
 * @throws on the first thing that may not be
 */
export async function chaos(parameters: readonly number[]): Promise<Survival> {
  const [count = 0, seed = 0, backends = 1, sampleAt = 0] = parameters;
  const random = randomOf(seed);
  const early: Sample[] = [];
  const late: Sample[] = [];
  let [workers, byWorkers, takenOver, looks] = [0, 0, 0, 0];
  while (workers < count || late.length < LOOKS) {
    const backendOf = (index: number): Backend =>
      backends === 1 || (backends === 3 && index % 2 === 0) ? 'wasm' : 'atomics';
    const { report, looked } = await generation(random, workers, backendOf);
    workers += CREW;
    byWorkers += Number(report.trigger !== SURVIVOR);
    takenOver += Number(report.takenOver);
    looks += looked;
    if (workers >= sampleAt && early.length < LOOKS) early.push(await sample(workers));
    if (workers >= count) late.push(await sample(workers));
  }
  return { workers, byWorkers, takenOver, looks, early, late };
}

async function generation(
  random: () => number,
  from: number,
  backendOf: (index: number) => Backend,
): Promise<{ report: ShutdownReport; looked: number }> {
  const lifecycle = Lifecycle.create({
    backend: backendOf(from / CREW),
    clock: steppingClock(CREW),
  });
  const handle = lifecycle.share();
  const notes = Array.from({ length: CREW }, () => new SharedArrayBuffer(4));
  const hands = notes.map((own, index) =>
    hire({
      part: 'disturb',
      backend: backendOf(index),
      handle,
      index,
      seed: from + index,
      notes: own,
    }),
  );
  // It ends only by being terminated; what it finds wrong before that is what it fails with.
  const failures: unknown[] = [];
  for (const { outcome } of hands) {
    outcome.catch((error: Error) => error.message !== ENDED && failures.push(error));
  }
  let looked = 0;
  const looking = setInterval(() => {
    looked += 1;
    try {
      look(lifecycle);
    } catch (error) {
      failures.push(error);
    }
  }, 1);
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
  // terminate(), and nothing says when it is gone: one that has not attached yet must not any more.
  const before = notes.map((own) =>
    Atomics.compareExchange(new Int32Array(own), 0, NOT_YET, CANCELLED),
  );
  const reaping = setInterval(() => reapAllBut(lifecycle), 10);
  reapAllBut(lifecycle);
  const report = await inTime(lifecycle.shutdown({ trigger: SURVIVOR }));
  if (runtime !== 'node' && before.includes(ATTACHING)) await sleep(GONE_MS);
  clearInterval(reaping);
  clearInterval(looking);
  reapAllBut(lifecycle);
  if (failures.length > 0) throw failures[0];
  check(lifecycle, report);
  undo();
  lifecycle.detach();
  return { report, looked };
}

/** What the dying wrote, at a moment when nobody has arranged anything. */
function look(lifecycle: Lifecycle): void {
  const { reason, coldStart, report } = lifecycle.snapshot();
  if (reason !== null) mustBeWhole(reason);
  for (const { name } of coldStart.stages) must(/^stage_[0-7]$/.test(name), `a stage ${name}`);
  const trigger = report?.trigger ?? SURVIVOR;
  must(trigger === SURVIVOR || /^worker \d+$/.test(trigger), `the trigger is ${trigger}`);
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
  look(lifecycle);
  const { phase, reason, inFlight, members, coldStart } = lifecycle.snapshot();
  const { readyAtMs, drainingAtMs, shuttingDownAtMs, stoppedAtMs } = lifecycle.snapshot();
  const steps = report.steps.map(({ name, status }) => `${name} ${status}`).join();
  must(phase === Phase.Stopped && reason === null, `phase ${phase}, reason ${reason}`);
  must(steps === STEPS.map((name) => `${name} ok`).join(), `the steps are ${steps}`);
  must(report.drained, 'it was not drained');
  must(inFlight.writes === 0 && inFlight.queries === 0, `left: ${JSON.stringify(inFlight)}`);
  must(members.length === 1, `${members.length} members`);
  must(shuttingDownAtMs !== null && stoppedAtMs !== null, 'a phase without a time');
  // Not the reverse: who became Ready while the host passed from Starting on did not drain.
  must(drainingAtMs === null || readyAtMs !== null, 'a drain without Ready');
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

/** After the collector has had its turns; the parent starts each runtime so that it can be asked. */
async function sample(workers: number): Promise<Sample> {
  const { Bun, gc } = globalThis as {
    readonly Bun?: { gc(force: boolean): void };
    readonly gc?: () => void;
  };
  for (let turns = 0; turns < 6; turns++) {
    Bun?.gc(true);
    gc?.();
    await sleep(40);
  }
  const { heapUsed: heap, rss } = process.memoryUsage();
  return { workers, heap, rss };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
