/**
 * The leases of a lifecycle, as all of its threads see them. Who contends for one is `tidegate/fleet`;
 * where the bytes are, and how holds follow from them, is `core/lease-cells.ts`.
 *
 * @module
 */

import { LEASE_HELD, LEASE_WAITING } from '../../assembly/layout.ts';
import { wordsOf } from '../core/atomics/words.ts';
import { added } from '../core/backends.ts';
import { LeaseCells, type LeaseSnapshot } from '../core/lease-cells.ts';
import type { Seat } from './seat.ts';

const cellsOf: WeakMap<Seat, LeaseCells> = new WeakMap();

/** The cells of the leases in the memory of a seat. */
export function leaseCells(seat: Seat): LeaseCells {
  const cells = cellsOf.get(seat) ?? new LeaseCells(wordsOf(seat.memory.buffer, Atomics));
  cellsOf.set(seat, cells);
  return cells;
}

/** Brings what reads them, and what is done with those of a thread that is gone. */
export function useLeases(): void {
  added.leases = { read, orphan: (seat, member) => leaseCells(seat as Seat).orphan(member) };
}

function read(seat: object): readonly LeaseSnapshot[] {
  // The core knows seats by no type.
  const cells = leaseCells(seat as Seat);
  const found: LeaseSnapshot[] = [];
  for (let cell = 0; ; cell++) {
    const one = cells.read(cell);
    if (one === undefined) return found;
    const isHeld = one.state === LEASE_HELD;
    found.push({
      name: new TextDecoder().decode(one.name),
      state: isHeld ? 'held' : one.state === LEASE_WAITING ? 'waiting' : 'lost',
      token: isHeld ? Number(one.token) : null,
    });
  }
}
