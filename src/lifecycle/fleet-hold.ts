/**
 * The hold of a fleet: it refuses writes as `lease_lost`, and is its own, which no release of the application lifts. When
 * it is set is for the fleet to say.
 *
 * @module
 */

import { HOLD_FLEET } from '../../assembly/layout.ts';
import { LifecycleError } from './errors.ts';
import { seatOf } from './seats.ts';

/**
 * Sets the hold, or clears it.
 *
 * @throws {LifecycleError} `detached`; `invalid_argument` for a lifecycle of another copy of the package
 */
export function holdForFleet(lifecycle: object, isWanted: boolean): void {
  const core = seatOf(lifecycle)?.core;
  if (core === undefined) {
    const message = 'Cannot follow the fleet: the Lifecycle must be of this copy of the package';
    throw new LifecycleError('invalid_argument', message);
  }
  if (isWanted) core.hold(HOLD_FLEET);
  else core.unhold(HOLD_FLEET);
}
