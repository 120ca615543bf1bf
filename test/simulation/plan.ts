/**
 * A life as plain data: who takes part, what they do and when, and what goes wrong. It is made from a
 * seed, and can be made smaller; `world.ts` lives it.
 *
 * @module
 */

import { Chance } from './chance.ts';
import type { StepPlan } from './inside/steps.ts';

/** What a thread brings. */
export interface MemberPlan {
  readonly backend: 'wasm' | 'atomics';
  /** When it attaches; 0 for the first thread, which creates the lifecycle. */
  readonly joinsAtMs: number;
  readonly pipeline: PipelinePlan | null;
  /** By `lifecycle.step()`. */
  readonly steps: readonly StepPlan[];
}

/** What it gives to `lifecycle.pipeline()`. */
export interface PipelinePlan {
  readonly budgetMs: number;
  readonly preDrainMs: number;
  readonly drainTimeoutMs: number | null;
  readonly steps: readonly StepPlan[];
}

/** What is done on a thread at a time. */
export interface Act {
  readonly atMs: number;
  readonly thread: number;
  readonly call: Call;
}

/** A call of the application. */
export type Call =
  | { readonly do: 'write' | 'query'; readonly ms: number }
  | { readonly do: 'stage'; readonly name: string; readonly ms: number; readonly heeds: boolean }
  | { readonly do: 'ready' | 'drain' | 'begin' | 'finish' | 'wait' | 'detach' | 'throw' }
  | { readonly do: 'shutdown'; readonly failed: boolean }
  | { readonly do: 'hold' | 'release' };

/** What goes wrong, and when. */
export type Fault =
  | {
      readonly atMs: number;
      readonly fault: 'die';
      readonly thread: number;
      readonly reapedInMs: number;
    }
  | { readonly atMs: number; readonly fault: 'stall'; readonly thread: number; readonly ms: number }
  | { readonly atMs: number; readonly fault: 'wall'; readonly ms: number }
  | { readonly atMs: number; readonly fault: 'wake'; readonly thread: number }
  | { readonly atMs: number; readonly fault: 'signal'; readonly name: string };

/** A life. */
export interface Plan {
  readonly seed: number;
  readonly members: readonly MemberPlan[];
  /** What the main thread gives to `handleSignals`, if it calls it. */
  readonly signals: SignalsPlan | null;
  readonly acts: readonly Act[];
  readonly faults: readonly Fault[];
  /** Timers are up to so much later than asked. */
  readonly latenessMs: number;
}

/** What it gives to `lifecycle.handleSignals`. */
export interface SignalsPlan {
  readonly crashes: boolean;
  readonly exit: boolean;
  readonly exitCode: number;
  readonly finally: readonly ('ok' | 'throws' | 'hangs')[];
  readonly isTerminal: boolean;
}

const NAMES = ['flush_wal', 'final_checkpoint', 'backup', 'close_a', 'close_b', 'close_c'];

/** The life of a seed. */
export function planOf(seed: number): Plan {
  const chance = new Chance(seed);
  const count = chance.pick([1, 2, 2, 3, 4]);
  const members = Array.from({ length: count }, (_, thread) => memberOf(chance, thread));
  const signals = chance.is(0.4) ? signalsOf(chance) : null;
  const endMs = chance.to(1_500);
  const acts = actsOf(chance, count, endMs);
  const faults = faultsOf(chance, count, endMs, signals !== null);
  return { seed, members, signals, acts, faults, latenessMs: chance.pick([0, 0, 5, 50]) };
}

function memberOf(chance: Chance, thread: number): MemberPlan {
  const pipeline = chance.is(0.55) ? pipelineOf(chance) : null;
  const taken = new Set(pipeline?.steps.map(({ name }) => name));
  return {
    backend: chance.pick(['wasm', 'atomics']),
    joinsAtMs: thread === 0 ? 0 : chance.to(chance.pick([1, 300])),
    pipeline,
    steps: chance.is(0.3) ? stepsOf(chance, chance.to(2) + 1, taken) : [],
  };
}

function pipelineOf(chance: Chance): PipelinePlan {
  return {
    budgetMs: chance.pick([300, 1_000, 3_000]),
    preDrainMs: chance.pick([0, 0, 100]),
    drainTimeoutMs: chance.pick([null, null, 50, 500]),
    steps: stepsOf(chance, chance.to(4), new Set()),
  };
}

function stepsOf(chance: Chance, count: number, taken: Set<string>): StepPlan[] {
  const steps: StepPlan[] = [];
  let isDrained = false;
  for (let index = 0; index < count; index++) {
    const name = chance.pick(NAMES);
    if (taken.has(name)) continue;
    taken.add(name);
    const at: StepPlan['at'] = !isDrained && chance.is(0.25) ? 'accepted' : 'drained';
    isDrained ||= at === 'drained';
    const before = steps.map((step) => step.name);
    steps.push({
      name,
      at,
      how: chance.pick(['ok', 'ok', 'ok', 'ok', 'throws', 'hangs', 'heeds']),
      ms: chance.pick([0, 1, 20, 200]),
      timeoutMs: chance.is(0.25) ? chance.pick([10, 100]) : null,
      after: chance.is(0.3) ? before.filter(() => chance.is(0.5)) : null,
    });
  }
  return steps;
}

function signalsOf(chance: Chance): SignalsPlan {
  return {
    crashes: chance.is(0.5),
    exit: chance.is(0.8),
    exitCode: chance.pick([0, 0, 70]),
    finally: Array.from({ length: chance.to(2) }, () =>
      chance.pick(['ok', 'ok', 'throws', 'hangs']),
    ),
    isTerminal: chance.is(0.3),
  };
}

function actsOf(chance: Chance, threads: number, endMs: number): Act[] {
  const acts: Act[] = [];
  const act = (atMs: number, call: Call, thread: number = chance.to(threads - 1)): void => {
    acts.push({ atMs, thread, call });
  };
  const isBooting = chance.is(0.3);
  if (isBooting) {
    const ms = chance.to(400);
    act(chance.to(50), { do: 'stage', name: 'restore', ms, heeds: chance.is(0.7) });
  }
  if (chance.is(0.9)) act(isBooting ? chance.to(500) : chance.to(20), { do: 'ready' });
  for (let count = chance.to(10); count > 0; count--) {
    const ms = chance.pick([0, 1, 30, 300]);
    act(chance.to(endMs + 100), { do: chance.pick(['write', 'write', 'query']), ms });
  }
  for (let count = chance.to(2); count > 0; count--) {
    act(chance.to(endMs + 100), { do: chance.pick(['wait', 'hold', 'release', 'drain']) });
  }
  const how = chance.to(9);
  if (how < 7) {
    for (let count = chance.pick([1, 1, 2, 3]); count > 0; count--) {
      const delayMs = chance.pick([0, 0, 1, 20]);
      act(endMs + delayMs, { do: 'shutdown', failed: chance.is(0.15) });
    }
  }
  if (how >= 6 && how < 9) {
    const owner = chance.to(threads - 1);
    act(endMs + chance.to(30), { do: 'begin' }, owner);
    if (chance.is(0.7)) act(endMs + 30 + chance.to(300), { do: 'finish' });
  }
  if (chance.is(0.1)) act(chance.to(endMs + 200), { do: 'detach' });
  if (chance.is(0.08)) act(chance.to(endMs + 200), { do: 'throw' }, 0);
  return acts;
}

function faultsOf(chance: Chance, threads: number, endMs: number, hears: boolean): Fault[] {
  const faults: Fault[] = [];
  const time = (): number =>
    chance.pick([chance.to(endMs), endMs + chance.to(30), endMs + chance.to(600)]);
  if (threads > 1 && chance.is(0.4)) {
    for (let count = chance.pick([1, 1, 2]); count > 0; count--) {
      const thread = 1 + chance.to(threads - 2);
      faults.push({ atMs: time(), fault: 'die', thread, reapedInMs: chance.pick([0, 1, 50, 400]) });
    }
  }
  if (chance.is(0.25)) {
    const ms = chance.pick([20, 300, 2_000]);
    faults.push({ atMs: time(), fault: 'stall', thread: chance.to(threads - 1), ms });
  }
  if (chance.is(0.2))
    faults.push({ atMs: time(), fault: 'wall', ms: chance.pick([-3_600_000, 3_600_000]) });
  if (chance.is(0.2)) faults.push({ atMs: time(), fault: 'wake', thread: chance.to(threads - 1) });
  if (hears && chance.is(0.7)) {
    for (let count = chance.pick([1, 1, 2, 3]); count > 0; count--) {
      const name = chance.pick(['SIGTERM', 'SIGTERM', 'SIGINT']);
      const atMs = endMs + chance.pick([0, 1, 10, 400]);
      faults.push({ atMs, fault: 'signal', name });
    }
  }
  return faults;
}
