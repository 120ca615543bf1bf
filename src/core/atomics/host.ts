/**
 * HOST in plain JavaScript: who runs the shutdown, and whether one was accepted, in one word.
 *
 * @module
 */

import {
  AT_ACCEPTED_AT,
  AT_BUDGET,
  AT_EXITS,
  AT_HOST,
  AT_SEEN,
  HOST_ACCEPTED_MASK,
  HOST_ACCEPTED_SHIFT,
  HOST_MEMBER_MASK,
  HOST_STARTED,
  HOST_TERM_MASK,
  HOST_TERM_SHIFT,
  MEMBER_BUDGET,
  MEMBER_OWNER,
  MEMBER_TRIGGER,
  MEMBER_TRIGGER_LENGTH,
  OWNER_PIPELINE,
  OWNER_STEPS,
  SEEN_ENDED,
} from '../../../assembly/layout.ts';
import type { Core } from '../core.ts';
import type { EpochModule } from './epoch.ts';
import { type MembersModule, memberLine, owns } from './members.ts';
import { type TextsModule, wordsFor } from './texts.ts';
import { high, highOf, join, low, lowOf, numberOf, type Words } from './words.ts';

export type HostModule = Pick<
  Core,
  | 'takeHost'
  | 'startRun'
  | 'hosting'
  | 'leaveHost'
  | 'acceptShutdown'
  | 'isAccepted'
  | 'readTrigger'
  | 'hostMember'
  | 'setStandby'
  | 'standbys'
  | 'stampAcceptedAt'
  | 'stampBudget'
  | 'hostBudget'
  | 'exits'
  | 'endPreDrain'
  | 'isPreDrainEnded'
  | 'noteProbe'
  | 'probesSeen'
>;

export function hostModule(
  { load32, store32, add32, or32, load64, swap64 }: Words,
  { announce }: EpochModule,
  { isAlive, membersUsed }: MembersModule,
  { copyWords, staging }: TextsModule,
): HostModule {
  /** A host whose line has another incarnation now no longer counts, so a reap needs no step here. */
  function isHosted(host: bigint): boolean {
    const member = (low(host) & HOST_MEMBER_MASK) - 1;
    return member >= 0 && isAlive(member, high(host));
  }

  /** Never over the budget of a later tenant of the line. */
  function storeBudget(member: number, incarnation: number, budget: number): void {
    const word = memberLine(member) + MEMBER_BUDGET;
    const mine = join(incarnation, lowOf(budget));
    let found = load64(word);
    while (high(found) >>> 0 <= incarnation >>> 0 && found !== mine) {
      const previous = found;
      found = swap64(word, previous, mine);
      if (found === previous) return;
    }
  }

  /** The first stamp stays; 0 only asks. */
  function stampOnce(word: number, time: number): number {
    const found = load64(word);
    if (found !== 0n || time <= 0) return numberOf(found);
    const stamp = join(highOf(time), lowOf(time));
    const before = swap64(word, 0n, stamp);
    return numberOf(before === 0n ? stamp : before);
  }

  return {
    // The budget before the swap: who finds a host finds its budget.
    takeHost: (member, incarnation, budget) => {
      storeBudget(member, incarnation, budget);
      while (true) {
        const host = load64(AT_HOST);
        const term = termOf(host);
        if (isHostedBy(host, member, incarnation)) return term;
        if (isHosted(host) || !isAlive(member, incarnation)) return -1;
        const next = (term + 1) & HOST_TERM_MASK;
        const kept = low(host) & (HOST_ACCEPTED_MASK | HOST_STARTED);
        const lower = (next << HOST_TERM_SHIFT) | kept | (member + 1);
        if (swap64(AT_HOST, host, join(incarnation, lower)) === host) return next;
      }
    },

    startRun: (member, incarnation, term) => {
      let host = load64(AT_HOST);
      while (isHostedBy(host, member, incarnation) && termOf(host) === term) {
        if ((low(host) & HOST_STARTED) !== 0) return 1;
        const found = swap64(AT_HOST, host, join(incarnation, low(host) | HOST_STARTED));
        if (found === host) return 0;
        host = found;
      }
      return -1;
    },

    hosting: (member, incarnation, term) => {
      const host = load64(AT_HOST);
      const lasts = isHostedBy(host, member, incarnation) && termOf(host) === term;
      return lasts && isAlive(member, incarnation) ? 1 : 0;
    },

    leaveHost: (member, incarnation) => {
      while (true) {
        const host = load64(AT_HOST);
        if (!isHostedBy(host, member, incarnation) || wasAccepted(host)) return 0;
        const vacant = (termOf(host) << HOST_TERM_SHIFT) | (low(host) & HOST_STARTED);
        if (swap64(AT_HOST, host, join(0, vacant)) === host) {
          announce();
          return 1;
        }
      }
    },

    // The trigger is in place before the swap that points to its line.
    acceptShutdown: (member, length) => {
      let host = load64(AT_HOST);
      if (wasAccepted(host)) return 0;
      const line = memberLine(member);
      copyWords(staging(member), line + MEMBER_TRIGGER, wordsFor(length));
      store32(line + MEMBER_TRIGGER_LENGTH, length + 1);
      while (!wasAccepted(host)) {
        const lower = low(host) | ((member + 1) << HOST_ACCEPTED_SHIFT);
        const found = swap64(AT_HOST, host, join(high(host), lower));
        if (found === host) {
          announce();
          return 1;
        }
        host = found;
      }
      return 0;
    },

    isAccepted: () => (wasAccepted(load64(AT_HOST)) ? 1 : 0),

    readTrigger: (member) => {
      const accepter = (low(load64(AT_HOST)) & HOST_ACCEPTED_MASK) >>> HOST_ACCEPTED_SHIFT;
      if (accepter === 0) return -1;
      const line = memberLine(accepter - 1);
      const length = load32(line + MEMBER_TRIGGER_LENGTH) - 1;
      copyWords(line + MEMBER_TRIGGER, staging(member), wordsFor(length));
      return length;
    },

    hostMember: () => {
      const host = load64(AT_HOST);
      return isHosted(host) ? (low(host) & HOST_MEMBER_MASK) - 1 : -1;
    },

    setStandby: (member, incarnation, rank) => {
      const word = memberLine(member) + MEMBER_OWNER;
      let owner = load64(word);
      while (owns(owner, incarnation)) {
        const bits = (low(owner) & ~(OWNER_PIPELINE | OWNER_STEPS)) | rank;
        const found = swap64(word, owner, join(incarnation, bits));
        if (found === owner) return 1;
        owner = found;
      }
      return 0;
    },

    standbys: (ranks) => {
      let count = 0;
      const used = membersUsed();
      for (let member = 0; member < used; member++) {
        if ((low(load64(memberLine(member) + MEMBER_OWNER)) & ranks) !== 0) count++;
      }
      return count;
    },

    stampAcceptedAt: (time) => stampOnce(AT_ACCEPTED_AT, time),
    stampBudget: (budget) => stampOnce(AT_BUDGET, budget),

    hostBudget: () => {
      const host = load64(AT_HOST);
      if (!isHosted(host)) return 0;
      const incarnation = high(host);
      const budget = load64(memberLine((low(host) & HOST_MEMBER_MASK) - 1) + MEMBER_BUDGET);
      return high(budget) === incarnation ? (low(budget) >>> 0) + 1 : 0;
    },

    exits: (change) => add32(AT_EXITS, change),

    endPreDrain: () => {
      or32(AT_SEEN, SEEN_ENDED);
      announce();
    },

    isPreDrainEnded: () => ((load32(AT_SEEN) & SEEN_ENDED) !== 0 ? 1 : 0),

    noteProbe: () => {
      add32(AT_SEEN, 1);
      announce();
    },

    probesSeen: () => load32(AT_SEEN) & ~SEEN_ENDED,
  };
}

function isHostedBy(host: bigint, member: number, incarnation: number): boolean {
  return (low(host) & HOST_MEMBER_MASK) === member + 1 && high(host) === (incarnation | 0);
}

function wasAccepted(host: bigint): boolean {
  return (low(host) & HOST_ACCEPTED_MASK) !== 0;
}

function termOf(host: bigint): number {
  return low(host) >>> HOST_TERM_SHIFT;
}
