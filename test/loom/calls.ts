/**
 * The exported calls that change something, each as one thread makes it. Products are made of
 * these; a call that is missing here is missed by a test.
 *
 * @module
 */

import {
  CHECK_AFFECTS_WRITE,
  CHECK_HEALTHY,
  CLAIM_FINISHER,
  CLAIM_HOST,
  HOLD_PAUSED,
  HOLD_READ_ONLY,
  OWNER_PIPELINE,
} from '../../assembly/layout.ts';
import type { Core } from '../../src/core/core.ts';
import type { Program } from './machine.ts';

/** The incarnation of a member that was attached before the threads began: the first is 1. */
export const FIRST_INCARNATION = 1;

/** A call of one thread, which is the member of its number. */
export type CallOf = (member: number) => Program;

const inc = FIRST_INCARNATION;
const now = (member: number): number => 2_000 + member * 10;
/** Another member than this one, of the three there are. */
const other = (member: number): number => (member + 1) % 2;

/** By the name of the export; some exports are there twice, with other arguments. */
export const CALLS: Readonly<Record<string, CallOf>> = {
  markReady:
    (member) =>
    ({ core }) =>
      core.markReady(now(member), member),
  markDraining:
    (member) =>
    ({ core }) =>
      core.markDraining(now(member), member),
  beginShutdown:
    (member) =>
    ({ core }) =>
      core.beginShutdown(now(member), member, inc),
  runShutdown:
    (member) =>
    ({ core }) =>
      core.runShutdown(now(member), member),
  noteFailure:
    () =>
    ({ core }) =>
      core.noteFailure(),
  age:
    (member) =>
    ({ core }) =>
      core.age(now(member), 0),
  settle:
    (member) =>
    ({ core }) =>
      core.settle(now(member)),
  mark:
    (member) =>
    ({ core }) =>
      core.mark(0, now(member)),
  'mark of a stage':
    (member) =>
    ({ core }) =>
      core.mark(6, now(member)),
  stage:
    (member) =>
    ({ core, store }) => {
      store(core.staging(member), member === 0 ? 0x6261 : 0x6361);
      return core.stage(member, 2);
    },
  'stage of one name':
    (member) =>
    ({ core, store }) => {
      store(core.staging(member), 0x7a);
      return core.stage(member, 1);
    },
  publishReason:
    (member) =>
    ({ core, store }) => {
      store(core.staging(member), 0x61 + member);
      core.publishReason(member, 1);
    },
  attach:
    (member) =>
    ({ core }) =>
      core.attach(member + 7),
  reap:
    (member) =>
    ({ core }) =>
      core.reap(other(member), inc),
  'reap of a third':
    () =>
    ({ core }) =>
      core.reap(2, inc),
  beat:
    (member) =>
    ({ core }) =>
      core.beat(member, now(member)),
  enterWrite:
    (member) =>
    ({ core }) =>
      core.enterWrite(member, inc),
  enterQuery:
    (member) =>
    ({ core }) =>
      core.enterQuery(member, inc),
  leaveWrite:
    (member) =>
    ({ core }) =>
      core.leaveWrite(member, inc),
  leaveQuery:
    (member) =>
    ({ core }) =>
      core.leaveQuery(member, inc),
  countAnswer:
    (member) =>
    ({ core }) =>
      core.countAnswer(member, 1),
  writesAdmitted:
    () =>
    ({ core }) =>
      core.writesAdmitted(),
  queriesAdmitted:
    () =>
    ({ core }) =>
      core.queriesAdmitted(),
  enterBoot:
    (member) =>
    ({ core }) =>
      core.enterBoot(member, inc),
  leaveBoot:
    (member) =>
    ({ core }) =>
      core.leaveBoot(member, inc),
  hold:
    (member) =>
    ({ core }) =>
      core.hold(member === 0 ? HOLD_READ_ONLY : HOLD_PAUSED),
  unhold:
    () =>
    ({ core }) =>
      core.unhold(HOLD_READ_ONLY),
  addCheck:
    (member) =>
    ({ core }) =>
      core.addCheck(member, inc, CHECK_AFFECTS_WRITE),
  reportCheck:
    (member) =>
    ({ core }) =>
      core.reportCheck(0, member, inc, member === 0 ? CHECK_AFFECTS_WRITE : CHECK_HEALTHY),
  dropCheck:
    (member) =>
    ({ core }) =>
      core.dropCheck(0, member, inc),
  holds:
    () =>
    ({ core }) =>
      core.holds(),
  takeHost:
    (member) =>
    ({ core }) =>
      core.takeHost(member, inc, now(member)) >= 0,
  startRun:
    (member) =>
    ({ core }) =>
      core.startRun(member, inc, 1),
  leaveHost:
    (member) =>
    ({ core }) =>
      core.leaveHost(member, inc),
  acceptShutdown:
    (member) =>
    ({ core }) =>
      core.acceptShutdown(member, -1),
  setStandby:
    (member) =>
    ({ core }) =>
      core.setStandby(member, inc, OWNER_PIPELINE),
  stampAcceptedAt:
    (member) =>
    ({ core }) =>
      core.stampAcceptedAt(now(member)),
  sinceAcceptance:
    (member) =>
    ({ core }) =>
      core.sinceAcceptance(now(member), 0),
  stampBudget:
    (member) =>
    ({ core }) =>
      core.stampBudget(now(member)),
  exits:
    () =>
    ({ core }) =>
      core.exits(1),
  endPreDrain:
    () =>
    ({ core }) =>
      core.endPreDrain(),
  noteProbe:
    () =>
    ({ core }) =>
      core.noteProbe(),
  'claimReport, dropReport':
    (member) =>
    ({ core }) => {
      const slot = core.claimReport(member, inc, CLAIM_HOST);
      if (slot >= 0) core.dropReport(slot, member, inc, CLAIM_HOST);
      return slot >= 0;
    },
  'claimReport, finishShutdown':
    (member) =>
    ({ core }) =>
      finish(core, member),
};

/** Exports that a product leaves out, and why. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  create: 'runs once, before any other thread has the memory',
  putHead: 'writes a slot that only its claimer writes; see the scenarios of hosts',
  putStep: 'the same',
};

/** What `Lifecycle.finishShutdown` does, without a text. */
export function finish(core: Core, member: number): number {
  const slot = core.claimReport(member, inc, CLAIM_FINISHER);
  if (slot < 0) return -2;
  return core.finishShutdown(now(member), slot, member, inc, CLAIM_FINISHER);
}
