/**
 * STATE: the phase, the time it was entered, who moved it, who began the shutdown and, once Stopped,
 * where the report is. It does not decide what a phase means, and it does not look at a clock.
 *
 * All of it is one u64, moved by one compare-and-swap, so no reader ever sees a phase without its
 * time. The time of a *past* phase is in its ENTERED slot. The mover fills that slot before it
 * moves on (it helps), not after:
 *
 * 1. load STATE: phase p since t
 * 2. ENTERED[p]: 0 -> t
 * 3. STATE: (p, t) -> (q, now)
 *
 * A thread that dies after 2 has stored what the next mover would store. A thread that is slow
 * between 1 and 3 loses at 3, and what it stored at 2 was the truth. Hence: whoever loads STATE
 * and finds q finds ENTERED[p] filled; step 2 of the winner came before its step 3.
 *
 * A phase only grows and every failed step 3 means that it grew (or that its time became known, or
 * that somebody said "failed", once each), so the loop below runs at most eight times: the moves
 * are wait-free.
 *
 * **Who owns a shutdown** is decided by the very swap that enters ShuttingDown. A runner's has the
 * bit BEGAN_BY_RUNNER; an application's has the mover and four bits of its incarnation, and the
 * whole incarnation is in BEGAN of the mover's line:
 *
 * 1. BEGAN: raised to my incarnation, never lowered
 * 2. STATE: (p, t) -> (ShuttingDown, now, me, four bits of my incarnation)
 *
 * A reader that finds an application's ShuttingDown looks at BEGAN. If its four bits are those of
 * STATE, that is the owner, alive as long as OWNER bears that incarnation. If not, a later tenant of
 * the line has raised BEGAN and lost at 2, so the owner's incarnation is over. A tenant that comes
 * after 2 loads ShuttingDown and does not get to 1. (Sixteen tenants of one line within one call
 * of a thread that was declared dead and runs on would be taken for one another.)
 *
 * @module
 */

import { announce } from './epoch';
import {
  AT_ENTERED,
  AT_STATE,
  BEGAN_BY_RUNNER,
  BEGAN_TAG_MASK,
  DRAINING,
  ENTERED_FLAG_SHIFT,
  INCARNATION_SHIFT,
  MEMBER_BEGAN,
  OWNED_BY_APPLICATION,
  OWNED_BY_NOBODY,
  OWNED_BY_RUNNER,
  OWNED_BY_THE_DEAD,
  READY,
  SHUTTING_DOWN,
  STARTING,
  STATE_FAILED,
  STATE_FIELD_MASK,
  STATE_FIELD_SHIFT,
  STATE_MOVER_MASK,
  STATE_MOVER_SHIFT,
  STATE_PHASE_MASK,
  STATE_TIME_SHIFT,
  STATE_TIME_STEP,
  STOPPED,
} from './layout';
import { advance, isAlive, memberLine } from './members';

/** The phase now. */
export function phase(): i32 {
  return phaseOf(atomic.load<u64>(AT_STATE));
}

/** Phase and time, read together, as `time * 8 + phase`: 51 bits, exact in an f64. */
export function state(): f64 {
  const now = atomic.load<u64>(AT_STATE);
  return <f64>((timeOf(now) * STATE_TIME_STEP) | <u64>phaseOf(now));
}

/** When `wanted` was entered: -1 never, 0 entered while the clock had no time yet. */
export function enteredAt(wanted: i32): f64 {
  const now = atomic.load<u64>(AT_STATE);
  if (phaseOf(now) === wanted) return <f64>timeOf(now);
  // A past phase has its slot filled; one not reached yet has it empty, or is being helped into
  // it by a mover that came after our load.
  if (wanted > phaseOf(now)) return -1;
  const slot = atomic.load<u64>(enteredSlot(wanted));
  return slot === 0 ? -1 : <f64>(slot & ~flag());
}

/** The report slot of a Stopped lifecycle, else -1. */
export function stoppedReport(): i32 {
  const now = atomic.load<u64>(AT_STATE);
  if (phaseOf(now) !== STOPPED) return -1;
  return fieldOf(now);
}

/** Starting -> Ready. */
export function markReady(now: f64, member: i32): bool {
  return move(READY, now, member, 0);
}

/** Ready -> Draining. */
export function markDraining(now: f64, member: i32): bool {
  return move(DRAINING, now, member, 0);
}

/** Starting, Ready or Draining -> ShuttingDown, for an application: it owns the shutdown then. */
export function beginShutdown(now: f64, member: i32, incarnation: u32): bool {
  if (phase() >= SHUTTING_DOWN) return false;
  advance(memberLine(member) + MEMBER_BEGAN, incarnation);
  return move(SHUTTING_DOWN, now, member, tagOfIncarnation(incarnation) << 1);
}

/** The same move for the runner of a pipeline. */
export function runShutdown(now: f64, member: i32): bool {
  return move(SHUTTING_DOWN, now, member, BEGAN_BY_RUNNER);
}

/** Whose the shutdown is: OWNED_BY_NOBODY before and after ShuttingDown. */
export function owner(): i32 {
  const now = atomic.load<u64>(AT_STATE);
  if (phaseOf(now) !== SHUTTING_DOWN) return OWNED_BY_NOBODY;
  const field = fieldOf(now);
  if ((field & BEGAN_BY_RUNNER) !== 0) return OWNED_BY_RUNNER;
  const member = <i32>(now >> STATE_MOVER_SHIFT) & STATE_MOVER_MASK;
  const began = atomic.load<u64>(memberLine(member) + MEMBER_BEGAN);
  const incarnation = <u32>(began >> INCARNATION_SHIFT);
  const isOwner = tagOfIncarnation(incarnation) === field >> 1;
  return isOwner && isAlive(member, incarnation) ? OWNED_BY_APPLICATION : OWNED_BY_THE_DEAD;
}

/** Says that the shutdown is a failure; false once it is over, when nothing can be added. */
export function noteFailure(): bool {
  let current = atomic.load<u64>(AT_STATE);
  while (phaseOf(current) !== STOPPED) {
    if ((current & STATE_FAILED) !== 0) return true;
    const found = atomic.cmpxchg<u64>(AT_STATE, current, current | STATE_FAILED);
    if (found === current) return true;
    current = found;
  }
  return false;
}

/** True if somebody said so in time. */
export function hasFailed(): bool {
  return (atomic.load<u64>(AT_STATE) & STATE_FAILED) !== 0;
}

/**
 * Gives a time to all that was entered while the clock read 0.
 *
 * STATE first, then the slots of phases that are already past: the slot of the current phase
 * belongs to its helper alone, which copies what STATE says. So STATE and slot cannot get
 * different times from two settlers.
 */
export function settle(now: f64): void {
  if (now <= 0) return;
  let current = atomic.load<u64>(AT_STATE);
  while (timeOf(current) === 0) {
    const timed = current | ((<u64>now) << STATE_TIME_SHIFT);
    const found = atomic.cmpxchg<u64>(AT_STATE, current, timed);
    if (found === current) break;
    current = found;
  }
  for (let past = 0; past < phaseOf(current); past++) {
    if (atomic.load<u64>(enteredSlot(past)) === flag()) {
      atomic.cmpxchg<u64>(enteredSlot(past), flag(), flag() | <u64>now);
    }
  }
}

/** The one loop that moves the phase; `field` is the slot published with Stopped, or who began. */
export function move(to: i32, now: f64, member: i32, field: i32): bool {
  while (true) {
    const current = atomic.load<u64>(AT_STATE);
    const from = phaseOf(current);
    if (!mayMove(from, to)) return false;
    if (timeOf(current) === 0 && now > 0) {
      settle(now);
      continue;
    }
    help(from, timeOf(current));
    const next =
      ((<u64>now) << STATE_TIME_SHIFT) |
      ((<u64>(<u32>member)) << STATE_MOVER_SHIFT) |
      (current & STATE_FAILED) |
      ((<u64>(<u32>field)) << STATE_FIELD_SHIFT) |
      <u64>to;
    if (atomic.cmpxchg<u64>(AT_STATE, current, next) === current) {
      announce();
      return true;
    }
  }
}

/** The table of the contract: Ready and Draining each have one predecessor, the rest skip ahead. */
function mayMove(from: i32, to: i32): bool {
  if (to === READY) return from === STARTING;
  if (to === DRAINING) return from === READY;
  return from < to;
}

/** Step 2 above. A slot that a helper filled without a time takes the time known since. */
function help(past: i32, time: u64): void {
  const found = atomic.cmpxchg<u64>(enteredSlot(past), 0, flag() | time);
  if (found === flag() && time !== 0) {
    atomic.cmpxchg<u64>(enteredSlot(past), flag(), flag() | time);
  }
}

function phaseOf(word: u64): i32 {
  return <i32>word & STATE_PHASE_MASK;
}

function timeOf(word: u64): u64 {
  return word >> STATE_TIME_SHIFT;
}

function fieldOf(word: u64): i32 {
  return <i32>(word >> STATE_FIELD_SHIFT) & STATE_FIELD_MASK;
}

/** Incarnations of tenants are odd. */
function tagOfIncarnation(incarnation: u32): i32 {
  return <i32>(incarnation >> 1) & BEGAN_TAG_MASK;
}

function flag(): u64 {
  return (<u64>1) << ENTERED_FLAG_SHIFT;
}

function enteredSlot(phase: i32): i32 {
  return AT_ENTERED + (phase << 3);
}
