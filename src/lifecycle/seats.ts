/**
 * Which seat a lifecycle has, for other layers that work on its memory. An application never sees one.
 *
 * @module
 */

import type { Seat } from './seat.ts';

const seats: WeakMap<object, Seat> = new WeakMap();

/** Says whose seat it is; the lifecycle does. */
export function keepSeat(lifecycle: object, seat: Seat): void {
  seats.set(lifecycle, seat);
}

/** The seat of a lifecycle; `undefined` for one of another copy of the package. */
export function seatOf(lifecycle: object): Seat | undefined {
  return seats.get(lifecycle);
}
