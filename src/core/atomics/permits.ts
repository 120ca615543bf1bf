/**
 * Permits and holds in plain JavaScript: a count in the member's own line, between two looks at
 * STATE and HOLDS.
 *
 * @module
 */

import {
  ADMITTED,
  AT_HOLDS,
  AT_STATE,
  DRAINING,
  HOLD_ANY,
  MEMBER_BOOTS,
  MEMBER_QUERIES,
  MEMBER_WRITES,
  PERMIT_MAX,
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

export function permitsModule(
  { load32, or32, and32, load64, swap64 }: Words,
  { announce }: EpochModule,
  { isAlive, membersUsed }: MembersModule,
  { isAccepted }: HostModule,
  { holds }: ChecksModule,
): PermitsModule {
  const phase = (): number => low(load64(AT_STATE)) & STATE_PHASE_MASK;

  function writeRefusal(): number {
    if (phase() !== READY) return REFUSED_PHASE;
    if ((load32(AT_HOLDS) & HOLD_ANY) === 0) return ADMITTED;
    return holds() === 0 ? ADMITTED : REFUSED_HOLD;
  }

  function queryRefusal(): number {
    const now = phase();
    return now === READY || now === DRAINING ? ADMITTED : REFUSED_PHASE;
  }

  /** A lost swap is a reap: nobody else changes this member's counts. */
  function take(word: number, incarnation: number): number {
    const before = load64(word);
    const halves = split(before);
    const out = halves[0] as number;
    if (halves[1] !== (incarnation | 0)) return REFUSED_REAPED;
    if (out >>> 0 >= PERMIT_MAX) return REFUSED_FULL;
    const after = join(incarnation, out + 1);
    return swap64(word, before, after) === before ? ADMITTED : REFUSED_REAPED;
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
    const out = halves[0] as number;
    if (halves[1] !== (incarnation | 0) || out === 0) return false;
    return swap64(word, before, join(incarnation, out - 1)) === before;
  }

  const isLeaving = (): boolean => isAccepted() === 1 || phase() >= SHUTTING_DOWN;

  /** As with STATE: a host that has not seen the swap has accepted before it. */
  function leaveBoot(member: number, incarnation: number): Flag {
    if (!lower(memberLine(member) + MEMBER_BOOTS, incarnation)) return 0;
    if (isLeaving()) announce();
    return 1;
  }

  const writesOf = (member: number): number => low(load64(memberLine(member) + MEMBER_WRITES));
  const queriesOf = (member: number): number => low(load64(memberLine(member) + MEMBER_QUERIES));

  return {
    enterWrite: (member, incarnation) => {
      const before = writeRefusal();
      if (before !== ADMITTED) return before;
      const word = memberLine(member) + MEMBER_WRITES;
      const taken = take(word, incarnation);
      if (taken !== ADMITTED) return taken;
      const after = writeRefusal();
      if (after !== ADMITTED) giveBack(word, incarnation);
      return after;
    },

    enterQuery: (member, incarnation) => {
      const before = queryRefusal();
      if (before !== ADMITTED) return before;
      const word = memberLine(member) + MEMBER_QUERIES;
      const taken = take(word, incarnation);
      if (taken !== ADMITTED) return taken;
      const after = queryRefusal();
      if (after !== ADMITTED) giveBack(word, incarnation);
      return after;
    },

    leaveWrite: (member, incarnation) => giveBack(memberLine(member) + MEMBER_WRITES, incarnation),
    leaveQuery: (member, incarnation) => giveBack(memberLine(member) + MEMBER_QUERIES, incarnation),

    enterBoot: (member, incarnation) => {
      if (isLeaving()) return REFUSED_PHASE;
      const taken = take(memberLine(member) + MEMBER_BOOTS, incarnation);
      if (taken !== ADMITTED) return taken;
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
        const count = low(boots);
        if (count !== 0 && isAlive(member, high(boots))) sum += count;
      }
      return sum;
    },

    writeRefusal,
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
