/**
 * STATE: the phase, the time it was entered, who moved it and, once Stopped, where the report is.
 * It does not decide what a phase means, and it does not look at a clock.
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
 * A phase only grows and every failed step 3 means that it grew (or that its time became known,
 * once), so the loop below runs at most seven times: the moves are wait-free.
 *
 * @module
 */

import { announce } from './epoch';
import {
  AT_ENTERED,
  AT_STATE,
  DRAINING,
  ENTERED_FLAG_SHIFT,
  READY,
  SHUTTING_DOWN,
  STARTING,
  STATE_MOVER_SHIFT,
  STATE_PHASE_MASK,
  STATE_REPORT_MASK,
  STATE_REPORT_SHIFT,
  STATE_TIME_SHIFT,
  STOPPED,
} from './layout';

/** The phase now. */
export function phase(): i32 {
  return phaseOf(atomic.load<u64>(AT_STATE));
}

/** Phase and time of one moment, as `time * 8 + phase`: 51 bits, exact in an f64. */
export function state(): f64 {
  const now = atomic.load<u64>(AT_STATE);
  return <f64>((timeOf(now) << 3) | <u64>phaseOf(now));
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
  return <i32>(now >> STATE_REPORT_SHIFT) & STATE_REPORT_MASK;
}

/** Starting -> Ready. */
export function markReady(now: f64, member: i32): bool {
  return move(READY, now, member, 0);
}

/** Ready -> Draining. */
export function markDraining(now: f64, member: i32): bool {
  return move(DRAINING, now, member, 0);
}

/** Starting, Ready or Draining -> ShuttingDown. */
export function beginShutdown(now: f64, member: i32): bool {
  return move(SHUTTING_DOWN, now, member, 0);
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

/** The one loop that moves the phase; `report` is the slot published with Stopped. */
export function move(to: i32, now: f64, member: i32, report: i32): bool {
  while (true) {
    const current = atomic.load<u64>(AT_STATE);
    const from = phaseOf(current);
    if (!allowed(from, to)) return false;
    if (timeOf(current) === 0 && now > 0) {
      settle(now);
      continue;
    }
    help(from, timeOf(current));
    const next =
      ((<u64>now) << STATE_TIME_SHIFT) |
      ((<u64>(<u32>member)) << STATE_MOVER_SHIFT) |
      ((<u64>(<u32>report)) << STATE_REPORT_SHIFT) |
      <u64>to;
    if (atomic.cmpxchg<u64>(AT_STATE, current, next) === current) {
      announce();
      return true;
    }
  }
}

/** The table of the contract: Ready and Draining each have one predecessor, the rest skip ahead. */
function allowed(from: i32, to: i32): bool {
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

function flag(): u64 {
  return (<u64>1) << ENTERED_FLAG_SHIFT;
}

function enteredSlot(phase: i32): i32 {
  return AT_ENTERED + (phase << 3);
}
