/**
 * Texts in plain JavaScript: two slots a member, one published at most, the other its staging
 * place; the parity of SEQUENCE says which is which.
 *
 * @module
 */

import {
  AT_LATEST,
  AT_MEMBERS,
  AT_STATE,
  AT_TEXTS,
  LATEST_LENGTH_MASK,
  LATEST_LENGTH_SHIFT,
  LATEST_SLOT_MASK,
  MEMBER_SEQUENCE,
  MEMBER_SIZE,
  STARTING,
  STATE_PHASE_MASK,
  TEXT_SIZE,
} from '../../../assembly/layout.ts';
import type { Core } from '../core.ts';
import { high, join, low, type Words } from './words.ts';

export interface TextsModule extends Pick<Core, 'staging' | 'publishReason' | 'readReason'> {
  renewTexts(member: number): void;
  copyWords(from: number, to: number, words: number): void;
}

export function textsModule({ load32, store32, load64, store64 }: Words): TextsModule {
  const isStarting = (): boolean => (low(load64(AT_STATE)) & STATE_PHASE_MASK) === STARTING;

  function copyWords(from: number, to: number, words: number): void {
    for (let word = 0; word < words; word++) store32(to + word * 4, load32(from + word * 4));
  }

  const staging = (member: number): number =>
    textSlot(slotOf(member, load32(sequenceWord(member))));

  return {
    staging,
    copyWords,

    // LATEST, then SEQUENCE: the owner must not touch the slot once it is published.
    publishReason: (member, length) => {
      if (!isStarting()) return;
      const sequence = load32(sequenceWord(member));
      const slot = slotOf(member, sequence);
      store64(AT_LATEST, join(sequence + 1, (length << LATEST_LENGTH_SHIFT) | slot));
      store32(sequenceWord(member), sequence + 1);
    },

    // No value of LATEST comes twice, so the same value twice means untouched words between. The
    // phase is read last: it never returns to Starting.
    readReason: (member) => {
      while (isStarting()) {
        const latest = load64(AT_LATEST);
        if (latest === 0n) return -1;
        const about = low(latest);
        const length = (about >>> LATEST_LENGTH_SHIFT) & LATEST_LENGTH_MASK;
        copyWords(textSlot(about & LATEST_SLOT_MASK), staging(member), wordsFor(length));
        if (load64(AT_LATEST) === latest) return isStarting() ? length : -1;
      }
      return -1;
    },

    // Past every number that the last owner can have published, and off the slot that is taken.
    renewTexts: (member) => {
      let sequence = load32(sequenceWord(member)) + 2;
      const latest = load64(AT_LATEST);
      const published = (high(latest) | low(latest)) !== 0;
      if (published && (low(latest) & LATEST_SLOT_MASK) === slotOf(member, sequence)) sequence++;
      store32(sequenceWord(member), sequence);
    },
  };
}

/** Words that hold so many bytes. */
export function wordsFor(bytes: number): number {
  return (bytes + 3) >> 2;
}

function sequenceWord(member: number): number {
  return AT_MEMBERS + member * MEMBER_SIZE + MEMBER_SEQUENCE;
}

function slotOf(member: number, sequence: number): number {
  return (member << 1) | (sequence & 1);
}

function textSlot(slot: number): number {
  return AT_TEXTS + slot * TEXT_SIZE;
}
