/**
 * The write holds of the leases of a lifecycle: one is on as long as any of its leases wants it. A hold
 * that the application had set before is left alone.
 *
 * @module
 */

import type { HoldName } from '../lifecycle/gate.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';

/** The holds that a lease sets. */
export type LeaseHold = Extract<HoldName, 'replica' | 'lease_lost'>;

interface Wanted {
  /** The names of the leases that want it. */
  readonly by: Set<string>;
  /** We have set it, so we release it. */
  isOurs: boolean;
}

const NAMES: readonly LeaseHold[] = ['replica', 'lease_lost'];
const holds: WeakMap<Lifecycle, Record<LeaseHold, Wanted>> = new WeakMap();

/** Brings the holds to what a lease wants: one of them, or none. */
export function hold(lifecycle: Lifecycle, lease: string, wanted: LeaseHold | undefined): void {
  const all = holds.get(lifecycle) ?? {
    replica: { by: new Set(), isOurs: false },
    lease_lost: { by: new Set(), isOurs: false },
  };
  holds.set(lifecycle, all);
  // What is wanted first: there is no moment without a hold between two.
  for (const name of NAMES) {
    if (name !== wanted) continue;
    all[name].by.add(lease);
    if (lifecycle.gate.hold(name)) all[name].isOurs = true;
  }
  for (const name of NAMES) {
    const { by } = all[name];
    if (name === wanted || !by.delete(lease) || by.size > 0 || !all[name].isOurs) continue;
    lifecycle.gate.release(name);
    all[name].isOurs = false;
  }
}
