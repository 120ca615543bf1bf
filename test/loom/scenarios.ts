/**
 * The named scenarios: what the products of single calls do not reach. Each says what must hold,
 * and how many states and interleavings it has, so that one that has become empty fails.
 *
 * @module
 */

import {
  AT_REPORTS,
  CHECK_AFFECTS_NOTHING,
  CHECK_AFFECTS_WRITE,
  CHECK_HEALTHY,
  CHECK_MEMBER_MASK,
  CLAIM_FINISHER,
  CLAIM_HOST,
  HOLD_UNHEALTHY,
  OUTCOME_ERROR,
  OUTCOME_ERROR_LENGTH,
  OUTCOME_SINCE,
  OUTCOME_SIZE,
  OWNED_BY_APPLICATION,
  OWNED_BY_THE_DEAD,
  OWNER_PIPELINE,
  REFUSED_HOLD,
  REPORT_COUNT,
  REPORT_HEAD,
  REPORT_SIZE,
  STEP_ORDER_SHIFT,
  STEP_WORDS,
} from '../../assembly/layout.ts';
import type { Core } from '../../src/core/core.ts';
import { ADMISSION } from './admission.ts';
import { FIRST_INCARNATION, finish } from './calls.ts';
import { COUNTS } from './counts.ts';
import type { Outcome, View } from './explorer.ts';
import { LEASES } from './leases.ts';
import { again, type Program, type Thread } from './machine.ts';
import { SCRATCH, type Scenario } from './scenario.ts';
import { SUCCESSION } from './succession.ts';

const inc = FIRST_INCARNATION;

// Words of the scenarios' own: who is inside, which drain is over, which step has run, who died.
const INSIDE = SCRATCH;
const OVER = SCRATCH + 64;
const RAN = SCRATCH + 96;
const DEATH = SCRATCH + 128;
const OWNS = SCRATCH + 160;
const BOOTS = SCRATCH + 192;

const deathOf = (thread: number): number => DEATH + thread * 4;
const parsed = ({ results }: Outcome): unknown[] =>
  results.map((result) => (result === undefined ? undefined : JSON.parse(result)));

/** Enters, is inside for a while, leaves. */
const writer =
  (member: number): Program =>
  ({ core, store }) => {
    const refusal = core.enterWrite(member, inc);
    if (refusal !== 0) return refusal;
    store(INSIDE + member * 4, 1);
    store(INSIDE + member * 4, 0);
    core.leaveWrite(member, inc);
    return refusal;
  };

/** What `drain()` does: EPOCH before the look, so that no change is slept through. */
const drainer =
  (member: number): Program =>
  (thread, state) => {
    const { core, store } = thread;
    if (state === undefined) {
      core.markDraining(2_000 + member, member);
      return again('looks');
    }
    const epoch = core.epoch();
    if (core.writesOut() !== 0) {
      core.waitEpoch(epoch, 250);
      return again('looks');
    }
    store(OVER + member * 4, 1);
    return 'over';
  };

/** Nobody who is inside while a drain is over. (Whoever died inside was reaped by then.) */
const nobodyInside =
  (...writers: readonly number[]) =>
  (view: View): string | undefined => {
    const isOver = [0, 1, 2, 3].some((member) => view.read(OVER + member * 4, 4) === 1n);
    const inside = writers.filter(
      (member) => view.read(INSIDE + member * 4, 4) === 1n && view.read(deathOf(member), 4) === 0n,
    );
    return isOver && inside.length > 0 ? `a drain is over, and ${inside} is inside` : undefined;
  };

/** Reaps a member once it is dead: what an `exit` event does. It may wait for ever. */
const reaperOf =
  (member: number): Program =>
  ({ core, wait }) => {
    wait(deathOf(member), 0);
    return core.reap(member, inc);
  };

/**
 * What a host does, from its tenure to Stopped, with one step. Recording is by default only the
 * last operation of `putStep`, which counts the step: the copy before it is of words that nobody
 * else writes, and makes 30 times as many states. One scenario has the whole.
 */
function shutDown(
  { core, store }: Thread,
  member: number,
  tenure: number,
  record: (slot: number) => void = (slot) =>
    store(AT_REPORTS + slot * REPORT_SIZE + REPORT_COUNT, 1),
): string {
  const slot = core.claimReport(member, inc, CLAIM_HOST);
  if (slot < 0) return 'no slot';
  const recorded = [0, 1].some((other) => core.hostSteps(other) > 0);
  if (core.hosting(member, inc, tenure) === 0) return 'given up';
  if (core.phase() < 3) core.runShutdown(2_000 + member, member);
  if (!recorded) {
    if (core.hosting(member, inc, tenure) === 0) return 'given up';
    store(RAN + member * 4, 1);
    if (core.hosting(member, inc, tenure) === 0) return 'given up';
    record(slot);
  }
  const made = core.finishShutdown(3_000 + member, slot, member, inc, CLAIM_HOST);
  return made === 1 ? 'stopped it' : `came late: ${made}`;
}

const host =
  (member: number): Program =>
  (thread) => {
    const tenure = thread.core.takeHost(member, inc, 60_000);
    return tenure < 0 ? 'no host' : shutDown(thread, member, tenure);
  };

/** A host at its step: what it did before is in the memory already. */
const stepOnly =
  (member: number): Program =>
  ({ core, store }) => {
    store(RAN + member * 4, 1);
    const slot = core.claimReport(member, inc, CLAIM_HOST);
    const made = core.finishShutdown(3_000 + member, slot, member, inc, CLAIM_HOST);
    return made === 1 ? 'stopped it' : `came late: ${made}`;
  };

/** What a stand-by does: takes over when there is no host, and sleeps until something changes. */
const standby =
  (member: number): Program =>
  (thread) => {
    const { core } = thread;
    const epoch = core.epoch();
    if (core.phase() === 4) return 'it is stopped';
    const tenure = core.takeHost(member, inc, 60_000);
    if (tenure >= 0) return shutDown(thread, member, tenure);
    core.waitEpoch(epoch, 250);
    return again('looks');
  };

const accepted = (standbys: readonly number[]) => (core: Core) => {
  core.markReady(1_001, 0);
  core.takeHost(0, inc, 60_000);
  for (const member of standbys) core.setStandby(member, inc, OWNER_PIPELINE);
  core.acceptShutdown(0, -1);
};

/** The same, with the drain behind it: fewer operations, so that there may be more threads. */
const begun = (standbys: readonly number[]) => (core: Core) => {
  accepted(standbys)(core);
  core.runShutdown(1_002, 0);
};

/** Stopped, once, with a report. */
function stoppedOnce(outcome: Outcome, core: Core): string | undefined {
  const results = parsed(outcome);
  const movers = results.filter((result) => result === 'stopped it').length;
  // A thread that died after its move has no result.
  const mayBeDead = outcome.dead.includes(true);
  if (core.phase() !== 4) return `the phase is ${core.phase()}`;
  if (movers > 1 || (movers === 0 && !mayBeDead)) return `${movers} threads stopped it`;
  return core.stoppedReport() < 0 ? 'there is no report' : undefined;
}

/** The first word of a record that has ended, as the first of its report. */
const ENDED = 1 << STEP_ORDER_SHIFT;
/** The last word of a step. */
const LAST_WORD = (STEP_WORDS - 1) * 4;

/** What a failing outcome of a scenario says: its time and its error are this number. */
const FAILING = 0x61;
/** Bits of STATUS that a caller gives. */
const GIVEN = CHECK_AFFECTS_WRITE | CHECK_AFFECTS_NOTHING | CHECK_HEALTHY;

/** Stages an outcome, as the wrapper does. */
function stageOutcome({ core, store }: Thread, member: number, says: number): void {
  const at = core.staging(member);
  store(at + OUTCOME_ERROR_LENGTH, 2);
  store(at + OUTCOME_SINCE, says);
  store(at + OUTCOME_ERROR, says);
}

/** Member, bits, time, error and name, as the wrapper reads them; 0 without a check. */
function readCheck({ core, load }: Thread, reader: number): number | number[] {
  const status = core.readCheck(0, reader);
  if (status === 0) return 0;
  const at = core.staging(reader);
  const length = load(at + OUTCOME_ERROR_LENGTH);
  const nameLength = load(at + OUTCOME_SIZE);
  return [
    (status & CHECK_MEMBER_MASK) - 1,
    status & GIVEN,
    load(at + OUTCOME_SINCE),
    length === 0 ? 0 : load(at + OUTCOME_ERROR),
    nameLength === 0 ? 0 : load(at + OUTCOME_SIZE + 4),
  ];
}

/** What was read is of one outcome: the number that its bits were published with, twice. */
function wholeCheck(read: unknown, wanted: Readonly<Record<number, number>>): string | undefined {
  if (read === 0) return undefined;
  const [, bits = -1, since, error] = read as number[];
  const says = wanted[bits];
  return since === says && error === says ? undefined : `a torn check: ${read}`;
}

/** Adds a check of its own as soon as there is a cell. */
function addsItsOwn(member: number): Program {
  return (thread, state) => {
    const { core, store } = thread;
    if (state === undefined) {
      stageOutcome(thread, member, FAILING);
      store(core.staging(member) + OUTCOME_SIZE, 1);
      store(core.staging(member) + OUTCOME_SIZE + 4, FAILING);
      return again('adds');
    }
    const epoch = core.epoch();
    if (core.addCheck(member, inc, CHECK_AFFECTS_NOTHING) === 0) return 'added';
    core.waitEpoch(epoch, 250);
    return again('adds');
  };
}

/** What was read is of one member: of the first nothing but its bits, of the second all its own. */
function ownCheck(outcome: Outcome, core: Core): string | undefined {
  const read = String(parsed(outcome)[2]);
  const isOwn = ['0', `0,${CHECK_HEALTHY},0,0,0`, `1,${CHECK_AFFECTS_NOTHING},97,97,97`];
  if (!isOwn.includes(read)) return `a torn check: ${read}`;
  return (core.checkStatus(0) & CHECK_MEMBER_MASK) === 2 ? undefined : 'the newcomer has no check';
}

/**
 * What a thread does that would run a shutdown, as `shutdown.ts` and `run.ts` do it: not while an
 * application owns it, and not if an application was quicker. Its step is that RAN is set.
 */
const runner =
  (member: number): Program =>
  (thread) => {
    const { core, store, load } = thread;
    const epoch = core.epoch();
    if (core.phase() === 4) return 'it is stopped';
    const owner = core.owner();
    const isDue = core.isAccepted() === 1 || owner === OWNED_BY_THE_DEAD;
    const term = core.takeHost(member, inc, 60_000);
    if (term < 0 || !isDue || owner === OWNED_BY_APPLICATION) {
      core.waitEpoch(epoch, 250);
      return again('looks');
    }
    const isSecond = core.startRun(member, inc, term) === 1;
    const began = core.runShutdown(2_000 + member, member) === 1;
    if (!began && core.owner() === OWNED_BY_APPLICATION) {
      core.waitEpoch(epoch, 250);
      return again('looks');
    }
    if (core.hosting(member, inc, term) === 0) return 'given up';
    if (core.phase() === 4) return 'it is stopped';
    store(RAN + member * 4, 1);
    const slot = core.claimReport(member, inc, CLAIM_HOST);
    const made = core.finishShutdown(3_000 + member, slot, member, inc, CLAIM_HOST);
    if (made !== 1) return `came late: ${made}`;
    return isSecond || load(deathOf(0)) !== 0 ? 'took it over' : 'ran it';
  };

/** An application that begins a shutdown, owns it for a while, and finishes it. */
const application =
  (member: number): Program =>
  ({ core, store }) => {
    if (core.beginShutdown(2_500, member, inc) === 0) return 'was late';
    store(OWNS + member * 4, 1);
    store(OWNS + member * 4, 0);
    return finish(core, member) === 1 ? 'finished' : 'did not finish';
  };

/** No step is run while a living application owns the shutdown. */
const nobodyBesides =
  (owner: number) =>
  (view: View): string | undefined => {
    const owns = view.read(OWNS + owner * 4, 4) === 1n && view.read(deathOf(owner), 4) === 0n;
    const runs = [0, 1, 2].some((member) => view.read(RAN + member * 4, 4) === 1n);
    return owns && runs ? `a pipeline runs beside its owner ${owner}` : undefined;
  };

/** Begins the count since the acceptance, as `acceptance.ts` does it, and goes on with it. */
const counter =
  (own: number): Program =>
  ({ core }) => [core.sinceAcceptance(1, 0), core.sinceAcceptance(own, 0)];

/** Claims the slot, writes its mark into it, and finishes with it. */
function fillAndFinish({ core, store }: Thread, member: number): number {
  const slot = core.claimReport(member, inc, CLAIM_FINISHER);
  if (slot < 0) return -2;
  store(AT_REPORTS + slot * REPORT_SIZE + REPORT_HEAD, member);
  return core.finishShutdown(2_000 + member, slot, member, inc, CLAIM_FINISHER);
}

/** The scenarios, by name. */
export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'a drain against two writers',
    before: (core) => void core.markReady(1_001, 2),
    threads: [writer(0), writer(1), drainer(2)],
    invariant: nobodyInside(0, 1),
  },
  {
    name: 'two drains against a writer',
    before: (core) => void core.markReady(1_001, 2),
    threads: [writer(0), drainer(1), drainer(2)],
    invariant: nobodyInside(0),
  },
  {
    name: 'a drain against a writer that dies, and its reaper',
    before: (core) => void core.markReady(1_001, 2),
    threads: [writer(0), drainer(1), reaperOf(0)],
    daemons: [2],
    crashes: 1,
    deathOf,
    invariant: nobodyInside(0),
  },
  {
    name: 'a shutdown against a writer',
    before: (core) => void core.markReady(1_001, 2),
    threads: [
      writer(0),
      ({ core, store }, state) => {
        if (state === undefined) {
          core.beginShutdown(2_000, 1, inc);
          return again('looks');
        }
        const epoch = core.epoch();
        if (core.writesOut() + core.queriesOut() !== 0) {
          core.waitEpoch(epoch, 250);
          return again('looks');
        }
        store(OVER + 4, 1);
        return 'over';
      },
    ],
    invariant: nobodyInside(0),
  },
  {
    name: 'the host dies at any operation, with a stand-by',
    before: accepted([1]),
    threads: [host(0), standby(1), reaperOf(0)],
    daemons: [2],
    crashes: 1,
    mayDie: [0],
    deathOf,
    final: stoppedOnce,
  },
  {
    name: 'the host dies in its steps, with two stand-bys',
    capacities: { members: 4 },
    attached: 4,
    before: begun([1, 2]),
    threads: [host(0), standby(1), standby(2), reaperOf(0)],
    daemons: [3],
    crashes: 1,
    mayDie: [0],
    deathOf,
    final: stoppedOnce,
  },
  {
    name: 'the host dies, and then its reaper',
    capacities: { members: 4 },
    attached: 4,
    before: begun([1]),
    threads: [
      stepOnly(0),
      standby(1),
      reaperOf(0),
      ({ core, wait }) => {
        wait(deathOf(2), 0);
        return core.reap(0, inc);
      },
    ],
    daemons: [2, 3],
    crashes: 2,
    mayDie: [0, 2],
    deathOf,
    final: stoppedOnce,
  },
  {
    name: 'a host that is wrongly given up, beside its successor',
    before: accepted([1]),
    threads: [
      (thread) => {
        const { core } = thread;
        const tenure = core.takeHost(0, inc, 60_000);
        if (tenure < 0) return 'no host';
        return shutDown(thread, 0, tenure, (slot) => core.putStep(slot, 0, 0));
      },
      standby(1),
      ({ core }) => core.reap(0, inc),
    ],
    final: stoppedOnce,
  },
  {
    name: 'a reap against a live release',
    before: (core) => {
      core.markReady(1_001, 0);
      core.enterWrite(0, inc);
    },
    threads: [
      ({ core }) => core.leaveWrite(0, inc),
      ({ core }) => core.reap(0, inc),
      ({ core }) => core.leaveWrite(0, inc),
    ],
    attached: 3,
    final: (_, core) => (core.writesOut() === 0 ? undefined : `${core.writesOut()} writes out`),
  },
  {
    name: 'reap, attach, reap again: the newcomer is not harmed',
    before: (core) => {
      core.markReady(1_001, 0);
      core.enterWrite(0, inc);
    },
    threads: [
      ({ core }) => core.leaveWrite(0, inc),
      ({ core }) => {
        core.reap(0, inc);
        const place = core.attach(9);
        return [place % 128, core.enterWrite(place % 128, Math.floor(place / 128))];
      },
      ({ core }) => core.reap(0, inc),
    ],
    attached: 3,
    final: (outcome, core) => {
      const [, newcomer] = parsed(outcome);
      const [member, refusal] = newcomer as [number, number];
      const writes = core.writesOf(member);
      return refusal === 0 && writes === 1 ? undefined : `refused ${refusal}, ${writes} writes`;
    },
  },
  {
    name: 'three register stages, two of them by one name',
    threads: [0x6261, 0x6361, 0x6261].map(
      (name, member): Program =>
        ({ core, store }) => {
          store(core.staging(member), name);
          return core.stage(member, 2);
        },
    ),
    final: (outcome) => {
      const [a, b, c] = parsed(outcome);
      return a === c && a !== b && Number(a) + Number(b) === 1 ? undefined : `${a}, ${b}, ${c}`;
    },
  },
  {
    name: 'one registers a stage and dies, two others use it',
    crashes: 1,
    threads: [0x6261, 0x6261, 0x6261].map(
      (name, member): Program =>
        ({ core, store }) => {
          store(core.staging(member), name);
          return core.stage(member, 2);
        },
    ),
    final: (outcome) => {
      const found = parsed(outcome).filter((result) => result !== undefined);
      return found.every((cell) => cell === 0) ? undefined : found.join();
    },
  },
  {
    name: 'two publish reasons, one reads',
    before: (core) => {
      core.markedAt(0);
    },
    threads: [
      ...[0, 1].map(
        (member): Program =>
          ({ core, store }) => {
            for (const version of [1, 2]) {
              const at = core.staging(member);
              store(at, member * 16 + version);
              store(at + 4, member * 16 + version);
              core.publishReason(member, 8);
            }
          },
      ),
      (thread) => reader(thread),
    ],
    final: (outcome) => whole(parsed(outcome)[2]),
  },
  {
    name: 'a reader of a reason is overtaken twice',
    threads: [
      ({ core, store }) => {
        for (const version of [1, 2, 3]) {
          const at = core.staging(0);
          store(at, version);
          store(at + 4, version);
          core.publishReason(0, 8);
        }
      },
      (thread) => reader(thread, 1),
    ],
    final: (outcome) => whole(parsed(outcome)[1]),
  },
  {
    name: 'a reason against a transition',
    threads: [
      ({ core, store }) => {
        const at = core.staging(0);
        store(at, 5);
        store(at + 4, 5);
        core.publishReason(0, 8);
      },
      ({ core }) => core.markReady(2_000, 1),
      (thread) => {
        const reason = reader(thread);
        return [reason, thread.core.state() % 8];
      },
    ],
    final: (outcome, core) => {
      const [reason] = parsed(outcome)[2] as [unknown, number];
      return whole(reason) ?? (core.readReason(2) < 0 ? undefined : 'a reason in Ready');
    },
  },
  {
    name: 'a publisher dies, and its line is attached anew',
    crashes: 1,
    attached: 3,
    daemons: [2],
    deathOf,
    threads: [
      ({ core, store }) => {
        const at = core.staging(0);
        store(at, 5);
        store(at + 4, 5);
        core.publishReason(0, 8);
      },
      (thread) => reader(thread, 1),
      ({ core, store, wait }) => {
        wait(deathOf(0), 0);
        core.reap(0, inc);
        const member = core.attach(9) % 128;
        const at = core.staging(member);
        store(at, 6);
        store(at + 4, 6);
        core.publishReason(member, 8);
      },
    ],
    final: (outcome) => {
      const read = parsed(outcome)[1];
      return read === undefined ? undefined : whole(read);
    },
  },
  {
    name: 'a reader against three transitions: no phase without its time',
    threads: [
      ({ core }) => [
        core.markReady(2_000, 0),
        core.markDraining(2_001, 0),
        core.beginShutdown(2_002, 0, inc),
      ],
      ({ core }) => {
        const phase = core.state() % 8;
        return [0, 1, 2, 3].slice(0, phase + 1).map((each) => core.enteredAt(each));
      },
    ],
    final: (outcome) => {
      const times = parsed(outcome)[1] as number[];
      const wanted = [1_000, 2_000, 2_001, 2_002].slice(0, times.length);
      return times.join() === wanted.join() ? undefined : `the times are ${times}`;
    },
  },
  {
    name: 'three attach to the last place, and give it back',
    capacities: { members: 3 },
    attached: 2,
    threads: [0, 1, 2].map(
      (thread): Program =>
        ({ core, load, store }) => {
          const place = core.attach(thread + 1);
          if (place < 0) return 'full';
          const [member, incarnation] = [place % 128, Math.floor(place / 128)];
          if (load(INSIDE + member * 4) !== 0) return 'two on one place';
          store(INSIDE + member * 4, 1);
          store(INSIDE + member * 4, 0);
          return core.reap(member, incarnation) === 1 ? 'attached' : 'reaped by another';
        },
    ),
    final: (outcome) => {
      const results = parsed(outcome);
      const isFine = results.every((result) => result === 'full' || result === 'attached');
      return isFine && results.includes('attached') ? undefined : results.join();
    },
  },
  {
    name: 'two finish at once while the slots are short',
    capacities: { reports: 1 },
    before: (core) => void core.markReady(1_001, 0),
    threads: [0, 1].map(
      (member): Program =>
        ({ core }) => {
          const slot = core.claimReport(member, inc, 2);
          return slot < 0 ? 'no slot' : core.finishShutdown(2_000 + member, slot, member, inc, 2);
        },
    ),
    final: (outcome, core) => {
      const results = parsed(outcome);
      const made = results.filter((result) => result === 1).length;
      return made === 1 && core.stoppedReport() >= 0 ? undefined : results.join();
    },
  },
  {
    name: 'a clock without a time: settled against a transition',
    before: (core) => core.create(0, 3, 2, 2, 2),
    attached: 0,
    threads: [
      ({ core }) => core.settle(2_000),
      ({ core }) => core.markReady(0, 1),
      ({ core }) => [core.settle(2_001), core.markReady(0, 2)],
    ],
    final: (_, core) => {
      core.settle(3_000);
      const [started, ready] = [core.enteredAt(0), core.enteredAt(1)];
      const isFine = [2_000, 2_001].includes(started) && [2_000, 2_001, 3_000].includes(ready);
      return isFine ? undefined : `started ${started}, ready ${ready}`;
    },
  },
  {
    name: 'two attach to lines that nobody has had',
    attached: 1,
    before: (core) => {
      core.beat(2, 77);
    },
    threads: [1, 2].map(
      (tag): Program =>
        ({ core }) => {
          const place = core.attach(tag);
          return [place % 128, Math.floor(place / 128)];
        },
    ),
    final: (outcome, core) => {
      const [[first], [second]] = parsed(outcome) as [[number], [number]];
      const isFine = first + second === 3 && first !== second && core.membersUsed() === 3;
      return isFine ? undefined : `${first}, ${second}, ${core.membersUsed()} lines used`;
    },
  },
  {
    name: 'a heartbeat is its own member’s',
    before: (core) => {
      core.beat(2, 77);
      core.reap(2, inc);
    },
    attached: 3,
    threads: [({ core }) => core.attach(9), ({ core }) => [core.incarnationOf(2), core.beatOf(2)]],
    final: (outcome) => {
      const [incarnation, beat] = parsed(outcome)[1] as [number, number];
      return incarnation > inc && beat !== 0 ? `a newcomer has the heartbeat ${beat}` : undefined;
    },
  },
  {
    name: 'one that was given up finishes beside two who claim its slot',
    capacities: { reports: 1 },
    before: (core) => {
      core.markReady(1_001, 0);
      core.claimReport(0, inc, CLAIM_FINISHER);
    },
    threads: [
      ({ core }) => core.finishShutdown(2_000, 0, 0, inc, CLAIM_FINISHER),
      (thread) => {
        thread.core.reap(0, inc);
        return fillAndFinish(thread, 1);
      },
      (thread) => fillAndFinish(thread, 2),
    ],
    final: (outcome, core) => {
      const results = parsed(outcome);
      const winner = results.indexOf(1);
      const isOne = results.filter((result) => result === 1).length === 1;
      const mark = outcome.bytes()[AT_REPORTS + REPORT_HEAD];
      return isOne && core.stoppedReport() === 0 && mark === winner
        ? undefined
        : `${results} with the report of ${mark}`;
    },
  },
  {
    name: 'one that was given up drops its slot beside two who claim it',
    capacities: { reports: 1 },
    before: (core) => {
      core.markReady(1_001, 0);
      core.claimReport(0, inc, CLAIM_FINISHER);
    },
    threads: [
      ({ core }) => core.dropReport(0, 0, inc, CLAIM_FINISHER),
      (thread) => {
        thread.core.reap(0, inc);
        return fillAndFinish(thread, 1);
      },
      (thread) => fillAndFinish(thread, 2),
    ],
    // Who looks while the slot changes hands may find none; the wrapper looks again.
    final: (outcome, core) => {
      const results = parsed(outcome);
      const winners = results.filter((result) => result === 1).length;
      const mark = outcome.bytes()[AT_REPORTS + REPORT_HEAD];
      const isWhole = winners === 0 ? core.phase() === 1 : mark === results.indexOf(1);
      return winners <= 1 && isWhole ? undefined : `${results} with the report of ${mark}`;
    },
  },
  {
    name: 'one that is given up while it claims a slot, beside who claims it next',
    capacities: { reports: 1 },
    before: (core) => void core.markReady(1_001, 0),
    threads: [
      ({ core }) => finish(core, 0),
      ({ core }) => {
        core.reap(0, inc);
        return finish(core, 1);
      },
    ],
    // Who lives loses its slot to nobody.
    final: (outcome) => {
      const [old, living] = parsed(outcome);
      return living === 1 || (living !== -1 && old === 1) || living === -2
        ? undefined
        : `${old}, ${living}`;
    },
  },
  {
    name: 'whoever finishes late gives its slot back',
    before: (core) => void core.markReady(1_001, 0),
    attached: 3,
    threads: [0, 1].map(
      (member): Program =>
        ({ core }) =>
          finish(core, member),
    ),
    final: (outcome, core) => {
      const made = parsed(outcome).filter((result) => result === 1).length;
      const slot = core.claimReport(2, inc, CLAIM_FINISHER);
      return made === 1 && slot >= 0 ? undefined : `${made} finished, the next slot is ${slot}`;
    },
  },
  {
    name: 'a slot that is claimed again has no steps of its last owner',
    before: (core) => {
      core.claimReport(0, inc, CLAIM_HOST);
      core.putStep(0, 0, 0);
      core.dropReport(0, 0, inc, CLAIM_HOST);
    },
    threads: [({ core }) => core.hostSteps(core.claimReport(0, inc, CLAIM_HOST))],
    final: (outcome) => (parsed(outcome)[0] === 0 ? undefined : 'it has steps'),
  },
  {
    name: 'an application that begins a shutdown, and dies at any operation, beside two runners',
    before: (core) => {
      accepted([1, 2])(core);
      core.startRun(0, inc, 1);
    },
    threads: [application(0), runner(1), reaperOf(0)],
    daemons: [2],
    crashes: 1,
    mayDie: [0],
    deathOf,
    invariant: nobodyBesides(0),
    final: (outcome, core) => {
      const [own, run] = parsed(outcome);
      if (core.phase() !== 4) return `the phase is ${core.phase()}`;
      if (own === 'finished' && run !== 'it is stopped' && run !== 'given up')
        return `${own}, ${run}`;
      return own === 'did not finish' ? own : undefined;
    },
  },
  {
    name: 'an application that begins a shutdown beside the host',
    before: accepted([1]),
    threads: [runner(0), application(1)],
    attached: 2,
    invariant: nobodyBesides(1),
    final: (outcome, core) => {
      const [run, own] = parsed(outcome);
      const isFine =
        (run === 'it is stopped' && own === 'finished') || (run === 'ran it' && own === 'was late');
      return isFine && core.phase() === 4 ? undefined : `${run}, ${own}`;
    },
  },
  {
    name: 'two stand-bys of a dead owner: one runs',
    before: (core) => {
      core.markReady(1_001, 0);
      core.beginShutdown(1_002, 0, inc);
      core.reap(0, inc);
    },
    attached: 3,
    threads: [() => 0, runner(1), runner(2)],
    final: (outcome, core) => {
      const [, one, other] = parsed(outcome);
      const ran = [one, other].filter((result) => result === 'ran it' || result === 'took it over');
      return ran.length === 1 && core.phase() === 4 ? undefined : `${one}, ${other}`;
    },
  },
  {
    name: 'one that was given up begins a shutdown beside the newcomer on its line',
    attached: 1,
    threads: [
      ({ core }) => core.beginShutdown(2_000, 0, inc),
      ({ core }) => {
        core.reap(0, inc);
        const place = core.attach(9);
        const [member, incarnation] = [place % 128, Math.floor(place / 128)];
        return core.beginShutdown(2_001, member, incarnation);
      },
    ],
    final: (outcome, core) => {
      const [old, fresh] = parsed(outcome);
      const owner = core.owner();
      const wanted = fresh === 1 ? OWNED_BY_APPLICATION : OWNED_BY_THE_DEAD;
      return Number(old) + Number(fresh) === 1 && owner === wanted
        ? undefined
        : `${old}, ${fresh}: the owner is ${owner}`;
    },
  },
  {
    name: 'a stage of the boot against an acceptance',
    threads: [
      ({ core, store }) => {
        const refusal = core.enterBoot(0, inc);
        if (refusal !== 0) return refusal;
        store(BOOTS, 1);
        store(BOOTS, 0);
        core.leaveBoot(0, inc);
        return 0;
      },
      ({ core, store }, state) => {
        if (state === undefined) {
          core.acceptShutdown(1, -1);
          return again('looks');
        }
        const epoch = core.epoch();
        if (core.bootsOut() !== 0) {
          core.waitEpoch(epoch, 250);
          return again('looks');
        }
        store(OVER, 1);
        return 'over';
      },
    ],
    invariant: (view) =>
      view.read(OVER, 4) === 1n && view.read(BOOTS, 4) === 1n
        ? 'the boot goes on after it was waited for'
        : undefined,
  },
  {
    name: 'a stage of the boot dies, and is waited for no more',
    threads: [
      ({ core }) => [core.enterBoot(0, inc), core.leaveBoot(0, inc)],
      ({ core }, state) => {
        if (state === undefined) {
          core.acceptShutdown(1, -1);
          return again('looks');
        }
        const epoch = core.epoch();
        if (core.bootsOut() === 0) return 'over';
        core.waitEpoch(epoch, 250);
        return again('looks');
      },
      reaperOf(0),
    ],
    daemons: [2],
    crashes: 1,
    mayDie: [0],
    deathOf,
    final: (_, core) => (core.bootsOut() === 0 ? undefined : `${core.bootsOut()} boots`),
  },
  {
    name: 'a failure that was noted in time is in the end',
    before: (core) => void core.markReady(1_001, 0),
    threads: [({ core }) => core.noteFailure(), ({ core }) => finish(core, 1)],
    final: (outcome, core) => {
      const [noted] = parsed(outcome);
      return noted === core.hasFailed() ? undefined : `noted ${noted}, failed ${core.hasFailed()}`;
    },
  },
  {
    name: 'the budget of the host, and of no stand-by',
    before: (core) => void core.takeHost(0, inc, 60_000),
    attached: 3,
    threads: [
      ({ core }) => core.takeHost(1, inc, 1_000),
      ({ core }) => core.hostBudget(),
      ({ core }) => core.reap(0, inc),
    ],
    final: (outcome, core) => {
      const [term, seen] = parsed(outcome);
      const isFine = seen === 60_001 || seen === 0 || (term === 2 && seen === 1_001);
      return isFine && core.hostBudget() === (term === 2 ? 1_001 : 0)
        ? undefined
        : `term ${term}, seen ${seen}, then ${core.hostBudget()}`;
    },
  },
  {
    name: 'one that was given up brings a budget beside the newcomer on its line',
    attached: 1,
    threads: [
      ({ core }) => core.takeHost(0, inc, 1_000),
      ({ core }) => {
        core.reap(0, inc);
        const place = core.attach(9);
        return core.takeHost(place % 128, Math.floor(place / 128), 60_000);
      },
    ],
    final: (outcome, core) =>
      Number(parsed(outcome)[1]) >= 0 && core.hostBudget() === 60_001
        ? undefined
        : `the budget is ${core.hostBudget()}`,
  },
  {
    name: 'no count since the acceptance goes back, nor beyond the furthest',
    threads: [
      counter(500),
      counter(900),
      ({ core }) => [core.sinceAcceptance(0, 0), core.sinceAcceptance(300, 20)],
    ],
    final: (outcome, core) => {
      const own = [500, 900, 300];
      const isFine = (parsed(outcome) as [number, number][]).every(
        ([begun, counted], thread) =>
          begun <= counted && counted >= (own[thread] ?? 0) && counted <= 900,
      );
      return isFine && core.sinceAcceptance(0, 0) === 900 ? undefined : String(outcome);
    },
  },
  {
    name: 'a host that starts twice is a successor the second time',
    before: (core) => void core.takeHost(0, inc, 60_000),
    attached: 2,
    threads: [
      ({ core }) => core.startRun(0, inc, 1),
      ({ core }) => {
        core.reap(0, inc);
        const term = core.takeHost(1, inc, 60_000);
        return [term, core.startRun(1, inc, term)];
      },
    ],
    final: (outcome) => {
      const [first, [term, second]] = parsed(outcome) as [number, [number, number]];
      const isFine =
        term === 2 && ((first === 0 && second === 1) || (first === -1 && second === 0));
      return isFine ? undefined : `first ${first}, second ${second} in term ${term}`;
    },
  },
  {
    name: 'a record is whole once it says that it has ended',
    threads: [
      ({ core, store }) => {
        const slot = core.claimReport(0, inc, CLAIM_HOST);
        core.putStep(slot, 0, 0);
        store(core.staging(0), ENDED);
        store(core.staging(0) + LAST_WORD, 7);
        core.putStep(slot, 0, 0);
      },
      ({ core, load }) => {
        if (core.hostSteps(0) === 0) return 'none yet';
        core.getStep(0, 1, 0);
        return [load(core.staging(1)), load(core.staging(1) + LAST_WORD)];
      },
    ],
    final: (outcome) => {
      const read = parsed(outcome)[1];
      if (read === 'none yet') return undefined;
      const [status, last] = read as [number, number];
      return status !== ENDED || last === 7 ? undefined : `ended with ${last}`;
    },
  },
  {
    name: 'a step is counted when it is whole',
    threads: [
      ({ core, store }) => {
        store(core.staging(0) + LAST_WORD, 7);
        core.putStep(core.claimReport(0, inc, CLAIM_HOST), 0, 0);
      },
      ({ core, load }) => {
        if (core.hostSteps(0) === 0) return 'none yet';
        core.getStep(0, 1, 0);
        return load(core.staging(1) + LAST_WORD);
      },
    ],
    final: (outcome) => {
      const read = parsed(outcome)[1];
      return read === 'none yet' || read === 7 ? undefined : `half a step: ${read}`;
    },
  },
  {
    name: 'an accepted request has its trigger',
    threads: [
      ({ core, store }) => {
        store(core.staging(0), 0x61);
        return core.acceptShutdown(0, 1);
      },
      ({ core, load }) => {
        if (core.isAccepted() === 0) return 'none yet';
        return [core.readTrigger(1), load(core.staging(1))];
      },
    ],
    final: (outcome) => {
      const read = String(parsed(outcome)[1]);
      return read === 'none yet' || read === '1,97' ? undefined : `the trigger is ${read}`;
    },
  },
  {
    name: 'one that was given up leaves beside its successor',
    before: (core) => {
      core.takeHost(0, inc, 60_000);
      core.setStandby(1, inc, OWNER_PIPELINE);
    },
    attached: 2,
    threads: [
      ({ core }) => core.leaveHost(0, inc),
      ({ core }) => {
        core.reap(0, inc);
        return core.takeHost(1, inc, 60_000) >= 0;
      },
    ],
    final: (outcome, core) =>
      parsed(outcome)[1] === true && core.hostMember() === 1
        ? undefined
        : 'the successor is not the host',
  },
  {
    name: 'one that was given up enters beside the newcomer on its line',
    before: (core) => void core.markReady(1_001, 0),
    attached: 3,
    threads: [
      ({ core }) => [core.enterWrite(0, inc), core.leaveWrite(0, inc)],
      ({ core }) => {
        core.reap(0, inc);
        const place = core.attach(9);
        return [place % 128, core.enterWrite(place % 128, Math.floor(place / 128))];
      },
    ],
    final: (outcome, core) => {
      const [member, refusal] = parsed(outcome)[1] as [number, number];
      const writes = core.writesOf(member);
      return refusal === 0 && writes === 1 ? undefined : `refused ${refusal}, ${writes} writes`;
    },
  },
  ...ADMISSION,
  ...SUCCESSION,
  ...COUNTS,
  ...LEASES,
  {
    name: 'a check that begins to fail against two writers',
    before: (core) => {
      core.markReady(1_001, 0);
      core.addCheck(1, inc, CHECK_AFFECTS_WRITE | CHECK_HEALTHY);
    },
    threads: [
      ({ core }) => core.enterWrite(0, inc),
      ({ core }) => core.reportCheck(0, 1, inc, CHECK_AFFECTS_WRITE),
      ({ core }) => core.enterWrite(2, inc),
    ],
    isLinearizable: true,
    final: (_, core) =>
      core.holds() === HOLD_UNHEALTHY ? undefined : `the holds are ${core.holds()}`,
  },
  {
    name: 'a hold that is over is cleared beside another check that begins to fail',
    before: (core) => {
      core.markReady(1_001, 0);
      core.addCheck(0, inc, CHECK_AFFECTS_WRITE);
      core.addCheck(1, inc, CHECK_AFFECTS_WRITE | CHECK_HEALTHY);
      core.reportCheck(0, 0, inc, CHECK_AFFECTS_WRITE | CHECK_HEALTHY);
    },
    threads: [
      ({ core }) => core.enterWrite(0, inc),
      ({ core }) => core.reportCheck(1, 1, inc, CHECK_AFFECTS_WRITE),
      ({ core }) => core.holds(),
    ],
    isLinearizable: true,
    final: (_, core) =>
      core.holds() === HOLD_UNHEALTHY ? undefined : `the holds are ${core.holds()}`,
  },
  {
    name: 'two checks change places: writes are refused all the while',
    before: (core) => {
      core.markReady(1_001, 0);
      core.addCheck(0, inc, CHECK_AFFECTS_WRITE | CHECK_HEALTHY);
      core.addCheck(1, inc, CHECK_AFFECTS_WRITE);
    },
    attached: 3,
    threads: [
      ({ core }) => {
        core.reportCheck(0, 0, inc, CHECK_AFFECTS_WRITE);
        core.reportCheck(1, 1, inc, CHECK_AFFECTS_WRITE | CHECK_HEALTHY);
      },
      ({ core }) => [core.enterWrite(1, inc), core.holds()],
    ],
    final: (outcome) => {
      const seen = String(parsed(outcome)[1]);
      return seen === `${REFUSED_HOLD},${HOLD_UNHEALTHY}` ? undefined : `a look found ${seen}`;
    },
  },
  {
    name: 'a hold of the application stays beside a check that recovers',
    before: (core) => {
      core.markReady(1_001, 0);
      core.addCheck(0, inc, CHECK_AFFECTS_WRITE);
    },
    threads: [
      ({ core }) => core.reportCheck(0, 0, inc, CHECK_AFFECTS_WRITE | CHECK_HEALTHY),
      ({ core }) => core.hold(HOLD_UNHEALTHY),
      ({ core }) => core.holds(),
    ],
    isLinearizable: true,
    final: (_, core) =>
      core.holds() === HOLD_UNHEALTHY && core.unhold(HOLD_UNHEALTHY) !== 0 && core.holds() === 0
        ? undefined
        : `the holds are ${core.holds()}`,
  },
  {
    name: 'a reporter dies at any operation, beside a reader, and its reaper',
    before: (core) => {
      core.markReady(1_001, 0);
      core.addCheck(0, inc, CHECK_AFFECTS_WRITE | CHECK_HEALTHY);
    },
    attached: 3,
    threads: [
      (thread) => {
        stageOutcome(thread, 0, FAILING);
        return thread.core.reportCheck(0, 0, inc, CHECK_AFFECTS_WRITE);
      },
      (thread) => readCheck(thread, 1),
      reaperOf(0),
    ],
    daemons: [2],
    crashes: 1,
    mayDie: [0],
    deathOf,
    final: (outcome, core) => {
      const [, read, freed] = parsed(outcome);
      const torn = wholeCheck(read, {
        [CHECK_AFFECTS_WRITE | CHECK_HEALTHY]: 0,
        [CHECK_AFFECTS_WRITE]: FAILING,
      });
      if (torn !== undefined) return torn;
      if (freed === 1 && core.holds() !== 0) return 'the dead refuse writes';
      if (freed === 1 && core.checkStatus(0) !== 0) return 'the dead have a check';
      return freed === 1 && core.addCheck(1, inc, 0) !== 0 ? 'the cell is not free' : undefined;
    },
  },
  {
    name: 'three outcomes, and one who reads',
    before: (core) => void core.addCheck(0, inc, CHECK_AFFECTS_NOTHING | CHECK_HEALTHY),
    threads: [
      (thread) => {
        const { core, store } = thread;
        stageOutcome(thread, 0, FAILING);
        core.reportCheck(0, 0, inc, CHECK_AFFECTS_WRITE);
        store(core.staging(0) + OUTCOME_ERROR_LENGTH, 0);
        store(core.staging(0) + OUTCOME_SINCE, 0);
        core.reportCheck(0, 0, inc, CHECK_AFFECTS_NOTHING | CHECK_HEALTHY);
        stageOutcome(thread, 0, FAILING + 1);
        core.reportCheck(0, 0, inc, CHECK_AFFECTS_NOTHING);
      },
      (thread) => readCheck(thread, 1),
    ],
    final: (outcome) =>
      wholeCheck(parsed(outcome)[1], {
        [CHECK_AFFECTS_NOTHING | CHECK_HEALTHY]: 0,
        [CHECK_AFFECTS_WRITE]: FAILING,
        [CHECK_AFFECTS_NOTHING]: FAILING + 1,
      }),
  },
  {
    name: 'a cell is dropped and taken by another, beside one who reads',
    capacities: { checks: 1 },
    before: (core) => void core.addCheck(0, inc, CHECK_HEALTHY),
    threads: [
      ({ core }) => core.dropCheck(0, 0, inc),
      addsItsOwn(1),
      (thread) => readCheck(thread, 2),
    ],
    final: ownCheck,
  },
  {
    name: 'a cell of a dead member is taken by another, beside one who reads',
    capacities: { checks: 1 },
    before: (core) => void core.addCheck(0, inc, CHECK_HEALTHY),
    threads: [({ core }) => core.reap(0, inc), addsItsOwn(1), (thread) => readCheck(thread, 2)],
    final: ownCheck,
  },
  {
    name: 'one that was given up reports beside the newcomer in its cell',
    capacities: { checks: 1 },
    before: (core) => {
      core.markReady(1_001, 0);
      core.addCheck(0, inc, CHECK_AFFECTS_WRITE | CHECK_HEALTHY);
    },
    attached: 2,
    threads: [
      ({ core }) => core.reportCheck(0, 0, inc, CHECK_AFFECTS_WRITE),
      ({ core }) => {
        core.reap(0, inc);
        return core.addCheck(1, inc, CHECK_AFFECTS_WRITE | CHECK_HEALTHY);
      },
    ],
    final: (outcome, core) => {
      const isItsOwn = (core.checkStatus(0) & CHECK_MEMBER_MASK) === 2;
      return parsed(outcome)[1] === 0 && isItsOwn && core.holds() === 0
        ? undefined
        : `${parsed(outcome)}, holds ${core.holds()}`;
    },
  },
  {
    name: 'one that was given up drops its check beside the newcomer in its cell',
    capacities: { checks: 1 },
    before: (core) => void core.addCheck(0, inc, CHECK_HEALTHY),
    attached: 2,
    threads: [
      ({ core }) => core.dropCheck(0, 0, inc),
      ({ core }) => {
        core.reap(0, inc);
        return core.addCheck(1, inc, CHECK_HEALTHY);
      },
    ],
    final: (outcome, core) =>
      parsed(outcome)[1] === 0 && (core.checkStatus(0) & CHECK_MEMBER_MASK) === 2
        ? undefined
        : `added ${parsed(outcome)[1]}, and the cell has ${core.checkStatus(0)}`,
  },
  {
    name: 'three take two cells, and one of them gives it back',
    before: (core) => void core.addCheck(2, inc, CHECK_HEALTHY),
    threads: [
      ({ core }) => core.addCheck(0, inc, 0) >= 0,
      ({ core }) => core.addCheck(1, inc, 0) >= 0,
      ({ core }) => core.dropCheck(0, 2, inc),
    ],
    isLinearizable: true,
    final: (outcome, core) => {
      const took = parsed(outcome).filter((result) => result === true).length;
      return took >= 1 && core.checksUsed() <= 2 ? undefined : `${took} took a cell`;
    },
  },
];

/** Reads the reason as the wrapper does: the copy in the staging place of the reader. */
function reader({ core, load }: Thread, member = 2): number[] {
  const length = core.readReason(member);
  if (length < 0) return [length];
  const at = core.staging(member);
  return [length, load(at), load(at + 4)];
}

/** Both words are of one text, and of one that somebody wrote. */
function whole(read: unknown): string | undefined {
  const [length, first, second] = read as number[];
  return length === -1 || (length === 8 && first === second && first !== 0)
    ? undefined
    : `a torn reason: ${read}`;
}
