/**
 * The hold of a fleet: it refuses writes as `lease_lost`, and is its own, which no release of the application lifts. When
 * it is set is for the fleet to say.
 *
 * @module
 */

import { HOLD_FLEET } from '../../assembly/layout.ts';
import { must } from './check.ts';
import { seatOf } from './seats.ts';

/**
 * Sets the hold, or clears it.
 *
 * @throws {LifecycleError} `detached`; `invalid_argument` for a lifecycle of another copy of the package
 */
export function holdForFleet(lifecycle: object, isWanted: boolean): void {
  const core = seatOf(lifecycle)?.core;
  const rule = 'the Lifecycle must be of this copy of the package';
  must(core !== undefined, 'follow the fleet', rule, lifecycle);
  if (isWanted) core.hold(HOLD_FLEET);
  else core.unhold(HOLD_FLEET);
}
