/**
 * Reports: slots that one thread fills and the move to Stopped publishes.
 *
 * A finisher claims a slot that nobody else writes, fills it, *seals* the claim, and moves STATE to
 * Stopped with the slot's number in the same compare-and-swap. Two finishers fill two slots; one
 * of them is published, whole.
 *
 * A slot whose claimer was reaped may be claimed by another, but only when no slot is free, so the
 * steps that a dead host has recorded stay readable for its successor. A sealed slot is never claimed
 * again, dead or alive: it may be the published one. Sealing is a compare-and-swap on the claim,
 * so a finisher that was given up, and whose slot went to another, cannot publish it.
 *
 * A host's slot has a record for each of its steps from the start of its run, ended or not. A record
 * is stored again when its step starts and when it ends, its first word last; that of an ended
 * step never changes again. A reader loads the first word first: if it says "ended", the rest was
 * stored before, and is whole. If it does not, only the name counts, which never changes.
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
  INCARNATION_SHIFT,
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
} from './layout';
import { isAlive } from './members';
import { move } from './state';
import { copyWords, staging } from './texts';

/** Claims a slot for `kind` (CLAIM_HOST, CLAIM_FINISHER); -1 when living members have them all. */
export function claimReport(member: i32, incarnation: u32, kind: i32): i32 {
  const claim = claimOf(member, incarnation, kind);
  const capacity = atomic.load<i32>(AT_REPORT_CAPACITY);
  for (let slot = 0; slot < capacity; slot++) {
    if (atomic.load<u64>(reportAt(slot)) !== 0) continue;
    if (takeSlot(slot, 0, claim)) return slot;
  }
  for (let slot = 0; slot < capacity; slot++) {
    const found = atomic.load<u64>(reportAt(slot));
    if (!isAbandoned(found)) continue;
    if (takeSlot(slot, found, claim)) return slot;
  }
  return -1;
}

/** Gives a slot back that was not published. */
export function dropReport(slot: i32, member: i32, incarnation: u32, kind: i32): void {
  atomic.cmpxchg<u64>(reportAt(slot), claimOf(member, incarnation, kind), 0);
}

/** Stores the staged words of `member` as what the report in `slot` says as a whole. */
export function putHead(slot: i32, member: i32): void {
  copyWords(staging(member), reportAt(slot) + REPORT_HEAD, REPORT_HEAD_WORDS);
}

/**
 * Stores the staged words of `member` as record `index`, the first one last, and then counts it: a
 * counted record has its name. Past the last place it does nothing.
 */
export function putStep(slot: i32, member: i32, index: i32): void {
  if (index >= REPORT_STEP_CAPACITY) return;
  const from = staging(member);
  const to = stepAt(slot, index);
  copyWords(from + 4, to + 4, STEP_WORDS - 1);
  copyWords(from, to, 1);
  const count = reportAt(slot) + REPORT_COUNT;
  // Only the claimer writes here.
  if (atomic.load<i32>(count) <= index) atomic.store<i32>(count, index + 1);
}

/** Copies the head of `slot` to the staging place of `member`; the number of its records. */
export function getHead(slot: i32, member: i32): i32 {
  copyWords(reportAt(slot) + REPORT_HEAD, staging(member), REPORT_HEAD_WORDS);
  return atomic.load<i32>(reportAt(slot) + REPORT_COUNT);
}

/**
 * Copies step `index` of `slot` to the staging place; false if the slot changed hands since the step was
 * counted, whether before the copy or during it.
 */
export function getStep(slot: i32, member: i32, index: i32): bool {
  const claim = atomic.load<u64>(reportAt(slot));
  if (atomic.load<i32>(reportAt(slot) + REPORT_COUNT) <= index) return false;
  copyWords(stepAt(slot, index), staging(member), STEP_WORDS);
  return isComplete(claim) && atomic.load<u64>(reportAt(slot)) === claim;
}

/** How many records a host, dead or alive, has in `slot`; 0 if no host has it. */
export function hostSteps(slot: i32): i32 {
  const claim = atomic.load<u64>(reportAt(slot));
  if ((<i32>(claim >> CLAIM_KIND_SHIFT) & CLAIM_KIND_MASK) !== CLAIM_HOST) return 0;
  return atomic.load<i32>(reportAt(slot) + REPORT_COUNT);
}

/** The living member that has `slot` as a host; -1 if it is nobody's, or of one that is gone. */
export function slotHost(slot: i32): i32 {
  const claim = atomic.load<u64>(reportAt(slot));
  if ((<i32>(claim >> CLAIM_KIND_SHIFT) & CLAIM_KIND_MASK) !== CLAIM_HOST) return -1;
  const member = (<i32>claim & CLAIM_MEMBER_MASK) - 1;
  return isAlive(member, <u32>(claim >> INCARNATION_SHIFT)) ? member : -1;
}

/**
 * Moves to Stopped with the report in `slot`: 1 if this call did, 0 if it is Stopped already, -1
 * if the slot is no longer this member's (it was reaped; claim another and fill it again).
 */
export function finishShutdown(now: f64, slot: i32, member: i32, incarnation: u32, kind: i32): i32 {
  const claim = claimOf(member, incarnation, kind);
  if (atomic.cmpxchg<u64>(reportAt(slot), claim, claim | CLAIM_SEALED) !== claim) return -1;
  if (move(STOPPED, now, member, slot)) return 1;
  atomic.store<u64>(reportAt(slot), 0);
  return 0;
}

function claimOf(member: i32, incarnation: u32, kind: i32): u64 {
  return (
    ((<u64>incarnation) << INCARNATION_SHIFT) |
    ((<u64>(<u32>kind)) << CLAIM_KIND_SHIFT) |
    <u64>(<u32>(member + 1))
  );
}

/** It has a kind: the records are its own. */
function isComplete(claim: u64): bool {
  return (<i32>(claim >> CLAIM_KIND_SHIFT) & CLAIM_KIND_MASK) !== 0;
}

function isAbandoned(claim: u64): bool {
  if (claim === 0 || (claim & CLAIM_SEALED) !== 0) return false;
  return !isAlive((<i32>claim & CLAIM_MEMBER_MASK) - 1, <u32>(claim >> INCARNATION_SHIFT));
}

/**
 * From what was found to a claim without a kind, then no records, then the claim: whoever finds a claim
 * with its kind finds no record of the one before it. One that was given up meanwhile fails at the last
 * swap, and again when it seals.
 */
function takeSlot(slot: i32, found: u64, claim: u64): bool {
  const begun = claim & ~((<u64>CLAIM_KIND_MASK) << CLAIM_KIND_SHIFT);
  if (atomic.cmpxchg<u64>(reportAt(slot), found, begun) !== found) return false;
  atomic.store<i32>(reportAt(slot) + REPORT_COUNT, 0);
  atomic.cmpxchg<u64>(reportAt(slot), begun, claim);
  return true;
}

function reportAt(slot: i32): i32 {
  return AT_REPORTS + slot * REPORT_SIZE + REPORT_CLAIM;
}

function stepAt(slot: i32, index: i32): i32 {
  return reportAt(slot) + REPORT_STEPS + index * STEP_SIZE;
}
