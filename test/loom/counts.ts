/**
 * The scenarios of the counters: no reader is told less than one before, and in the end the counts
 * are what the calls came to.
 *
 * @module
 */

import {
  AT_COUNTS,
  BASE_MASK,
  COUNT_WRITES,
  INCARNATION_STEP,
  PHASES,
} from '../../assembly/layout.ts';
import type { Core } from '../../src/core/core.ts';
import { FIRST_INCARNATION } from './calls.ts';
import type { Outcome } from './explorer.ts';
import type { Program } from './machine.ts';
import type { Scenario } from './scenario.ts';

const inc = FIRST_INCARNATION;
/** So many that the next one is stored in the base of the line. */
const BEFORE = BASE_MASK;

/** Ready, with one line that has admitted as many as its short count holds before the base is due. */
function ready(core: Core): void {
  core.markReady(1_001, 0);
  for (let count = 0; count < BEFORE; count++) {
    core.enterWrite(0, inc);
    core.leaveWrite(0, inc);
  }
}

/** Reads once; the end of a scenario is the next reader. */
const reader: Program = ({ core }) => core.writesAdmitted();

/** A writer that is in, and then is not. */
const writer =
  (member: number): Program =>
  ({ core }) => {
    const refusal = core.enterWrite(member, inc);
    core.leaveWrite(member, inc);
    return refusal;
  };

/** Gives up the first member, takes its line and writes there. */
const newcomer: Program = ({ core }) => {
  core.reap(0, inc);
  const place = core.attach(9);
  const refusal = core.enterWrite(place % INCARNATION_STEP, Math.floor(place / INCARNATION_STEP));
  return [place % INCARNATION_STEP, refusal];
};

/** What the threads came to, and the counts in the end. */
function ended({ results }: Outcome, core: Core): { results: unknown[]; total: number } {
  return {
    results: results.map((result) => (result === undefined ? undefined : JSON.parse(result))),
    total: core.writesAdmitted(),
  };
}

/** What was told is at least what was told before. */
function inOrder(before: number, after: number): string | undefined {
  return after < before ? `told ${before}, then ${after}` : undefined;
}

export const COUNTS: readonly Scenario[] = [
  {
    name: 'a count goes on over a reap and the newcomer on its line',
    before: ready,
    attached: 1,
    threads: [writer(0), newcomer, reader],
    final: (outcome, core) => {
      const { results, total } = ended(outcome, core);
      const [first, [member, second], told] = results as [number, [number, number], number];
      if (member !== 0 || second !== 0) return `the newcomer is ${member}, refused by ${second}`;
      const admitted = BEFORE + Number(first === 0) + 1;
      return total === admitted ? inOrder(told, total) : `${total} of ${admitted}`;
    },
  },
  {
    name: 'a writer dies where its count is due, and another goes on with it',
    before: ready,
    attached: 1,
    threads: [({ core }) => core.enterWrite(0, inc), newcomer, reader],
    crashes: 1,
    mayDie: [0],
    final: (outcome, core) => {
      const { results, total } = ended(outcome, core);
      const [first, , told] = results as [number | undefined, unknown, number];
      // One that died has been admitted or not; nothing of what was before is lost.
      const [least, most] = first === undefined ? [1, 2] : [1 + Number(first === 0), 2];
      const isRight = total >= BEFORE + least && total <= BEFORE + most;
      return isRight ? inOrder(told, total) : `${total}, the writer ${first}`;
    },
  },
  {
    name: 'a count that a closing gate takes back is not told lower',
    before: ready,
    attached: 1,
    threads: [writer(0), ({ core }) => core.markDraining(2_000, 1), reader, reader],
    final: (outcome, core) => {
      const { results, total } = ended(outcome, core);
      const [refusal, , first, second] = results as [number, number, number, number];
      const admitted = BEFORE + Number(refusal === 0);
      // One too many at most, and only if it was told while the call was about to take it back.
      const told = Math.max(first, second);
      if (total !== Math.max(admitted, told)) return `${total} of ${admitted}, told ${told}`;
      if (total > BEFORE + 1) return `${total} of ${admitted}`;
      const refused = core.writesRefused(2);
      if (refused !== Number(refusal !== 0)) return `${refused} refused`;
      return inOrder(first, total) ?? inOrder(second, total);
    },
  },
  {
    name: 'a base is not stored again by one that was given up before the newcomer stored it',
    before: ready,
    attached: 1,
    threads: [
      ({ core }) => core.enterWrite(0, inc),
      (thread) => {
        newcomer(thread);
        const incarnation = thread.core.incarnationOf(0);
        for (let count = 1; count <= BASE_MASK + 1; count++) {
          thread.core.enterWrite(0, incarnation);
        }
      },
    ],
    final: (outcome, core) => {
      const [first] = ended(outcome, core).results;
      const admitted = BEFORE + Number(first === 0) + 1 + BASE_MASK + 1;
      const base = new DataView(outcome.bytes().buffer).getBigUint64(
        AT_COUNTS + COUNT_WRITES,
        true,
      );
      const isRight =
        core.writesAdmitted() === admitted && base === BigInt((BASE_MASK + 1) * 2 - 1);
      return isRight ? undefined : `${core.writesAdmitted()} of ${admitted}, over ${base}`;
    },
  },
  {
    name: 'a call that is refused after all, and given up meanwhile, leaves the newcomer its line',
    before: (core) => void core.markReady(1_001, 0),
    attached: 1,
    threads: [
      ({ core }) => core.enterWrite(0, inc),
      ({ core }) => {
        core.reap(0, inc);
        return core.attach(9);
      },
      ({ core }) => core.hold(1),
    ],
    final: (outcome, core) => {
      const place = ended(outcome, core).results[1] as number;
      core.unhold(1);
      const [member, incarnation] = [
        place % INCARNATION_STEP,
        Math.floor(place / INCARNATION_STEP),
      ];
      const refusal = core.enterWrite(member, incarnation);
      const isRight = refusal === 0 && core.writesOf(member) === 1;
      return isRight ? undefined : `refused ${refusal}, ${core.writesOf(member)} writes`;
    },
  },
  {
    name: 'one that was given up counts beside the newcomer on its line',
    attached: 1,
    // In Starting everything is refused; whose line it is, nobody asks then.
    threads: Array.from(
      { length: 2 },
      (): Program =>
        ({ core }) => {
          core.enterWrite(0, inc);
          core.enterQuery(0, inc);
          core.countAnswer(0, 1);
        },
    ),
    final: (_, core) => {
      const counts = [core.writesRefused(0), core.queriesRefused(0), core.answers(1)];
      return counts.join() === '2,2,2' ? undefined : `counted ${counts}`;
    },
  },
  {
    name: 'a refusal is counted once, for what refused',
    before: ready,
    attached: 1,
    threads: [writer(0), ({ core }) => core.hold(4), ({ core }) => core.markDraining(2_000, 1)],
    final: (outcome, core) => {
      const [refusal] = ended(outcome, core).results;
      const [phase, hold] = [core.writesRefused(2), core.writesRefused(PHASES + 2)];
      const expected = { 0: [0, 0], 1: [1, 0], 2: [0, 1] }[refusal as number] ?? [];
      const isRight = phase === expected[0] && hold === expected[1];
      return isRight ? undefined : `${refusal}, counted ${phase} and ${hold}`;
    },
  },
];
