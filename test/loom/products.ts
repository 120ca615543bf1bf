/**
 * Products of the calls: every pair and many triples, in each situation that makes a difference.
 *
 * @module
 */

import { CHECK_AFFECTS_WRITE, CLAIM_FINISHER } from '../../assembly/layout.ts';
import { CALLS, FIRST_INCARNATION } from './calls.ts';
import type { Scenario } from './scenario.ts';

const NAMES = Object.keys(CALLS);
const HOT = [
  'markReady',
  'markDraining',
  'beginShutdown',
  'enterWrite',
  'leaveWrite',
  'reap of a third',
];
const MORE = ['attach', 'acceptShutdown', 'takeHost', 'stage of one name', 'hold'];

/** Where the calls find the lifecycle. Members have a write and a query out where they may. */
export const SITUATIONS: Readonly<Record<string, NonNullable<Scenario['before']>>> = {
  starting: (core) => {
    for (const member of [0, 1, 2]) core.enterBoot(member, FIRST_INCARNATION);
  },
  ready: (core) => {
    core.markReady(1_001, 0);
    for (const member of [0, 1, 2]) {
      core.enterWrite(member, FIRST_INCARNATION);
      core.enterQuery(member, FIRST_INCARNATION);
    }
    core.takeHost(1, FIRST_INCARNATION, 60_000);
    core.hold(1);
    core.addCheck(0, FIRST_INCARNATION, CHECK_AFFECTS_WRITE);
    core.addCheck(2, FIRST_INCARNATION, CHECK_AFFECTS_WRITE);
  },
  draining: (core) => {
    core.markReady(1_001, 0);
    for (const member of [0, 1, 2]) core.enterWrite(member, FIRST_INCARNATION);
    core.markDraining(1_002, 0);
    core.takeHost(0, FIRST_INCARNATION, 60_000);
    core.acceptShutdown(0, -1);
  },
};

/** Every pair, also of a call with itself. */
export function pairs(situation: string, crashes = 0): Scenario[] {
  return NAMES.flatMap((first, at) =>
    NAMES.slice(at).map((second) => productOf([first, second], situation, crashes)),
  );
}

/** Every triple of the calls that decide who is admitted, and some of the others. */
export function triples(crashes = 0): Scenario[] {
  const names: string[][] = MORE.flatMap((each) => [
    [each, each, each],
    [each, 'reap', 'markDraining'],
  ]);
  for (const [at, first] of HOT.entries()) {
    for (const [next, second] of HOT.slice(at).entries()) {
      for (const third of HOT.slice(at + next)) names.push([first, second, third]);
    }
  }
  return names.map((triple) => productOf(triple, 'ready', crashes));
}

function productOf(names: readonly string[], situation: string, crashes: number): Scenario {
  return {
    name: `${names.join(' | ')} in ${situation}`,
    attached: 3,
    before: SITUATIONS[situation] ?? (() => {}),
    threads: names.map((name, member) => (CALLS[name] as (typeof CALLS)[string])(member)),
    isLinearizable: crashes === 0,
    crashes,
    final: ({ dead }, core) => {
      reapAll(dead, core);
      for (const [member, isDead] of dead.entries()) {
        if (!isDead || core.incarnationOf(member) === FIRST_INCARNATION) continue;
        if (core.hostMember() === member && core.incarnationOf(member) === 0)
          return `${member} still hosts`;
      }
      return aliveStillCan(dead.includes(true), core);
    },
  };
}

/** What was proven dead is reaped: its own line, and one that it may have attached to since. */
function reapAll(
  dead: readonly boolean[],
  core: Parameters<NonNullable<Scenario['before']>>[0],
): void {
  for (const [thread, isDead] of dead.entries()) {
    if (!isDead) continue;
    for (let member = 0; member < core.membersUsed(); member++) {
      const isItsOwn = member === thread && core.incarnationOf(member) === FIRST_INCARNATION;
      if (isItsOwn || core.tagOf(member) === thread + 7)
        core.reap(member, core.incarnationOf(member));
    }
  }
}

/** Whoever is left, or comes new, can bring it to its end. */
function aliveStillCan(
  hasDead: boolean,
  core: Parameters<NonNullable<Scenario['before']>>[0],
): string | undefined {
  const place = core.attach(99);
  if (place < 0) return hasDead ? 'there is no place after a reap' : undefined;
  const [member, incarnation] = [place % 128, Math.floor(place / 128)];
  if (core.writesOf(member) + core.queriesOf(member) !== 0) return 'a newcomer has permits';
  if (core.phase() === 4) return core.stoppedReport() < 0 ? 'Stopped without a report' : undefined;
  const slot = core.claimReport(member, incarnation, CLAIM_FINISHER);
  if (slot < 0) return 'no slot is free';
  const made = core.finishShutdown(3_000, slot, member, incarnation, CLAIM_FINISHER);
  return made === 1 ? undefined : `finishShutdown() gave ${made}`;
}
