/**
 * Permits and holds: what may be written now, and how much of it is under way.
 *
 * A permit is counted in its member's own line, so threads do not meet on the hot path. The gate
 * and a drain are the two halves of Dekker's protocol:
 *
 * ```text
 *   tryEnter                         drain
 *   1. load STATE, HOLDS: open?      1. STATE: Ready -> Draining
 *   2. own count + 1                 2. load EPOCH
 *   3. load STATE, HOLDS: open?      3. sum the counts
 *      closed: own count - 1         4. not zero: wait on that EPOCH, again from 2
 * ```
 *
 * If the drain's sum misses an add, the add came after the sum, hence after the move of STATE,
 * and step 3 of that `tryEnter` sees the drain and takes it back. If it does not miss it, the drain
 * waits. Either way no permit is held when the sum is zero, and none is taken later. Whoever lowers a
 * count looks at STATE *afterwards* and announces if a drain may be waiting: a drain that summed
 * before the decrement moved STATE before it, so the look sees it.
 *
 * Holds are the same with HOLDS in the place of STATE: `hold` returns, and no write begins. So are
 * the stages of the boot, with HOST: once a shutdown is accepted no stage begins, and the host sums
 * those in progress after the acceptance.
 *
 * @module
 */

import { holds } from './checks';
import { countLine, countRefusedQuery, countRefusedWrite, settleCount } from './counts';
import { announce } from './epoch';
import { isAccepted } from './host';
import {
  ADMITTED,
  ADMITTED_SHIFT,
  AT_HOLDS,
  AT_STATE,
  BASE_MASK,
  COUNT_QUERIES,
  COUNT_WRITES,
  DRAINING,
  HOLD_ANY,
  INCARNATION_SHIFT,
  MEMBER_BOOTS,
  MEMBER_QUERIES,
  MEMBER_WRITES,
  PERMIT_MAX,
  PERMIT_TAKEN,
  PHASES,
  READY,
  REFUSED_FULL,
  REFUSED_HOLD,
  REFUSED_PHASE,
  REFUSED_REAPED,
  SHUTTING_DOWN,
  STATE_PHASE_MASK,
} from './layout';
import { isAlive, memberLine, membersUsed } from './members';

/** What refuses nothing; else the number of what refuses, as refusals are counted. */
const NOTHING = -1;
/** `take` took, and what was admitted is due to be stored in the base of the line. */
const BASE_IS_DUE = -1;

/** Admits a write of this member, or says what refuses it, and counts that. */
export function enterWrite(member: i32, incarnation: u32): i32 {
  let reason = whyNoWrites();
  if (reason !== NOTHING) return refuseWrite(member, reason);
  const word = memberLine(member) + MEMBER_WRITES;
  const taken = take(word, incarnation);
  if (taken > ADMITTED) return taken;
  reason = whyNoWrites();
  if (reason !== NOTHING) {
    takeBack(word, incarnation);
    return refuseWrite(member, reason);
  }
  if (taken === BASE_IS_DUE) settleCount(countLine(member) + COUNT_WRITES, word, incarnation);
  return ADMITTED;
}

/** Admits a query of this member, or says what refuses it, and counts that. */
export function enterQuery(member: i32, incarnation: u32): i32 {
  let reason = whyNoQueries();
  if (reason !== NOTHING) return refuseQuery(member, reason);
  const word = memberLine(member) + MEMBER_QUERIES;
  const taken = take(word, incarnation);
  if (taken > ADMITTED) return taken;
  reason = whyNoQueries();
  if (reason !== NOTHING) {
    takeBack(word, incarnation);
    return refuseQuery(member, reason);
  }
  if (taken === BASE_IS_DUE) settleCount(countLine(member) + COUNT_QUERIES, word, incarnation);
  return ADMITTED;
}

/** Releases a write; false if this member was reaped, and its permits with it. */
export function leaveWrite(member: i32, incarnation: u32): bool {
  return giveBack(memberLine(member) + MEMBER_WRITES, incarnation);
}

/** Releases a query; false if this member was reaped, and its permits with it. */
export function leaveQuery(member: i32, incarnation: u32): bool {
  return giveBack(memberLine(member) + MEMBER_QUERIES, incarnation);
}

/** Admits a stage of the boot of this member, or says what refuses it. */
export function enterBoot(member: i32, incarnation: u32): i32 {
  if (isLeaving()) return REFUSED_PHASE;
  const word = memberLine(member) + MEMBER_BOOTS;
  const taken = take(word, incarnation);
  if (taken > ADMITTED) return taken;
  if (!isLeaving()) return ADMITTED;
  leaveBoot(member, incarnation);
  return REFUSED_PHASE;
}

/** The end of a stage; false if this member was reaped, and its stages with it. */
export function leaveBoot(member: i32, incarnation: u32): bool {
  if (!lower(memberLine(member) + MEMBER_BOOTS, incarnation)) return false;
  if (isLeaving()) announce();
  return true;
}

/** What would refuse a write now; ADMITTED if nothing. Two loads where no hold is set. */
export function writeRefusal(): i32 {
  const reason = whyNoWrites();
  return reason === NOTHING ? ADMITTED : refusalOf(reason);
}

/** Writes that this member holds. */
export function writesOf(member: i32): i32 {
  return <i32>atomic.load<u64>(memberLine(member) + MEMBER_WRITES) & PERMIT_MAX;
}

/** Queries that this member holds. */
export function queriesOf(member: i32): i32 {
  return <i32>atomic.load<u64>(memberLine(member) + MEMBER_QUERIES) & PERMIT_MAX;
}

/** Writes held over all members. */
export function writesOut(): f64 {
  let sum: f64 = 0;
  const used = membersUsed();
  for (let member = 0; member < used; member++) sum += <f64>writesOf(member);
  return sum;
}

/** Queries held over all members. */
export function queriesOut(): f64 {
  let sum: f64 = 0;
  const used = membersUsed();
  for (let member = 0; member < used; member++) sum += <f64>queriesOf(member);
  return sum;
}

/**
 * Stages of the boot in progress over all members. Those of a member that is gone do not count: a
 * reap leaves BOOTS as it is, and the next tenant brings it to its own incarnation.
 */
export function bootsOut(): f64 {
  let sum: f64 = 0;
  const used = membersUsed();
  for (let member = 0; member < used; member++) {
    const boots = atomic.load<u64>(memberLine(member) + MEMBER_BOOTS);
    const count = <i32>boots & PERMIT_MAX;
    if (count !== 0 && isAlive(member, <u32>(boots >> INCARNATION_SHIFT))) sum += <f64>count;
  }
  return sum;
}

/** Sets the application's holds of `bits`; those that it had set already. */
export function hold(bits: i32): i32 {
  return atomic.or<i32>(AT_HOLDS, bits) & bits;
}

/** Clears the application's holds of `bits`; those that it had set. */
export function unhold(bits: i32): i32 {
  return atomic.and<i32>(AT_HOLDS, ~bits) & bits;
}

/** The phase that refuses writes, or PHASES + the bit of the first hold that does. */
function whyNoWrites(): i32 {
  const phase = <i32>atomic.load<u64>(AT_STATE) & STATE_PHASE_MASK;
  if (phase !== READY) return phase;
  if ((atomic.load<u32>(AT_HOLDS) & HOLD_ANY) === 0) return NOTHING;
  const held = holds();
  return held === 0 ? NOTHING : PHASES + ctz(held);
}

/** The phase that refuses queries. */
function whyNoQueries(): i32 {
  const phase = <i32>atomic.load<u64>(AT_STATE) & STATE_PHASE_MASK;
  return phase === READY || phase === DRAINING ? NOTHING : phase;
}

function refuseWrite(member: i32, reason: i32): i32 {
  countRefusedWrite(member, reason);
  return refusalOf(reason);
}

function refuseQuery(member: i32, phase: i32): i32 {
  countRefusedQuery(member, phase);
  return REFUSED_PHASE;
}

function refusalOf(reason: i32): i32 {
  return reason < PHASES ? REFUSED_PHASE : REFUSED_HOLD;
}

/**
 * One more held, and admitted: what that says of the total is in `counts.ts`. Only a reap changes
 * another thread's line, so a lost swap is a reap.
 */
function take(word: i32, incarnation: u32): i32 {
  const before = atomic.load<u64>(word);
  if (<u32>(before >> INCARNATION_SHIFT) !== incarnation) return REFUSED_REAPED;
  if ((<u32>before & PERMIT_MAX) === PERMIT_MAX) return REFUSED_FULL;
  let after = before + PERMIT_TAKEN;
  const isDue = ((<u32>after >> ADMITTED_SHIFT) & BASE_MASK) === 0;
  // What is admitted wraps around within its bits, and not into the incarnation.
  if (isDue && <u32>after >> ADMITTED_SHIFT === 0) after -= (<u64>1) << INCARNATION_SHIFT;
  if (atomic.cmpxchg<u64>(word, before, after) !== before) return REFUSED_REAPED;
  return isDue ? BASE_IS_DUE : ADMITTED;
}

/** One less held, and then the look at STATE that the drain relies on. */
function giveBack(word: i32, incarnation: u32): bool {
  if (!lower(word, incarnation)) return false;
  if ((<i32>atomic.load<u64>(AT_STATE) & STATE_PHASE_MASK) > READY) announce();
  return true;
}

/** One less, unless the line was reaped. */
function lower(word: i32, incarnation: u32): bool {
  const before = atomic.load<u64>(word);
  if (<u32>(before >> INCARNATION_SHIFT) !== incarnation) return false;
  if ((<u32>before & PERMIT_MAX) === 0) return false;
  return atomic.cmpxchg<u64>(word, before, before - 1) === before;
}

/** One less held that was not admitted after all, and the same look. */
function takeBack(word: i32, incarnation: u32): void {
  const before = atomic.load<u64>(word);
  if (<u32>(before >> INCARNATION_SHIFT) !== incarnation) return;
  // The difference of 32 bits, which wraps around within them.
  const after = ((<u64>incarnation) << INCARNATION_SHIFT) | <u64>(<u32>before - PERMIT_TAKEN);
  if (atomic.cmpxchg<u64>(word, before, after) !== before) return;
  if ((<i32>atomic.load<u64>(AT_STATE) & STATE_PHASE_MASK) > READY) announce();
}

/** A shutdown was accepted, or begun without being asked for. */
function isLeaving(): bool {
  if (isAccepted()) return true;
  return (<i32>atomic.load<u64>(AT_STATE) & STATE_PHASE_MASK) >= SHUTTING_DOWN;
}
