/**
 * When each phase was entered, and how long ago the lifecycle was created. The words are the core's;
 * clocks are `clock.ts` and `age.ts`.
 *
 * @module
 */

import { STARTING } from '../../assembly/layout.ts';
import type { Seat } from './seat.ts';

/** When `phase` was entered; `null` if it never was, 0 if the clock has had no time since. */
export function enteredAtMs(seat: Seat, phase: number): number | null {
  seat.settle();
  const time = seat.core.enteredAt(phase);
  return time < 0 ? null : time;
}

/** See `Lifecycle.ageMs`. */
export function ageMs(seat: Seat): number {
  const startedAtMs = enteredAtMs(seat, STARTING) ?? 0;
  if (startedAtMs === 0) return 0;
  if (!seat.hasOwnClock) return Math.floor(seat.age.now());
  return Math.max(0, seat.now() - startedAtMs);
}
