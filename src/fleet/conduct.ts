/**
 * What a lifecycle does about where its fleet is: it refuses writes when it has not heard of the fleet for
 * too long, drains, and says whether it is to shut down. When it is asked, and by what, is for the followers.
 *
 * @module
 */

import type { FleetPhase } from '../lifecycle/fleet-calls.ts';
import { holdForFleet } from '../lifecycle/fleet-hold.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { Phase } from '../lifecycle/phase.ts';

/**
 * Brings the lifecycle to where the fleet is. A fleet never goes back, so this can be done at any time.
 *
 * @param isRefusing whether the hold `lease_lost` is wanted
 * @returns true if the lifecycle is to be shut down now
 * @throws {LifecycleError} `detached`
 */
export function conform(lifecycle: Lifecycle, phase: FleetPhase, isRefusing: boolean): boolean {
  if (isRefusing) holdForFleet(lifecycle, true);
  // At once, before anything is awaited: a shutdown comes to it later.
  if (phase !== 'ready') lifecycle.markDraining();
  // Last: there is no moment between the hold and the drain.
  if (!isRefusing) holdForFleet(lifecycle, false);
  if (phase !== 'shutting_down' || lifecycle.shutdownRequested()) return false;
  return lifecycle.phase() < Phase.ShuttingDown;
}
