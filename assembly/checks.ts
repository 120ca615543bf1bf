/**
 * Checks: what the threads have found out about what they depend on, for all of them to read. It runs
 * nothing and reads no clock.
 *
 * A cell is of one member, from `addCheck` to `dropCheck` or to the member's end. STATUS says whose
 * it is, how it stands, and which of the two outcomes is the published one, all in one word that is
 * changed by compare-and-swap only. Its sequence grows with every change, by any thread, so no
 * value comes twice within 2^20 changes.
 *
 * ```text
 *            claim                 publish                 publish
 *   free n  ------->  named n+1  ---------->  healthy n+2  ------->  failing n+3  ...
 *     ^                                            |                     |
 *     +--------------------- drop: n+1 ------------+---------------------+
 * ```
 *
 * 1. claim: STATUS from free, or from a member that is gone, to this one, with nothing published
 * 2. the name is written; nobody writes it again before the next claim
 * 3. the outcome that is not published is written: the sequence after the next says which that is
 * 4. publish: STATUS to the next sequence
 *
 * A reader loads STATUS, copies name and outcome, and loads STATUS again. The same published value
 * twice means that neither was touched in between: a name is written only after a claim, and an
 * outcome only after its successor was published, and both changed STATUS. One that dies at any step
 * leaves its last outcome whole, which counts until its member is reaped; then the cell is free
 * without a step of its own, as STATUS has the incarnation of the dead.
 *
 * Failing checks that affect writes hold them: HOLDS has one bit for all of those, HOLD_CHECKS. It is
 * a hint, set after a failure was published and before `reportCheck` returns, and a thread that finds it
 * looks at the cells. If none fails it is cleared, by a swap that a later raise makes fail, since each
 * raise changes the upper half of HOLDS:
 *
 * ```text
 *   who reports a failure       who finds the bit
 *   1. publishes STATUS         1. loads HOLDS
 *   2. raises HOLDS             2. no cell fails: HOLDS without the bit, unless it has changed since 1
 * ```
 *
 * If 2 on the right succeeds beside a failure that its look has missed, the failure was published
 * after that look, hence raises HOLDS after 2, and the bit is set again before the report returns. So
 * nobody has to clear the bit, and no death leaves writes refused. Without failures a permit costs what
 * it did: one load of HOLDS.
 *
 * @module
 */

import { announce } from './epoch';
import {
  AT_CHECK_CAPACITY,
  AT_CHECKED,
  AT_CHECKS,
  AT_EPOCH,
  AT_HOLDS,
  CHECK_AFFECTS_MASK,
  CHECK_AFFECTS_WRITE,
  CHECK_HEALTHY,
  CHECK_MEMBER_MASK,
  CHECK_NAME,
  CHECK_OUTCOMES,
  CHECK_PUBLISHED,
  CHECK_SEQUENCE_MASK,
  CHECK_SEQUENCE_SHIFT,
  CHECK_SIZE,
  HOLD_CHECKS,
  HOLD_FLEET,
  HOLD_FLEET_SHIFT,
  HOLD_LIBRARY_SHIFT,
  HOLD_MASK,
  HOLD_RAISE_STEP,
  INCARNATION_SHIFT,
  OUTCOME_ERROR,
  OUTCOME_SIZE,
} from './layout';
import { isAlive } from './members';
import { copyWords, staging } from './texts';

/**
 * Takes a cell for the outcome and the name that `member` has staged; -1 when living members have
 * them all. `bits` is CHECK_HEALTHY, if it is, and one of CHECK_AFFECTS_*. An EPOCH that moved
 * during the scan means that a cell may have been freed behind it: look again.
 */
export function addCheck(member: i32, incarnation: u32, bits: i32): i32 {
  const capacity = atomic.load<i32>(AT_CHECK_CAPACITY);
  while (true) {
    const epoch = atomic.load<i32>(AT_EPOCH);
    for (let cell = 0; cell < capacity; cell++) {
      const at = checkAt(cell);
      let found = atomic.load<u64>(at);
      // Again if it changed: one that was given up may have dropped it, or reported, meanwhile.
      while (!isTaken(found)) {
        const before = found;
        const mine = next(before, member, incarnation, 0);
        found = atomic.cmpxchg<u64>(at, before, mine);
        if (found !== before) continue;
        copyText(staging(member) + OUTCOME_SIZE, at + CHECK_NAME);
        countCell(cell);
        publish(at, mine, member, incarnation, bits);
        return cell;
      }
    }
    if (atomic.load<i32>(AT_EPOCH) === epoch) return -1;
  }
}

/** Publishes the staged outcome; false if the cell is not of this member, or not any more. */
export function reportCheck(cell: i32, member: i32, incarnation: u32, bits: i32): bool {
  const at = checkAt(cell);
  const found = atomic.load<u64>(at);
  return isOf(found, member, incarnation) && publish(at, found, member, incarnation, bits);
}

/** Frees the cell; false if it is not of this member, or not any more. */
export function dropCheck(cell: i32, member: i32, incarnation: u32): bool {
  const at = checkAt(cell);
  const found = atomic.load<u64>(at);
  if (!isOf(found, member, incarnation)) return false;
  if (atomic.cmpxchg<u64>(at, found, next(found, -1, 0, 0)) !== found) return false;
  announce();
  return true;
}

/** How many cells have ever been used: no loop needs to look further. */
export function checksUsed(): i32 {
  return atomic.load<i32>(AT_CHECKED);
}

/** The lower half of STATUS, 0 if there is no check: another number says that something is new. */
export function checkStatus(cell: i32): i32 {
  const found = atomic.load<u64>(checkAt(cell));
  return isPublished(found) && isTaken(found) ? <i32>found : 0;
}

/** The same, with outcome and name in the staging place of `member`. */
export function readCheck(cell: i32, member: i32): i32 {
  const at = checkAt(cell);
  while (true) {
    const found = atomic.load<u64>(at);
    if (!isPublished(found)) return 0;
    const to = staging(member);
    copyOutcome(outcomeAt(at, found), to);
    copyText(at + CHECK_NAME, to + OUTCOME_SIZE);
    // Alive after the second load: so it was whole, and somebody's, at that moment.
    if (atomic.load<u64>(at) === found) return isTaken(found) ? <i32>found : 0;
  }
}

/**
 * The holds that refuse writes, of the application and of the library, as bits; that of the checks only while one of them fails.
 * Both loads of HOLDS alike mean that all were held together.
 */
export function holds(): i32 {
  let found = atomic.load<u32>(AT_HOLDS);
  while ((found & HOLD_CHECKS) !== 0) {
    const before = found;
    const isHeld = refusesWrites();
    found = isHeld
      ? atomic.load<u32>(AT_HOLDS)
      : atomic.cmpxchg<u32>(AT_HOLDS, before, before & ~HOLD_CHECKS);
    if (found !== before) continue;
    if (!isHeld) found &= ~HOLD_CHECKS;
    break;
  }
  return (
    <i32>(found | (found >> HOLD_LIBRARY_SHIFT) | ((found & HOLD_FLEET) >> HOLD_FLEET_SHIFT)) &
    HOLD_MASK
  );
}

/** True if a check of a living member fails, and affects writes. */
function refusesWrites(): bool {
  const used = checksUsed();
  for (let cell = 0; cell < used; cell++) {
    const found = atomic.load<u64>(checkAt(cell));
    if (isPublished(found) && failsWrites(<i32>found) && isTaken(found)) return true;
  }
  return false;
}

/** Steps 3 and 4, and the hold. */
function publish(at: i32, found: u64, member: i32, incarnation: u32, bits: i32): bool {
  const status = next(found, member, incarnation, bits | CHECK_PUBLISHED);
  copyOutcome(staging(member), outcomeAt(at, status));
  if (atomic.cmpxchg<u64>(at, found, status) !== found) return false;
  if (failsWrites(bits)) raise();
  return true;
}

/** Sets HOLD_CHECKS, so that no look that was taken before clears it. */
function raise(): void {
  let found = atomic.load<u32>(AT_HOLDS);
  while (true) {
    const before = found;
    found = atomic.cmpxchg<u32>(AT_HOLDS, before, (before | HOLD_CHECKS) + HOLD_RAISE_STEP);
    if (found === before) return;
  }
}

/** Before the first outcome is published: a cell that a reader misses has nothing to read yet. */
function countCell(cell: i32): void {
  let used = atomic.load<i32>(AT_CHECKED);
  while (used <= cell) {
    const found = atomic.cmpxchg<i32>(AT_CHECKED, used, cell + 1);
    if (found === used) break;
    used = found;
  }
}

function failsWrites(bits: i32): bool {
  return (bits & (CHECK_AFFECTS_MASK | CHECK_HEALTHY)) === CHECK_AFFECTS_WRITE;
}

/** STATUS after `found`. */
function next(found: u64, member: i32, incarnation: u32, bits: i32): u64 {
  const sequence = ((<u32>found >> CHECK_SEQUENCE_SHIFT) + 1) & CHECK_SEQUENCE_MASK;
  return (
    ((<u64>incarnation) << INCARNATION_SHIFT) |
    <u64>((sequence << CHECK_SEQUENCE_SHIFT) | <u32>bits | <u32>(member + 1))
  );
}

function isOf(status: u64, member: i32, incarnation: u32): bool {
  return (
    (<i32>status & CHECK_MEMBER_MASK) === member + 1 &&
    <u32>(status >> INCARNATION_SHIFT) === incarnation
  );
}

function isPublished(status: u64): bool {
  return (<i32>status & CHECK_PUBLISHED) !== 0;
}

/** It is of a member that lives. */
function isTaken(status: u64): bool {
  const member = (<i32>status & CHECK_MEMBER_MASK) - 1;
  return member >= 0 && isAlive(member, <u32>(status >> INCARNATION_SHIFT));
}

/** A length, and as many bytes. */
function copyText(from: i32, to: i32): void {
  copyWords(from, to, 1 + ((atomic.load<u32>(from) + 3) >> 2));
}

/** Of the error only what there is. */
function copyOutcome(from: i32, to: i32): void {
  copyWords(from, to, (OUTCOME_ERROR + 2 + atomic.load<u32>(from)) >> 2);
}

function outcomeAt(at: i32, status: u64): i32 {
  return at + CHECK_OUTCOMES + ((<i32>status >> CHECK_SEQUENCE_SHIFT) & 1) * OUTCOME_SIZE;
}

function checkAt(cell: i32): i32 {
  return AT_CHECKS + cell * CHECK_SIZE;
}
