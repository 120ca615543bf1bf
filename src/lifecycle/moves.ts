/**
 * The moves of the phase that an application asks for. Opening reads the clock, and fails with it;
 * closing always closes. The end of a shutdown is `finish.ts`.
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

/** Wakes those who wait in this thread; others are woken by the memory. */
export function moved({ wakeups }: Seat, made: number): boolean {
  wakeups.poke();
  return made === 1;
}
