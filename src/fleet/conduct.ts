/**
 * What a lifecycle does about where its fleet is: it refuses writes when it has not heard of the fleet for
 * too long, drains, and says whether it is to shut down. When it is asked, and by what, is for the followers.
 *
 * @module
 */

import { HOLD_FLEET } from '../../assembly/layout.ts';
import { LifecycleError } from '../lifecycle/errors.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { Phase } from '../lifecycle/phase.ts';
import type { Seat } from '../lifecycle/seat.ts';
import { seatOf } from '../lifecycle/seats.ts';
import type { FleetPhase } from './state.ts';

/**
 * Brings the lifecycle to where the fleet is. A fleet never goes back, so this can be done at any time.
 *
 * @param isRefusing whether the hold `lease_lost` is wanted
 * @returns true if the lifecycle is to be shut down now
 * @throws {LifecycleError} `detached`
 */
export function conform(lifecycle: Lifecycle, phase: FleetPhase, isRefusing: boolean): boolean {
  const core = coreOf(lifecycle);
  if (isRefusing) core.hold(HOLD_FLEET);
  // At once, before anything is awaited: a shutdown comes to it later.
  if (phase !== 'ready') lifecycle.markDraining();
  // Last: there is no moment between the hold and the drain.
  if (!isRefusing) core.unhold(HOLD_FLEET);
  if (phase !== 'shutting_down' || lifecycle.shutdownRequested()) return false;
  return lifecycle.phase() < Phase.ShuttingDown;
}

/**
 * Refuses nothing any more because of the fleet.
 *
 * @throws {LifecycleError} `detached`
 */
export function admit(lifecycle: Lifecycle): void {
  coreOf(lifecycle).unhold(HOLD_FLEET);
}

/** @throws {LifecycleError} `invalid_argument` */
function coreOf(lifecycle: Lifecycle): Seat['core'] {
  const seat = seatOf(lifecycle);
  if (seat !== undefined) return seat.core;
  const message = 'Cannot follow the fleet: the Lifecycle must be of this copy of the package';
  throw new LifecycleError('invalid_argument', message);
}
