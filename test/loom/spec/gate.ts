/**
 * The gate, as sections 7 and 11 of docs/contract.md promise it: permits, holds, checks, and what is
 * counted of them.
 *
 * @module
 */

import { type Members, yes } from './members.ts';
import type { Phases } from './phases.ts';

/** What `enter` answers. */
const [ADMITTED, BY_PHASE, BY_HOLD, REAPED] = [0, 1, 2, 3] as const;

const UNHEALTHY = 16;
const HEALTHY = 512;
const AFFECTS = 3_072;
const AFFECTS_WRITE = 1_024;
const PUBLISHED = 256;
const PHASES = 5;

/** A check of a member; it counts as long as the member lives. */
interface Check {
  readonly member: number;
  readonly incarnation: number;
  readonly bits: number;
}

/** Counts by a number. */
class Counts {
  readonly #counts = new Map<number, number>();

  add(index: number): void {
    this.#counts.set(index, this.at(index) + 1);
  }

  at(index: number): number {
    return this.#counts.get(index) ?? 0;
  }
}

/** The gate's part of the calls. */
export function gateCalls(phases: Phases, members: Members, isLeaving: () => boolean) {
  let held = 0;
  let [writesAdmitted, queriesAdmitted] = [0, 0];
  const [writesRefused, queriesRefused, answers] = [new Counts(), new Counts(), new Counts()];
  const checks: { capacity: number; readonly cells: (Check | undefined)[] } = {
    capacity: 0,
    cells: [],
  };

  const lives = (check: Check | undefined): check is Check =>
    check !== undefined && members.lives(check.member, check.incarnation);
  const refuses = (check: Check | undefined): boolean =>
    lives(check) && (check.bits & (AFFECTS | HEALTHY)) === AFFECTS_WRITE;
  /** Of the application or of the checks: each holds for itself. */
  const holds = (): number => held | (checks.cells.some(refuses) ? UNHEALTHY : 0);
  const isOf = (cell: number, member: number, incarnation: number): boolean =>
    checks.cells[cell]?.member === member && checks.cells[cell]?.incarnation === incarnation;

  /** Writes in Ready and without a hold, and by those who live. */
  const whyNoWrite = (): number | undefined => {
    if (!phases.isReady()) return phases.phase;
    const first = [0, 1, 2, 3, 4].find((bit) => (holds() & (1 << bit)) !== 0);
    return first === undefined ? undefined : PHASES + first;
  };
  const refusal = (reason: number): number => (reason < PHASES ? BY_PHASE : BY_HOLD);

  return {
    checks,
    calls: {
      enterWrite: (member: number, incarnation: number) => {
        const reason = whyNoWrite();
        if (reason !== undefined) {
          writesRefused.add(reason);
          return refusal(reason);
        }
        if (!members.lives(member, incarnation)) return REAPED;
        members.at(member).writes += 1;
        writesAdmitted += 1;
        return ADMITTED;
      },
      enterQuery: (member: number, incarnation: number) => {
        if (!phases.takesQueries()) {
          queriesRefused.add(phases.phase);
          return BY_PHASE;
        }
        if (!members.lives(member, incarnation)) return REAPED;
        members.at(member).queries += 1;
        queriesAdmitted += 1;
        return ADMITTED;
      },
      leaveWrite: (member: number, incarnation: number) => {
        if (!members.lives(member, incarnation)) return yes(false);
        const place = members.at(member);
        if (place.writes === 0) return yes(false);
        place.writes -= 1;
        return yes(true);
      },
      leaveQuery: (member: number, incarnation: number) => {
        if (!members.lives(member, incarnation)) return yes(false);
        const place = members.at(member);
        if (place.queries === 0) return yes(false);
        place.queries -= 1;
        return yes(true);
      },
      // Of one that is gone it is begun for nobody: it is waited for by nobody.
      enterBoot: (member: number, incarnation: number) => {
        if (isLeaving()) return BY_PHASE;
        const { boots } = members.at(member);
        if (boots.incarnation !== incarnation) return REAPED;
        boots.count += 1;
        return ADMITTED;
      },
      leaveBoot: (member: number, incarnation: number) => {
        const { boots } = members.at(member);
        if (boots.incarnation !== incarnation || boots.count === 0) return yes(false);
        boots.count -= 1;
        return yes(true);
      },
      bootsOut: () =>
        members.sum(({ boots }, member) =>
          members.lives(member, boots.incarnation) ? boots.count : 0,
        ),
      writeRefusal: () => {
        const reason = whyNoWrite();
        return reason === undefined ? ADMITTED : refusal(reason);
      },
      writesOf: (member: number) => members.at(member).writes,
      queriesOf: (member: number) => members.at(member).queries,
      writesOut: () => members.sum(({ writes }) => writes),
      queriesOut: () => members.sum(({ queries }) => queries),
      hold: (bits: number) => {
        const before = held;
        held |= bits;
        return before & bits;
      },
      unhold: (bits: number) => {
        const before = held;
        held &= ~bits;
        return before & bits;
      },
      holds,
      addCheck: (member: number, incarnation: number, bits: number) => {
        for (let cell = 0; cell < checks.capacity; cell++) {
          if (lives(checks.cells[cell])) continue;
          checks.cells[cell] = { member, incarnation, bits };
          return cell;
        }
        return -1;
      },
      reportCheck: (cell: number, member: number, incarnation: number, bits: number) => {
        if (!isOf(cell, member, incarnation)) return yes(false);
        checks.cells[cell] = { member, incarnation, bits };
        return yes(true);
      },
      dropCheck: (cell: number, member: number, incarnation: number) => {
        if (!isOf(cell, member, incarnation)) return yes(false);
        checks.cells[cell] = undefined;
        return yes(true);
      },
      checksUsed: () => checks.cells.length,
      checkStatus: (cell: number) => statusOf(checks.cells[cell]),
      readCheck: (cell: number) => statusOf(checks.cells[cell]),
      countAnswer: (_: number, index: number) => answers.add(index),
      writesAdmitted: () => writesAdmitted,
      queriesAdmitted: () => queriesAdmitted,
      writesRefused: (reason: number) => writesRefused.at(reason),
      queriesRefused: (phase: number) => queriesRefused.at(phase),
      answers: (index: number) => answers.at(index),
    },
  };

  function statusOf(check: Check | undefined): number {
    return lives(check) ? check.bits | PUBLISHED | (check.member + 1) : 0;
  }
}
