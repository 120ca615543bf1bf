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
  const found = new Map<string, LeaseSnapshot>();
  for (let cell = 0; ; cell++) {
    const one = cells.read(cell);
    if (one === undefined) return [...found.values()];
    const isHeld = one.state === LEASE_HELD;
    const name = new TextDecoder().decode(one.name);
    // Two threads may contend for one name: what refuses writes is told.
    if (isHeld && found.has(name)) continue;
    found.set(name, {
      name,
      state: isHeld ? 'held' : one.state === LEASE_WAITING ? 'waiting' : 'lost',
      token: isHeld ? Number(one.token) : null,
    });
  }
}
