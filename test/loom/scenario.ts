/**
 * Scenarios: some threads of one lifecycle, and what must hold of them. Here is what all scenarios
 * share: the small memory they begin with, what can be seen of a memory, and linearizability.
 *
 * @module
 */

import {
  AT_ENTERED,
  AT_STATE,
  CHECK_SEQUENCE_SHIFT,
  ENTERED_FLAG_SHIFT,
  PHASES,
  REFUSAL_REASONS,
  STAGE_NAME_WORDS,
  STATE_PHASE_MASK,
} from '../../assembly/layout.ts';
import type { Words } from '../../src/core/atomics/words.ts';
import type { Core } from '../../src/core/core.ts';
import { coreBytes } from '../../src/core/embedded.ts';
import { type Exploration, explore, type Findings, type Outcome, type View } from './explorer.ts';
import { instrument, wasmMachine } from './instrument.ts';
import type { CoreOf, Program } from './machine.ts';
import { bytesAfter, ordinary } from './ordinary.ts';
import { specified } from './spec/specification.ts';
import { Violation } from './trace.ts';
import { atomicsMachine } from './twin.ts';

/** Capacities of every scenario, unless it says others. */
export const SMALL = { members: 3, stages: 2, reports: 2, checks: 2 };

/** What a scenario says; the rest is the same for all. */
export interface Scenario {
  readonly name: string;
  readonly capacities?: Partial<typeof SMALL>;
  /** Makes the memory that the threads find; the members 0, 1 and so on are attached already. */
  readonly before?: (core: Core, words: Words) => void;
  /** How many members are attached before; default one for each thread. */
  readonly attached?: number;
  readonly threads: readonly Program[];
  /** Each thread is one call that may as well have been made at one moment. */
  readonly isLinearizable?: boolean;
  readonly crashes?: number;
  readonly mayDie?: readonly number[];
  readonly daemons?: readonly number[];
  readonly deathOf?: (thread: number) => number;
  readonly invariant?: (view: View) => string | undefined;
  readonly final?: (outcome: Outcome, core: Core, words: Words) => string | undefined;
  readonly limit?: number;
}

/** Words that the protocol does not use, for scenarios that count what the protocol does not. */
export const SCRATCH = 0x1_fd00;

/** An ENTERED slot of a phase that was entered while the clock had no time. */
const PENDING = 1n << BigInt(ENTERED_FLAG_SHIFT);

/** Which code is explored. */
export type Machine = 'wasm' | 'atomics' | 'mixed';

let binary: CoreOf | undefined;

/** The machine of the binary that ships, made once. */
export function binaryMachine(): CoreOf {
  binary ??= wasmMachine(instrument(coreBytes(true)));
  return binary;
}

/** Explores a scenario. @throws {Violation} */
export function run(scenario: Scenario, machine: Machine | CoreOf = 'wasm'): Findings {
  const memory = memoryOf(scenario);
  const findings = explore({
    threads: scenario.threads,
    machines: machinesOf(machine),
    memory,
    crashes: scenario.crashes,
    mayDie: scenario.mayDie,
    daemons: scenario.daemons,
    deathOf: scenario.deathOf,
    limit: scenario.limit,
    tellsOrder: scenario.isLinearizable,
    invariant: (view) => everywhere(view) ?? scenario.invariant?.(view),
    step: onwards,
    final: finalOf(scenario),
  });
  if (scenario.isLinearizable === true) mustBeLinearizable(scenario, findings);
  return findings;
}

/** All that can be seen of a memory, but for what counts steps (EPOCH) or names slots. */
export function seen(core: Core): string {
  const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
  const members = range(core.membersUsed()).map((member) => [
    core.incarnationOf(member),
    core.tagOf(member),
    core.writesOf(member),
    core.queriesOf(member),
    core.beatOf(member),
  ]);
  const stages = range(SMALL.stages).map((cell) =>
    range(STAGE_NAME_WORDS).map((word) => core.stageWord(cell, word)),
  );
  return JSON.stringify([
    core.state() % 8,
    range(5).map((phase) => core.enteredAt(phase)),
    range(6 + SMALL.stages * 2).map((mark) => core.markedAt(mark)),
    [core.holds(), core.writeRefusal(), core.writesOut(), core.queriesOut()],
    [core.isAccepted(), core.hostMember(), core.standbys(2), core.standbys(4), core.probesSeen()],
    [core.stampAcceptedAt(0), core.sinceAcceptance(0, 0), core.stampBudget(0), core.hostBudget()],
    [core.owner(), core.hasFailed(), core.bootsOut(), core.age(0, 0), core.exits(0)],
    [core.isPreDrainEnded(), core.writesAdmitted(), core.queriesAdmitted(), core.answers(1)],
    range(REFUSAL_REASONS).map((reason) => core.writesRefused(reason)),
    range(PHASES).map((phase) => core.queriesRefused(phase)),
    checksOf(core),
    [core.readReason(0), core.readTrigger(0), core.stoppedReport() >= 0],
    members,
    stages,
  ]);
}

/** The checks, whichever cells they are in: bits without the sequence, and what they say. */
function checksOf(core: Core): string[] {
  return Array.from({ length: core.checksUsed() }, (_, cell) => core.readCheck(cell, 0))
    .filter((status) => status !== 0)
    .map((status) => String(status & ((1 << CHECK_SEQUENCE_SHIFT) - 1)))
    .sort();
}

/** The memory that the threads of a scenario find. */
export function memoryOf(scenario: Scenario): Uint8Array {
  return bytesAfter((core, words) => prepare(scenario, core, words));
}

function prepare(
  { capacities, before, attached, threads }: Scenario,
  core: Core,
  words: Words,
): void {
  const { members, stages, reports, checks } = { ...SMALL, ...capacities };
  core.create(1_000, members, stages, reports, checks);
  for (let member = 0; member < (attached ?? threads.length); member++) core.attach(member + 1);
  before?.(core, words);
}

function machinesOf(machine: Machine | CoreOf): readonly CoreOf[] {
  if (typeof machine === 'function') return [machine];
  if (machine === 'wasm') return [binaryMachine()];
  return machine === 'atomics' ? [atomicsMachine] : [binaryMachine(), atomicsMachine];
}

/** Counts are never below zero, and the phase is one of the five. */
function everywhere(view: View): string | undefined {
  const phase = Number(view.read(AT_STATE, 8)) & STATE_PHASE_MASK;
  return phase > 4 ? `the phase is ${phase}` : undefined;
}

/** The phase goes forward only, and what was entered stays entered. */
function onwards(before: View, after: View): string | undefined {
  const phaseIn = (view: View): number => Number(view.read(AT_STATE, 8) & BigInt(STATE_PHASE_MASK));
  const [from, to] = [phaseIn(before), phaseIn(after)];
  if (to < from) return `the phase went from ${from} to ${to}`;
  for (let phase = 0; phase < 5; phase++) {
    const at = AT_ENTERED + phase * 8;
    const was = before.read(at, 8);
    // Entered without a time is settled later; a time stays.
    if (was !== 0n && was !== PENDING && after.read(at, 8) !== was)
      return `the time of phase ${phase} changed`;
  }
  return undefined;
}

/** Judges each different end once: many schedules end alike. */
function finalOf({ final }: Scenario): Exploration['final'] {
  if (final === undefined) return undefined;
  const judged = new Map<string, string | undefined>();
  return (outcome) => {
    const key = `${outcome.image}|${outcome.results.join('|')}|${outcome.dead.join()}`;
    if (!judged.has(key)) {
      const { core, words } = ordinary(outcome.bytes());
      judged.set(key, final(outcome, core, words));
    }
    return judged.get(key);
  };
}

/**
 * Every end is one that the specification comes to in some order of the calls which keeps what came
 * before what: same results, same lifecycle as far as it can be seen.
 */
function mustBeLinearizable(scenario: Scenario, findings: Findings): void {
  const { threads } = scenario;
  const serial = permutations(threads.map((_, thread) => thread)).map((order) => {
    const thread = specified();
    prepare(scenario, thread.core, thread.words);
    const results: string[] = [];
    for (const index of order) {
      results[index] = JSON.stringify(threads[index]?.(thread) ?? null);
    }
    return { order, end: `${results.join('|')} ${seen(thread.core)}` };
  });
  const visible = new Map<number, string>();
  for (const { results, dead, order, image, bytes, steps } of findings.outcomes) {
    if (dead.includes(true)) continue;
    const memoryEnd = visible.get(image) ?? seen(ordinary(bytes()).core);
    visible.set(image, memoryEnd);
    const end = `${results.join('|')} ${memoryEnd}`;
    const found = serial.some((one) => one.end === end && keeps(one.order, order));
    if (!found) {
      const wanted = serial.map((one) => `${one.order.join()}: ${one.end}`).join('\n  ');
      throw new Violation('linearizable', `${end} is no serial end:\n  ${wanted}`, steps());
    }
  }
}

/** True if a serial order has every thread after those that had ended when it began. */
function keeps(serial: readonly number[], ended: readonly number[]): boolean {
  return ended.every((mask, thread) =>
    serial.every((other, at) => (mask & (1 << other)) === 0 || at < serial.indexOf(thread)),
  );
}

function permutations(items: readonly number[]): number[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item) =>
    permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]),
  );
}
