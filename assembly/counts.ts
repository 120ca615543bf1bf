/**
 * Counting, as a member does it: how many permits were admitted, how often the gate refused and why,
 * how its probes answered. Nothing is summed here; what readers see is in `totals.ts`.
 *
 * All counts are of the line, not of its tenant: the next tenant goes on from where the last one
 * was. A reap clears what is held, and no count.
 *
 * Refusals and answers are an `add` each, in lines that only this member's thread writes. An `add`,
 * since a thread that was wrongly given up may count at the same time as the newcomer on its line, and the two must
 * not undo each other.
 *
 * A permit costs nothing on top. What is admitted is counted by the very swap that counts what is
 * held, in 8 bits of the same word, and what those bits wrapped around is in the line's BASE: what was
 * admitted when it was last stored, once in 64 permits.
 *
 * ```text
 *   admitted = BASE + ((bits 24-31 of the word - BASE) mod 256)
 * ```
 *
 * That is right as long as BASE is one that the word has had, and not 256 of them ago:
 *
 * 1. BASE is stored only by a thread that has seen, after it loaded BASE, that the word still bears its
 *    incarnation. So the tenant was the same between the two loads, and the word no further than what
 *    this thread itself has admitted. A thread that is reaped after that look swaps a BASE that the
 *    newcomer has stored since, and fails; or one that is the same, and stores what is true.
 * 2. A thread may die before it stores. So the newcomer brings BASE up before it admits anything
 *    (`settleCount`, in `attach`): a line is never behind by more than one death.
 *
 * @module
 */

import {
  ADMITTED_MASK,
  ADMITTED_SHIFT,
  AT_COUNTS,
  COUNT_ANSWERS,
  COUNT_QUERIES_REFUSED,
  COUNT_SIZE,
  COUNT_WRITES_REFUSED,
  INCARNATION_SHIFT,
} from './layout';

/** Where the counts of `member` are. */
export function countLine(member: i32): i32 {
  return AT_COUNTS + member * COUNT_SIZE;
}

/** Brings the base of a word up to what the word says, if its tenant still is of this incarnation. */
export function settleCount(base: i32, word: i32, incarnation: u32): void {
  const before = atomic.load<u64>(base);
  const found = atomic.load<u64>(word);
  if (<u32>(found >> INCARNATION_SHIFT) !== incarnation) return;
  const after = admittedIn(before, found);
  if (after !== before) atomic.cmpxchg<u64>(base, before, after);
}

/** What was admitted, by a base and a word of which the base is no more than 255 behind. */
export function admittedIn(base: u64, word: u64): u64 {
  const lowest = (<u32>word >> ADMITTED_SHIFT) - <u32>base;
  return base + <u64>(lowest & ADMITTED_MASK);
}

/** One more write of this member was refused: for a phase, or for PHASES + the bit of a hold. */
export function countRefusedWrite(member: i32, reason: i32): void {
  atomic.add<u64>(countLine(member) + COUNT_WRITES_REFUSED + reason * 8, 1);
}

/** One more query of this member was refused, for a phase. */
export function countRefusedQuery(member: i32, phase: i32): void {
  atomic.add<u64>(countLine(member) + COUNT_QUERIES_REFUSED + phase * 8, 1);
}

/** One more answer of a probe; `index` is probe * ANSWER_CODES + code. */
export function countAnswer(member: i32, index: i32): void {
  atomic.add<u64>(countLine(member) + COUNT_ANSWERS + index * 8, 1);
}
