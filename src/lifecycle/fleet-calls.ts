/**
 * The fleet that a lifecycle follows, for those who answer for it: calls that move the fleet, and how it
 * stands with it. It knows no store and no route; what a fleet does is `tidegate/fleet`.
 *
 * @module
 */

/** What a fleet can be asked by whoever answers for one of its processes. */
export interface FleetCalls {
  status(deployment?: string): Promise<object>;
  drain(deployment?: string): Promise<object>;
  shutdown(deployment?: string): Promise<object>;
  /** How it stands with the fleet, as readiness tells it; `undefined` if it is not followed any more. */
  standing(): object | undefined;
}

/** Longest name of a deployment. */
const DEPLOYMENT_MAX = 256;

/** What a name must be. */
export const DEPLOYMENT_RULE: string = `the deployment must have 1 to ${DEPLOYMENT_MAX} characters`;

const fleets: WeakMap<object, FleetCalls> = new WeakMap();
const waiters: WeakMap<object, (() => void)[]> = new WeakMap();

/** True for what can name a deployment. */
export function isDeployment(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= DEPLOYMENT_MAX;
}

/** Says which fleet a lifecycle follows. */
export function noteFleet(lifecycle: object, calls: FleetCalls): void {
  fleets.set(lifecycle, calls);
  for (const then of waiters.get(lifecycle) ?? []) then();
  waiters.delete(lifecycle);
}

/** The fleet that the lifecycle follows, or followed last, on this thread. */
export function fleetOf(lifecycle: object): FleetCalls | undefined {
  return fleets.get(lifecycle);
}

/** Calls `then` once the lifecycle follows a fleet: now, or when it begins to. */
export function whenFleet(lifecycle: object, then: () => void): void {
  if (fleets.has(lifecycle)) then();
  else waiters.set(lifecycle, [...(waiters.get(lifecycle) ?? []), then]);
}
