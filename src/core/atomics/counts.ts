/**
 * Counting in plain JavaScript: what a member adds to its own lines. Permits are counted by the
 * swap that takes them, in 8 bits over a base that is stored once in 64 permits.
 *
 * @module
 */

import {
  ADMITTED_MASK,
  ADMITTED_SHIFT,
  AT_COUNTS,
  AT_MEMBERS,
  COUNT_ANSWERS,
  COUNT_QUERIES_REFUSED,
  COUNT_SIZE,
  COUNT_WRITES,
  COUNT_WRITES_REFUSED,
  MEMBER_QUERIES,
  MEMBER_SIZE,
  MEMBER_WRITES,
} from '../../../assembly/layout.ts';
import type { Core } from '../core.ts';
import { high, highOf, join, low, lowOf, numberOf, type Words } from './words.ts';

export interface CountsModule extends Pick<Core, 'countAnswer'> {
  settleCount(base: number, word: number, incarnation: number): void;
  settleWord(word: number, incarnation: number): void;
  countRefusedWrite(member: number, reason: number): void;
  countRefusedQuery(member: number, phase: number): void;
}

export function countsModule({ load64, swap64, add64 }: Words): CountsModule {
  function settleCount(base: number, word: number, incarnation: number): void {
    const before = load64(base);
    const found = load64(word);
    if (high(found) !== (incarnation | 0)) return;
    const was = numberOf(before);
    const after = admittedIn(was, found);
    if (after !== was) swap64(base, before, join(highOf(after), lowOf(after)));
  }

  return {
    settleCount,

    settleWord: (word, incarnation) => {
      const offset = (word - AT_MEMBERS) % MEMBER_SIZE;
      if (offset > MEMBER_QUERIES) return;
      const counts = countLine((word - AT_MEMBERS - offset) / MEMBER_SIZE);
      settleCount(counts + COUNT_WRITES + offset - MEMBER_WRITES, word, incarnation);
    },

    countRefusedWrite: (member, reason) =>
      add64(countLine(member) + COUNT_WRITES_REFUSED + reason * 8, 1n),

    countRefusedQuery: (member, phase) =>
      add64(countLine(member) + COUNT_QUERIES_REFUSED + phase * 8, 1n),

    countAnswer: (member, index) => add64(countLine(member) + COUNT_ANSWERS + index * 8, 1n),
  };
}

/** Where the counts of `member` are. */
export function countLine(member: number): number {
  return AT_COUNTS + member * COUNT_SIZE;
}

/** What was admitted, by a base and a word of which the base is no more than 255 behind. */
export function admittedIn(base: number, word: bigint): number {
  return base + (((low(word) >>> ADMITTED_SHIFT) - lowOf(base)) & ADMITTED_MASK);
}
