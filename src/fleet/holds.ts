/**
 * The write holds of the leases and the fleet of a lifecycle: one is on as long as any of them wants it. A
 * hold that the application had set before is left alone.
 *
 * @module
 */

import type { HoldName } from '../lifecycle/gate.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';

/** The holds that a lease sets. */
export type LeaseHold = Extract<HoldName, 'replica' | 'lease_lost'>;

interface Wanted {
  /** Who wants it: the names of leases, and followers of fleets. */
  readonly by: Set<string | object>;
  /** We have set it, so we release it. */
  isOurs: boolean;
}

const NAMES: readonly LeaseHold[] = ['replica', 'lease_lost'];
const holds: WeakMap<Lifecycle, Record<LeaseHold, Wanted>> = new WeakMap();

/** Brings the holds to what one of them wants: one, or none. */
export function hold(
  lifecycle: Lifecycle,
  owner: string | object,
  wanted: LeaseHold | undefined,
): void {
  const all = holds.get(lifecycle) ?? {
    replica: { by: new Set(), isOurs: false },
    lease_lost: { by: new Set(), isOurs: false },
  };
  holds.set(lifecycle, all);
  // What is wanted first: there is no moment without a hold between two.
  for (const name of NAMES) {
    if (name !== wanted) continue;
    all[name].by.add(owner);
    if (lifecycle.gate.hold(name)) all[name].isOurs = true;
  }
  for (const name of NAMES) {
    const { by } = all[name];
    if (name === wanted || !by.delete(owner) || by.size > 0 || !all[name].isOurs) continue;
    lifecycle.gate.release(name);
    all[name].isOurs = false;
  }
}
