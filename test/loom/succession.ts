/**
 * The scenarios of succession beyond the first: a third heir, steps of one who died as it finished,
 * slots that deaths have used up.
 *
 * @module
 */

import {
  AT_REPORTS,
  CHECK_AFFECTS_WRITE,
  CLAIM_HOST,
  OWNER_PIPELINE,
  REPORT_COUNT,
  REPORT_SIZE,
  STEP_WORDS,
} from '../../assembly/layout.ts';
import type { Core } from '../../src/core/core.ts';
import { FIRST_INCARNATION, finish } from './calls.ts';
import type { Outcome } from './explorer.ts';
import { again, type Program, type Thread } from './machine.ts';
import { SCRATCH, type Scenario } from './scenario.ts';

const inc = FIRST_INCARNATION;

const RAN = SCRATCH + 96;
const DEATH = SCRATCH + 128;

const deathOf = (thread: number): number => DEATH + thread * 4;
const parsed = ({ results }: Outcome): unknown[] =>
  results.map((result) => (result === undefined ? undefined : JSON.parse(result)));

/** Runs the one step unless a host has recorded its end, and stops. */
function finishAs({ core, store }: Thread, member: number, term: number): string {
  const isRecorded = [0, 1].some((slot) => core.hostSteps(slot) > 0);
  if (core.hosting(member, inc, term) === 0) return 'given up';
  const slot = core.claimReport(member, inc, CLAIM_HOST);
  if (slot < 0) return 'no slot';
  if (!isRecorded) {
    store(RAN + member * 4, 1);
    store(AT_REPORTS + slot * REPORT_SIZE + REPORT_COUNT, 1);
  }
  const made = core.finishShutdown(3_000 + member, slot, member, inc, CLAIM_HOST);
  return made === 1 ? 'stopped it' : `came late: ${made}`;
}

const heir =
  (member: number): Program =>
  (thread) => {
    const { core } = thread;
    const epoch = core.epoch();
    if (core.phase() === 4) return 'it is stopped';
    const term = core.takeHost(member, inc, 60_000);
    if (term >= 0) return finishAs(thread, member, term);
    core.waitEpoch(epoch, 250);
    return again('looks');
  };

const reaperOf =
  (thread: number, member = thread): Program =>
  ({ core, wait }) => {
    wait(deathOf(thread), 0);
    return core.reap(member, inc);
  };

/** In ShuttingDown, after `dead` hosts that died and were reaped; the next one hosts. */
const afterHosts = (dead: number) => (core: Core) => {
  core.markReady(1_001, 0);
  for (let member = 0; member <= dead + 1; member++) core.setStandby(member, inc, OWNER_PIPELINE);
  core.takeHost(0, inc, 60_000);
  core.acceptShutdown(0, -1);
  core.runShutdown(1_002, 0);
  for (let member = 0; member < dead; member++) {
    core.reap(member, inc);
    core.takeHost(member + 1, inc, 60_000);
  }
};

const stopped = (outcome: Outcome, core: Core): string | undefined => {
  const movers = parsed(outcome).filter((result) => result === 'stopped it').length;
  if (core.phase() !== 4) return `the phase is ${core.phase()}`;
  if (movers > 1 || (movers === 0 && !outcome.dead.includes(true))) return `${movers} stopped it`;
  return core.stoppedReport() < 0 ? 'there is no report' : undefined;
};

/** One call stopped it, or one that died. */
function stoppedBy(outcome: Outcome, core: Core): string | undefined {
  const made = parsed(outcome).slice(0, 2);
  if (core.phase() !== 4) return `the phase is ${core.phase()}`;
  return made[1] === 1 || made[0] === 1 || made[0] === undefined ? undefined : made.join();
}

/** The last word of a step. */
const LAST_WORD = (STEP_WORDS - 1) * 4;

/** Records a step of which the first word and the last say the same. */
function record({ core, store }: Thread, slot: number, member: number, says: number): void {
  store(core.staging(member), says);
  store(core.staging(member) + LAST_WORD, says);
  core.putStep(slot, member, 0);
}

export const SUCCESSION: readonly Scenario[] = [
  {
    name: 'a third heir',
    capacities: { members: 4 },
    attached: 4,
    before: afterHosts(2),
    threads: [(thread) => finishAs(thread, 2, 3), heir(3), reaperOf(0, 2)],
    daemons: [2],
    crashes: 1,
    mayDie: [0],
    deathOf,
    final: stopped,
  },
  {
    name: 'a step that a host has recorded is not run again, wherever the host died after it',
    before: (core) => {
      afterHosts(0)(core);
      core.claimReport(0, inc, CLAIM_HOST);
      core.putStep(0, 0, 0);
    },
    threads: [
      ({ core }) => core.finishShutdown(3_000, 0, 0, inc, CLAIM_HOST),
      heir(1),
      reaperOf(0),
    ],
    daemons: [2],
    crashes: 1,
    mayDie: [0],
    deathOf,
    invariant: (view) =>
      view.read(RAN + 4, 4) === 1n ? 'a step that was recorded is run again' : undefined,
    final: (_, core) => (core.phase() === 4 ? undefined : `the phase is ${core.phase()}`),
  },
  {
    name: 'a death between the seal and the move uses up one slot, and no more',
    before: (core) => void core.markReady(1_001, 0),
    threads: [({ core }) => finish(core, 0), ({ core }) => finish(core, 1), reaperOf(0)],
    daemons: [2],
    crashes: 1,
    mayDie: [0],
    deathOf,
    final: (outcome, core) =>
      parsed(outcome)[1] === -2 ? 'no slot was left' : stoppedBy(outcome, core),
  },
  {
    name: 'a step is read while its slot goes to another',
    capacities: { reports: 1 },
    attached: 3,
    before: (core) => void core.claimReport(0, inc, CLAIM_HOST),
    threads: [
      (thread) => {
        record(thread, 0, 0, 1);
        const { core } = thread;
        core.reap(0, inc);
        const slot = core.claimReport(1, inc, CLAIM_HOST);
        record(thread, slot, 1, 2);
      },
      ({ core, load }) => {
        if (core.hostSteps(0) === 0 || core.getStep(0, 2, 0) === 0) return 'none';
        return [load(core.staging(2)), load(core.staging(2) + LAST_WORD)];
      },
    ],
    final: (outcome) => {
      const read = parsed(outcome)[1];
      if (read === 'none') return undefined;
      const [first, last] = read as [number, number];
      return first === last ? undefined : `half of step ${first}, half of step ${last}`;
    },
  },
  {
    name: 'a host that was given up stops',
    attached: 2,
    before: (core) => void core.takeHost(0, inc, 60_000),
    threads: [
      ({ core }) => core.hosting(0, inc, 1),
      ({ core }) => [core.reap(0, inc), core.hosting(0, inc, 1)],
    ],
    final: (outcome) => {
      const [freed, hosts] = parsed(outcome)[1] as [number, number];
      return freed === 1 && hosts === 0 ? undefined : 'it hosts on';
    },
  },
  {
    name: 'a check of one that is gone holds nothing',
    attached: 2,
    before: (core) => {
      core.markReady(1_001, 0);
      core.addCheck(0, inc, CHECK_AFFECTS_WRITE);
    },
    threads: [
      ({ core }) => core.enterWrite(1, inc),
      ({ core }) => [core.reap(0, inc), core.holds()],
    ],
    final: (outcome) => {
      const [, held] = parsed(outcome)[1] as [number, number];
      return held === 0 ? undefined : `held ${held}`;
    },
  },
];
