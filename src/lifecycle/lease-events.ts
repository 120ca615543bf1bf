/**
 * Who hears of the leases of a lifecycle, on the thread that contends for them. It knows no lease.
 *
 * @module
 */

import type { LeaseSnapshot } from './lease-state.ts';

type Hear = (lease: LeaseSnapshot) => void;

const kept: WeakMap<object, Set<Hear>> = new WeakMap();

/** Calls `hear`, which does not throw, when a lease is held, waited for or lost. Returns the removal. */
export function onLease(lifecycle: object, hear: Hear): () => void {
  const all = kept.get(lifecycle) ?? new Set();
  kept.set(lifecycle, all.add(hear));
  return () => void all.delete(hear);
}

/** Tells all of them. */
export function tellLease(lifecycle: object, lease: LeaseSnapshot): void {
  for (const hear of kept.get(lifecycle) ?? []) hear(lease);
}
