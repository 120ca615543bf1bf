/**
 * The moves of the phase. Each also wakes the waiters of this thread; the memory wakes other
 * threads. A move that opens the gate reads the clock, and fails if that fails; a move that closes
 * it always succeeds. The move to Stopped needs a report: see `finish.ts` and `run.ts`.
 *
 * @module
 */

import type { Seat } from './seat.ts';

/** Starting → Ready. */
export function markReady(seat: Seat): boolean {
  return moved(seat, seat.core.markReady(seat.now(), seat.member.number));
}

/** Ready → Draining. */
export function markDraining(seat: Seat): boolean {
  return moved(seat, seat.core.markDraining(seat.closingTime(), seat.member.number));
}

/** Any phase before it → ShuttingDown, and the application owns the shutdown. */
export function beginShutdown(seat: Seat): boolean {
  const { number, incarnation } = seat.member;
  return moved(seat, seat.core.beginShutdown(seat.closingTime(), number, incarnation));
}

/** The same for the runner of a pipeline. */
export function runShutdown(seat: Seat): boolean {
  return moved(seat, seat.core.runShutdown(seat.closingTime(), seat.member.number));
}

/** What a move answered, once it has woken this thread. */
export function moved({ wakeups }: Seat, made: number): boolean {
  wakeups.wake();
  return made === 1;
}
