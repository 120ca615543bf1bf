/**
 * Members in plain JavaScript: lines taken by an odd incarnation and freed by the next even one.
 *
 * @module
 */

import {
  ADMITTED_MASK,
  ADMITTED_SHIFT,
  AT_EPOCH,
  AT_MEMBER_CAPACITY,
  AT_MEMBERS,
  AT_USED,
  COUNT_QUERIES,
  COUNT_WRITES,
  INCARNATION_STEP,
  MEMBER_BEAT,
  MEMBER_BOOTS,
  MEMBER_OWNER,
  MEMBER_QUERIES,
  MEMBER_SIZE,
  MEMBER_WRITES,
  OWNER_ALIVE,
  OWNER_TAG_MASK,
  OWNER_TAG_SHIFT,
} from '../../../assembly/layout.ts';
import type { Core, Flag } from '../core.ts';
import { type CountsModule, countLine } from './counts.ts';
import type { EpochModule } from './epoch.ts';
import type { TextsModule } from './texts.ts';
import { high, highOf, join, low, lowOf, numberOf, type Words } from './words.ts';

export interface MembersModule
  extends Pick<
    Core,
    'attach' | 'reap' | 'incarnationOf' | 'tagOf' | 'membersUsed' | 'beat' | 'beatOf'
  > {
  isAlive(member: number, incarnation: number): boolean;
  advance(word: number, incarnation: number): void;
}

export function membersModule(
  { load32, swap32, load64, store64, swap64 }: Words,
  { announce }: EpochModule,
  { renewTexts }: TextsModule,
  { settleCount }: CountsModule,
): MembersModule {
  /** Nothing is held under a newer incarnation, never back to an older one; what was admitted stays. */
  function advance(word: number, incarnation: number): void {
    let found = load64(word);
    while (high(found) >>> 0 < incarnation >>> 0) {
      const previous = found;
      const admitted = low(previous) & (ADMITTED_MASK << ADMITTED_SHIFT);
      found = swap64(word, previous, join(incarnation, admitted));
      if (found === previous) return;
    }
  }

  /** USED first: a drain that sums too early to see this line has moved STATE before it. */
  function settleIn(member: number, incarnation: number): void {
    let used = load32(AT_USED);
    while (used <= member) {
      const found = swap32(AT_USED, used, member + 1);
      if (found === used) break;
      used = found;
    }
    const line = memberLine(member);
    store64(line + MEMBER_BEAT, 0n);
    advance(line + MEMBER_WRITES, incarnation);
    advance(line + MEMBER_QUERIES, incarnation);
    advance(line + MEMBER_BOOTS, incarnation);
    const counts = countLine(member);
    settleCount(counts + COUNT_WRITES, line + MEMBER_WRITES, incarnation);
    settleCount(counts + COUNT_QUERIES, line + MEMBER_QUERIES, incarnation);
    renewTexts(member);
  }

  return {
    advance,

    attach: (tag) => {
      const capacity = load32(AT_MEMBER_CAPACITY);
      while (true) {
        const epoch = load32(AT_EPOCH);
        for (let member = 0; member < capacity; member++) {
          const word = memberLine(member) + MEMBER_OWNER;
          const owner = load64(word);
          if ((low(owner) & OWNER_ALIVE) !== 0) continue;
          const incarnation = (high(owner) + 1) >>> 0;
          const mine = ((tag & OWNER_TAG_MASK) << OWNER_TAG_SHIFT) | OWNER_ALIVE;
          if (swap64(word, owner, join(incarnation, mine)) !== owner) continue;
          settleIn(member, incarnation);
          return incarnation * INCARNATION_STEP + member;
        }
        // A line may have been freed behind the scan.
        if (load32(AT_EPOCH) === epoch) return -1;
      }
    },

    // The counts first: as long as OWNER has not changed, a second reaper finds the work to do.
    reap: (member, incarnation) => {
      const line = memberLine(member);
      const next = incarnation + 1;
      let freed: Flag = 0;
      let owner = load64(line + MEMBER_OWNER);
      if (owns(owner, incarnation)) {
        advance(line + MEMBER_WRITES, next);
        advance(line + MEMBER_QUERIES, next);
        store64(line + MEMBER_BEAT, 0n);
      }
      while (freed === 0 && owns(owner, incarnation)) {
        const found = swap64(line + MEMBER_OWNER, owner, join(next, 0));
        if (found === owner) freed = 1;
        owner = found;
      }
      announce();
      return freed;
    },

    isAlive: (member, incarnation) => owns(load64(memberLine(member) + MEMBER_OWNER), incarnation),

    incarnationOf: (member) => {
      const owner = load64(memberLine(member) + MEMBER_OWNER);
      return (low(owner) & OWNER_ALIVE) === 0 ? 0 : high(owner) >>> 0;
    },

    tagOf: (member) => {
      const owner = load64(memberLine(member) + MEMBER_OWNER);
      return (low(owner) >>> OWNER_TAG_SHIFT) & OWNER_TAG_MASK;
    },

    membersUsed: () => load32(AT_USED),

    beat: (member, count) =>
      store64(memberLine(member) + MEMBER_BEAT, join(highOf(count), lowOf(count))),

    beatOf: (member) => numberOf(load64(memberLine(member) + MEMBER_BEAT)),
  };
}

/** Where the line of `member` begins. */
export function memberLine(member: number): number {
  return AT_MEMBERS + member * MEMBER_SIZE;
}

/** True if this OWNER is a tenant of that incarnation. */
export function owns(owner: bigint, incarnation: number): boolean {
  return (low(owner) & OWNER_ALIVE) !== 0 && high(owner) === (incarnation | 0);
}
