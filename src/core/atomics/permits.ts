/**
 * Permits and holds in plain JavaScript: a count in the member's own line, between two looks at
 * STATE and HOLDS.
 *
 * @module
 */

import {
  ADMITTED,
  ADMITTED_SHIFT,
  AT_HOLDS,
  AT_STATE,
  BASE_MASK,
  DRAINING,
  HOLD_ANY,
  MEMBER_BOOTS,
  MEMBER_QUERIES,
  MEMBER_WRITES,
  PERMIT_FULL,
  PERMIT_MAX,
  PERMIT_TAKEN,
  PHASES,
  READY,
  REFUSED_FULL,
  REFUSED_HOLD,
  REFUSED_PHASE,
  REFUSED_REAPED,
  SHUTTING_DOWN,
  STATE_PHASE_MASK,
} from '../../../assembly/layout.ts';
import type { Core, Flag } from '../core.ts';
import type { ChecksModule } from './checks.ts';
import type { CountsModule } from './counts.ts';
import type { EpochModule } from './epoch.ts';
import type { HostModule } from './host.ts';
import { type MembersModule, memberLine } from './members.ts';
import { high, join, low, split, type Words } from './words.ts';

export type PermitsModule = Pick<
  Core,
  | 'enterWrite'
  | 'enterQuery'
  | 'leaveWrite'
  | 'leaveQuery'
  | 'enterBoot'
  | 'leaveBoot'
  | 'bootsOut'
  | 'writeRefusal'
  | 'writesOf'
  | 'queriesOf'
  | 'writesOut'
  | 'queriesOut'
  | 'hold'
  | 'unhold'
>;

/** What refuses nothing; else the number of what refuses, as refusals are counted, plus one. */
const NOTHING = 0;

export function permitsModule(
  { load32, or32, and32, load64, swap64 }: Words,
  { announce }: EpochModule,
  { isAlive, membersUsed }: MembersModule,
  { isAccepted }: HostModule,
  { holds }: ChecksModule,
  { countRefusedQuery, countRefusedWrite, settleWord }: CountsModule,
): PermitsModule {
  const phase = (): number => low(load64(AT_STATE)) & STATE_PHASE_MASK;

  function whyNoWrites(): number {
    const now = phase();
    if (now !== READY) return now + 1;
    return (load32(AT_HOLDS) & HOLD_ANY) === 0 ? NOTHING : whichHold();
  }

  function whichHold(): number {
    const held = holds();
    return held === 0 ? NOTHING : PHASES + 31 - Math.clz32(held & -held) + 1;
  }

  function whyNoQueries(): number {
    const now = phase();
    return now === READY || now === DRAINING ? NOTHING : now + 1;
  }

  function refuseWrite(member: number, reason: number): number {
    countRefusedWrite(member, reason - 1);
    return refusalOf(reason);
  }

  function refuseQuery(member: number, reason: number): number {
    countRefusedQuery(member, reason - 1);
    return REFUSED_PHASE;
  }

  /** A lost swap is a reap: nobody else changes this member's counts. */
  function take(word: number, incarnation: number): number {
    const before = load64(word);
    const halves = split(before);
    const counts = halves[0] as number;
    if (halves[1] !== (incarnation | 0)) return REFUSED_REAPED;
    const next = (counts + PERMIT_TAKEN) | 0;
    if ((next & (BASE_MASK << ADMITTED_SHIFT)) === 0) {
      if ((counts & PERMIT_MAX) >= PERMIT_FULL) return REFUSED_FULL;
      settleWord(word, incarnation);
    }
    return swap64(word, before, join(incarnation, next)) === before ? ADMITTED : REFUSED_REAPED;
  }

  /** The look at STATE comes after the swap: a drain that has not seen the swap is seen here. */
  function giveBack(word: number, incarnation: number): Flag {
    if (!lower(word, incarnation)) return 0;
    if (phase() > READY) announce();
    return 1;
  }

  function lower(word: number, incarnation: number): boolean {
    const before = load64(word);
    const halves = split(before);
    const counts = halves[0] as number;
    if (halves[1] !== (incarnation | 0) || (counts & PERMIT_MAX) === 0) return false;
    return swap64(word, before, join(incarnation, counts - 1)) === before;
  }

  function takeBack(word: number, incarnation: number): void {
    const before = load64(word);
    const halves = split(before);
    const counts = halves[0] as number;
    if (halves[1] !== (incarnation | 0)) return;
    if (swap64(word, before, join(incarnation, counts - PERMIT_TAKEN)) !== before) return;
    if (phase() > READY) announce();
  }

  const isLeaving = (): boolean => isAccepted() === 1 || phase() >= SHUTTING_DOWN;

  /** As with STATE: a host that has not seen the swap has accepted before it. */
  function leaveBoot(member: number, incarnation: number): Flag {
    if (!lower(memberLine(member) + MEMBER_BOOTS, incarnation)) return 0;
    if (isLeaving()) announce();
    return 1;
  }

  const heldIn = (word: number): number => low(load64(word)) & PERMIT_MAX;
  const writesOf = (member: number): number => heldIn(memberLine(member) + MEMBER_WRITES);
  const queriesOf = (member: number): number => heldIn(memberLine(member) + MEMBER_QUERIES);

  return {
    enterWrite: (member, incarnation) => {
      const before = whyNoWrites();
      if (before !== NOTHING) return refuseWrite(member, before);
      const word = memberLine(member) + MEMBER_WRITES;
      const refusal = take(word, incarnation);
      if (refusal !== ADMITTED) return refusal;
      const after = whyNoWrites();
      if (after === NOTHING) return ADMITTED;
      takeBack(word, incarnation);
      return refuseWrite(member, after);
    },

    enterQuery: (member, incarnation) => {
      const before = whyNoQueries();
      if (before !== NOTHING) return refuseQuery(member, before);
      const word = memberLine(member) + MEMBER_QUERIES;
      const refusal = take(word, incarnation);
      if (refusal !== ADMITTED) return refusal;
      const after = whyNoQueries();
      if (after === NOTHING) return ADMITTED;
      takeBack(word, incarnation);
      return refuseQuery(member, after);
    },

    leaveWrite: (member, incarnation) => giveBack(memberLine(member) + MEMBER_WRITES, incarnation),
    leaveQuery: (member, incarnation) => giveBack(memberLine(member) + MEMBER_QUERIES, incarnation),

    enterBoot: (member, incarnation) => {
      if (isLeaving()) return REFUSED_PHASE;
      const refusal = take(memberLine(member) + MEMBER_BOOTS, incarnation);
      if (refusal !== ADMITTED) return refusal;
      if (!isLeaving()) return ADMITTED;
      leaveBoot(member, incarnation);
      return REFUSED_PHASE;
    },

    leaveBoot,

    bootsOut: () => {
      let sum = 0;
      const used = membersUsed();
      for (let member = 0; member < used; member++) {
        const boots = load64(memberLine(member) + MEMBER_BOOTS);
        const count = low(boots) & PERMIT_MAX;
        if (count !== 0 && isAlive(member, high(boots))) sum += count;
      }
      return sum;
    },

    writeRefusal: () => {
      const reason = whyNoWrites();
      return reason === NOTHING ? ADMITTED : refusalOf(reason);
    },

    writesOf,
    queriesOf,

    writesOut: () => {
      let sum = 0;
      const used = membersUsed();
      for (let member = 0; member < used; member++) sum += writesOf(member);
      return sum;
    },

    queriesOut: () => {
      let sum = 0;
      const used = membersUsed();
      for (let member = 0; member < used; member++) sum += queriesOf(member);
      return sum;
    },

    hold: (bits) => or32(AT_HOLDS, bits) & bits,
    unhold: (bits) => and32(AT_HOLDS, ~bits) & bits,
  };
}

function refusalOf(reason: number): number {
  return reason <= PHASES ? REFUSED_PHASE : REFUSED_HOLD;
}
