/**
 * Reports in plain JavaScript: slots that one thread claims, fills and seals, and that the move to
 * Stopped publishes.
 *
 * @module
 */

import {
  AT_REPORT_CAPACITY,
  AT_REPORTS,
  CLAIM_HOST,
  CLAIM_KIND_MASK,
  CLAIM_KIND_SHIFT,
  CLAIM_MEMBER_MASK,
  CLAIM_SEALED,
  REPORT_CLAIM,
  REPORT_COUNT,
  REPORT_HEAD,
  REPORT_HEAD_WORDS,
  REPORT_SIZE,
  REPORT_STEP_CAPACITY,
  REPORT_STEPS,
  STEP_SIZE,
  STEP_WORDS,
  STOPPED,
} from '../../../assembly/layout.ts';
import type { Core } from '../core.ts';
import type { MembersModule } from './members.ts';
import type { StateModule } from './state.ts';
import type { TextsModule } from './texts.ts';
import { high, join, low, type Words } from './words.ts';

export type ReportsModule = Pick<
  Core,
  | 'claimReport'
  | 'dropReport'
  | 'putHead'
  | 'putStep'
  | 'getHead'
  | 'getStep'
  | 'hostSteps'
  | 'slotHost'
  | 'finishShutdown'
>;

export function reportsModule(
  { load32, store32, load64, store64, swap64 }: Words,
  { isAlive }: MembersModule,
  { copyWords, staging }: TextsModule,
  { move }: StateModule,
): ReportsModule {
  /** A sealed slot may be the published one: it is nobody's to take. */
  function isAbandoned(claim: bigint): boolean {
    const bits = low(claim);
    if (claim === 0n || (bits & CLAIM_SEALED) !== 0) return false;
    return !isAlive((bits & CLAIM_MEMBER_MASK) - 1, high(claim));
  }

  /** The kind last: who finds it finds none of the records before. */
  function takeSlot(slot: number, found: bigint, claim: bigint): boolean {
    const word = reportAt(slot) + REPORT_CLAIM;
    const begun = join(high(claim), low(claim) & ~(CLAIM_KIND_MASK << CLAIM_KIND_SHIFT));
    if (swap64(word, found, begun) !== found) return false;
    store32(reportAt(slot) + REPORT_COUNT, 0);
    swap64(word, begun, claim);
    return true;
  }

  return {
    // A free slot rather than a dead host's: its successor reads the steps there.
    claimReport: (member, incarnation, kind) => {
      const claim = claimOf(member, incarnation, kind);
      const capacity = load32(AT_REPORT_CAPACITY);
      for (let slot = 0; slot < capacity; slot++) {
        if (load64(reportAt(slot) + REPORT_CLAIM) !== 0n) continue;
        if (takeSlot(slot, 0n, claim)) return slot;
      }
      for (let slot = 0; slot < capacity; slot++) {
        const found = load64(reportAt(slot) + REPORT_CLAIM);
        if (isAbandoned(found) && takeSlot(slot, found, claim)) return slot;
      }
      return -1;
    },

    dropReport: (slot, member, incarnation, kind) => {
      swap64(reportAt(slot) + REPORT_CLAIM, claimOf(member, incarnation, kind), 0n);
    },

    putHead: (slot, member) =>
      copyWords(staging(member), reportAt(slot) + REPORT_HEAD, REPORT_HEAD_WORDS),

    // The first word last: who finds "ended" there finds the rest.
    putStep: (slot, member, index) => {
      if (index >= REPORT_STEP_CAPACITY) return;
      const from = staging(member);
      const to = stepAt(slot, index);
      copyWords(from + 4, to + 4, STEP_WORDS - 1);
      copyWords(from, to, 1);
      const count = reportAt(slot) + REPORT_COUNT;
      if (load32(count) <= index) store32(count, index + 1);
    },

    getHead: (slot, member) => {
      copyWords(reportAt(slot) + REPORT_HEAD, staging(member), REPORT_HEAD_WORDS);
      return load32(reportAt(slot) + REPORT_COUNT);
    },

    getStep: (slot, member, index) => {
      const word = reportAt(slot) + REPORT_CLAIM;
      const claim = load64(word);
      if (load32(reportAt(slot) + REPORT_COUNT) <= index) return 0;
      copyWords(stepAt(slot, index), staging(member), STEP_WORDS);
      return isComplete(claim) && load64(word) === claim ? 1 : 0;
    },

    hostSteps: (slot) => {
      const claim = load64(reportAt(slot) + REPORT_CLAIM);
      if (((low(claim) >>> CLAIM_KIND_SHIFT) & CLAIM_KIND_MASK) !== CLAIM_HOST) return 0;
      return load32(reportAt(slot) + REPORT_COUNT);
    },

    slotHost: (slot) => {
      const claim = load64(reportAt(slot) + REPORT_CLAIM);
      const bits = low(claim);
      if (((bits >>> CLAIM_KIND_SHIFT) & CLAIM_KIND_MASK) !== CLAIM_HOST) return -1;
      const member = (bits & CLAIM_MEMBER_MASK) - 1;
      return isAlive(member, high(claim)) ? member : -1;
    },

    // The seal before the move: a slot that went to another cannot be published.
    finishShutdown: (now, slot, member, incarnation, kind) => {
      const word = reportAt(slot) + REPORT_CLAIM;
      const claim = claimOf(member, incarnation, kind);
      const sealed = join(incarnation, low(claim) | CLAIM_SEALED);
      if (swap64(word, claim, sealed) !== claim) return -1;
      if (move(STOPPED, now, member, slot) === 1) return 1;
      store64(word, 0n);
      return 0;
    },
  };
}

function claimOf(member: number, incarnation: number, kind: number): bigint {
  return join(incarnation, (kind << CLAIM_KIND_SHIFT) | (member + 1));
}

function isComplete(claim: bigint): boolean {
  return ((low(claim) >>> CLAIM_KIND_SHIFT) & CLAIM_KIND_MASK) !== 0;
}

function reportAt(slot: number): number {
  return AT_REPORTS + slot * REPORT_SIZE;
}

function stepAt(slot: number, index: number): number {
  return reportAt(slot) + REPORT_STEPS + index * STEP_SIZE;
}
