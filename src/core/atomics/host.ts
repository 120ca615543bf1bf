/**
 * HOST in plain JavaScript: who runs the shutdown, and whether one was accepted, in one word.
 *
 * @module
 */

import {
  AT_ACCEPTED,
  AT_BUDGET,
  AT_DEADLINE,
  AT_HOST,
  AT_SEEN,
  HOST_EPOCH_MASK,
  HOST_EPOCH_SHIFT,
  HOST_MEMBER_MASK,
  HOST_REQUESTER_MASK,
  HOST_REQUESTER_SHIFT,
  MEMBER_OWNER,
  MEMBER_TRIGGER,
  MEMBER_TRIGGER_LENGTH,
  OWNER_STANDBY,
} from '../../../assembly/layout.ts';
import type { Core } from '../core.ts';
import type { EpochRoom } from './epoch.ts';
import { type MembersRoom, memberLine, owns } from './members.ts';
import { type TextsRoom, wordsFor } from './texts.ts';
import { high, highOf, join, low, lowOf, numberOf, type Words } from './words.ts';

export type HostRoom = Pick<
  Core,
  | 'takeHost'
  | 'hosting'
  | 'leaveHost'
  | 'requestShutdown'
  | 'isRequested'
  | 'readTrigger'
  | 'hostMember'
  | 'setStandby'
  | 'standbys'
  | 'stampAccepted'
  | 'stampDeadline'
  | 'setBudget'
  | 'budget'
  | 'noteProbe'
  | 'probesSeen'
>;

export function hostRoom(
  { load32, store32, add32, load64, store64, swap64 }: Words,
  { announce }: EpochRoom,
  { isAlive, membersUsed }: MembersRoom,
  { copy, staging }: TextsRoom,
): HostRoom {
  /** A host whose line bears another incarnation now is none: a reap needs no step here. */
  function isHosted(host: bigint): boolean {
    const member = (low(host) & HOST_MEMBER_MASK) - 1;
    return member >= 0 && isAlive(member, high(host));
  }

  /** The first stamp stays; a time of 0 only asks. */
  function stampOnce(word: number, time: number): number {
    const found = load64(word);
    if (found !== 0n || time <= 0) return numberOf(found);
    const stamp = join(highOf(time), lowOf(time));
    const before = swap64(word, 0n, stamp);
    return numberOf(before === 0n ? stamp : before);
  }

  return {
    takeHost: (member, incarnation) => {
      while (true) {
        const host = load64(AT_HOST);
        const epoch = epochOf(host);
        if (isHostedBy(host, member, incarnation)) return epoch;
        if (isHosted(host) || !isAlive(member, incarnation)) return -1;
        const next = (epoch + 1) & HOST_EPOCH_MASK;
        const lower = (next << HOST_EPOCH_SHIFT) | (low(host) & HOST_REQUESTER_MASK) | (member + 1);
        if (swap64(AT_HOST, host, join(incarnation, lower)) === host) return next;
      }
    },

    hosting: (member, incarnation, epoch) => {
      const host = load64(AT_HOST);
      const lasts = isHostedBy(host, member, incarnation) && epochOf(host) === epoch;
      return lasts && isAlive(member, incarnation) ? 1 : 0;
    },

    leaveHost: (member, incarnation) => {
      while (true) {
        const host = load64(AT_HOST);
        if (!isHostedBy(host, member, incarnation) || isAccepted(host)) return 0;
        if (swap64(AT_HOST, host, join(0, epochOf(host) << HOST_EPOCH_SHIFT)) === host) {
          announce();
          return 1;
        }
      }
    },

    // The trigger is in place before the swap that points to its line.
    requestShutdown: (member, length) => {
      let host = load64(AT_HOST);
      if (isAccepted(host)) return 0;
      const line = memberLine(member);
      copy(staging(member), line + MEMBER_TRIGGER, wordsFor(length));
      store32(line + MEMBER_TRIGGER_LENGTH, length + 1);
      while (!isAccepted(host)) {
        const lower = low(host) | ((member + 1) << HOST_REQUESTER_SHIFT);
        const found = swap64(AT_HOST, host, join(high(host), lower));
        if (found === host) {
          announce();
          return 1;
        }
        host = found;
      }
      return 0;
    },

    isRequested: () => (isAccepted(load64(AT_HOST)) ? 1 : 0),

    readTrigger: (member) => {
      const requester = (low(load64(AT_HOST)) & HOST_REQUESTER_MASK) >>> HOST_REQUESTER_SHIFT;
      if (requester === 0) return -1;
      const line = memberLine(requester - 1);
      const length = load32(line + MEMBER_TRIGGER_LENGTH) - 1;
      copy(line + MEMBER_TRIGGER, staging(member), wordsFor(length));
      return length;
    },

    hostMember: () => {
      const host = load64(AT_HOST);
      return isHosted(host) ? (low(host) & HOST_MEMBER_MASK) - 1 : -1;
    },

    setStandby: (member, incarnation, on) => {
      const word = memberLine(member) + MEMBER_OWNER;
      let owner = load64(word);
      while (owns(owner, incarnation)) {
        const bits = on !== 0 ? low(owner) | OWNER_STANDBY : low(owner) & ~OWNER_STANDBY;
        const found = swap64(word, owner, join(incarnation, bits));
        if (found === owner) return 1;
        owner = found;
      }
      return 0;
    },

    standbys: () => {
      let count = 0;
      const used = membersUsed();
      for (let member = 0; member < used; member++) {
        if ((low(load64(memberLine(member) + MEMBER_OWNER)) & OWNER_STANDBY) !== 0) count++;
      }
      return count;
    },

    stampAccepted: (time) => stampOnce(AT_ACCEPTED, time),
    stampDeadline: (time) => stampOnce(AT_DEADLINE, time),

    setBudget: (budget) => store64(AT_BUDGET, join(highOf(budget), lowOf(budget))),
    budget: () => numberOf(load64(AT_BUDGET)),

    noteProbe: () => {
      add32(AT_SEEN, 1);
      announce();
    },

    probesSeen: () => load32(AT_SEEN),
  };
}

function isHostedBy(host: bigint, member: number, incarnation: number): boolean {
  return (low(host) & HOST_MEMBER_MASK) === member + 1 && high(host) === (incarnation | 0);
}

function isAccepted(host: bigint): boolean {
  return (low(host) & HOST_REQUESTER_MASK) !== 0;
}

function epochOf(host: bigint): number {
  return low(host) >>> HOST_EPOCH_SHIFT;
}
