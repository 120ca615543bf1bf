/**
 * Texts: how a string gets from one thread to all, whole. It knows bytes, not meaning.
 *
 * Every member owns two slots. One of them may be published; the other is its *staging* place,
 * private, which JavaScript fills before a call and reads after one, by atomic words. Publishing
 * turns the two round: the parity of SEQUENCE says which is which.
 *
 * 1. the writer fills its staging slot
 * 2. LATEST := (sequence + 1, length, slot)     whoever stores last wins
 * 3. SEQUENCE += 1                              the other slot is the staging place now
 *
 * A reader loads LATEST, copies the words, loads LATEST again, and starts over if it changed. Why
 * that is safe: a slot is rewritten only after its owner has published its other slot, that is,
 * after LATEST changed; and no value of LATEST comes twice, for (slot, sequence) never does. So an
 * unchanged LATEST means words that nobody touched. No claim, no lock: a writer that dies at any
 * step leaves LATEST as it was, and blocks nobody.
 *
 * A member line that is used again must keep both halves of that argument: see `renewTexts`.
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
  LATEST_SEQUENCE_SHIFT,
  LATEST_SLOT_MASK,
  MEMBER_SEQUENCE,
  MEMBER_SIZE,
  STARTING,
  STATE_PHASE_MASK,
  TEXT_SIZE,
} from './layout';

/** Where `member` may write and read as it likes until its next `publishReason`. */
export function staging(member: i32): i32 {
  return textSlot(slotOf(member, atomic.load<u32>(sequenceWord(member))));
}

/**
 * Publishes the first `length` bytes of the staging place as the reason, if the phase is Starting.
 * A transition between the look and the store does no harm: readers look at the phase last.
 */
export function publishReason(member: i32, length: i32): void {
  if (!isStarting()) return;
  const sequence = atomic.load<u32>(sequenceWord(member));
  const published =
    ((<u64>(sequence + 1)) << LATEST_SEQUENCE_SHIFT) |
    ((<u64>(<u32>length)) << LATEST_LENGTH_SHIFT) |
    <u64>(<u32>slotOf(member, sequence));
  atomic.store<u64>(AT_LATEST, published);
  atomic.store<u32>(sequenceWord(member), sequence + 1);
}

/**
 * Copies the reason into the staging place of `member`; its length in bytes, or -1 without one.
 * Text first, *then* STATE: the phase never returns to Starting, so what STATE says at the end
 * held while the text was read.
 */
export function readReason(member: i32): i32 {
  while (isStarting()) {
    const latest = atomic.load<u64>(AT_LATEST);
    if (latest === 0) return -1;
    const length = <i32>(latest >> LATEST_LENGTH_SHIFT) & LATEST_LENGTH_MASK;
    copyWords(textSlot(<i32>latest & LATEST_SLOT_MASK), staging(member), (length + 3) >> 2);
    if (atomic.load<u64>(AT_LATEST) === latest) return isStarting() ? length : -1;
  }
  return -1;
}

/**
 * Makes the texts of a line safe for its next owner. The last one may have died between 2 and 3:
 * two more than its SEQUENCE is above every number it can have published, and one more than that
 * if the staging place would else be the slot that LATEST names. Nobody else publishes slots of
 * this line, so LATEST cannot come to name it behind our back.
 */
export function renewTexts(member: i32): void {
  let sequence = atomic.load<u32>(sequenceWord(member)) + 2;
  const latest = atomic.load<u64>(AT_LATEST);
  if (latest !== 0 && (<i32>latest & LATEST_SLOT_MASK) === slotOf(member, sequence)) sequence++;
  atomic.store<u32>(sequenceWord(member), sequence);
}

/** Copies whole words, each by one atomic load and one atomic store. */
export function copyWords(from: i32, to: i32, words: i32): void {
  for (let offset = 0; offset < words << 2; offset += 4) {
    atomic.store<u32>(to + offset, atomic.load<u32>(from + offset));
  }
}

function isStarting(): bool {
  return (<i32>atomic.load<u64>(AT_STATE) & STATE_PHASE_MASK) === STARTING;
}

function sequenceWord(member: i32): i32 {
  return AT_MEMBERS + member * MEMBER_SIZE + MEMBER_SEQUENCE;
}

function slotOf(member: i32, sequence: u32): i32 {
  return (member << 1) | <i32>(sequence & 1);
}

function textSlot(slot: i32): i32 {
  return AT_TEXTS + slot * TEXT_SIZE;
}
