/**
 * The fleet that a lifecycle follows, for those who answer and tell for it: calls that move the fleet, and how it
 * stands with it. It knows no store and no route; what a fleet does is `tidegate/fleet` and `tidegate/cloudflare`.
 *
 * @module
 */

/** A phase of a fleet. Each of its processes starts and stops by itself. */
export type FleetPhase = 'ready' | 'draining' | 'shutting_down';

/** Phases from first to last. */
export const FLEET_PHASES: readonly FleetPhase[] = ['ready', 'draining', 'shutting_down'];

/** How a process stands with its fleet, as it is told everywhere. */
export interface FleetStanding {
  /** Whether the last question was answered. */
  readonly reachable: boolean;
  readonly phase: FleetPhase;
  /** Of this process. */
  readonly deployment: string;
  /** Of what is known; `null` if nothing is. */
  readonly age_ms: number | null;
}

/** What a fleet can be asked by whoever answers for one of its processes. */
export interface FleetCalls {
  status(deployment?: string): Promise<object>;
  drain(deployment?: string): Promise<object>;
  shutdown(deployment?: string): Promise<object>;
}

/** What is known of the fleet of a lifecycle. */
interface Known {
  standing: () => FleetStanding | undefined;
  calls: FleetCalls | undefined;
  /** Those who wait for the calls, once. */
  readonly waiters: ((fleet: () => FleetCalls) => void)[];
  /** Those who hear of each change. */
  readonly listeners: Set<() => void>;
}

/** Longest name of a deployment. */
const DEPLOYMENT_MAX = 256;

/** What a name must be. */
export const DEPLOYMENT_RULE: string = `the deployment must have 1 to ${DEPLOYMENT_MAX} characters`;

const all: WeakMap<object, Known> = new WeakMap();

/** True for what can name a deployment. */
export function isDeployment(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= DEPLOYMENT_MAX;
}

/**
 * Says that a lifecycle follows a fleet.
 *
 * @param standing asked at each look; `undefined` once it is not followed any more
 * @param calls for those who answer for it
 */
export function noteFleet(
  lifecycle: object,
  standing: Known['standing'],
  calls?: FleetCalls,
): void {
  const known = knownOf(lifecycle);
  known.standing = standing;
  if (calls === undefined) return;
  known.calls = calls;
  for (const then of known.waiters.splice(0)) whenFleet(lifecycle, then);
}

/** How a lifecycle stands with the fleet that it follows, on this thread. */
export function standingOf(lifecycle: object): FleetStanding | undefined {
  return all.get(lifecycle)?.standing();
}

/**
 * Calls `then` once the lifecycle follows a fleet: now, or when it begins to.
 *
 * @param then is given what finds the fleet that is followed then, or was followed last
 */
export function whenFleet(lifecycle: object, then: (fleet: () => FleetCalls) => void): void {
  const known = knownOf(lifecycle);
  const { calls } = known;
  if (calls === undefined) known.waiters.push(then);
  else then(() => known.calls ?? calls);
}

/** Says that what {@link standingOf} tells has changed, but for the age. */
export function fleetChanged(lifecycle: object): void {
  for (const hear of all.get(lifecycle)?.listeners ?? []) hear();
}

/** Hears of each change; what it throws is the caller's. Returns the removal. */
export function hearFleet(lifecycle: object, hear: () => void): () => void {
  const { listeners } = knownOf(lifecycle);
  listeners.add(hear);
  return () => void listeners.delete(hear);
}

function knownOf(lifecycle: object): Known {
  const known = all.get(lifecycle) ?? {
    standing: () => undefined,
    calls: undefined,
    waiters: [],
    listeners: new Set(),
  };
  all.set(lifecycle, known);
  return known;
}
