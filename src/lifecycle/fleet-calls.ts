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

/** Longest name of a deployment. */
const DEPLOYMENT_MAX = 256;

/** What a name must be. */
export const DEPLOYMENT_RULE: string = `the deployment must have 1 to ${DEPLOYMENT_MAX} characters`;

/** A map for each, so that a bundle for the edge has only those that it uses. */
const standings: WeakMap<object, () => FleetStanding | undefined> = new WeakMap();
const calls: WeakMap<object, FleetCalls> = new WeakMap();
const waiters: WeakMap<object, Set<() => void>> = new WeakMap();
const listeners: WeakMap<object, Set<() => void>> = new WeakMap();

/** True for what can name a deployment. */
export function isDeployment(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= DEPLOYMENT_MAX;
}

/** Says how a lifecycle stands with the fleet that it follows: asked at each look, `undefined` once it follows none. */
export function noteStanding(lifecycle: object, standing: () => FleetStanding | undefined): void {
  standings.set(lifecycle, standing);
}

/** How a lifecycle stands with the fleet that it follows, on this thread. */
export function standingOf(lifecycle: object): FleetStanding | undefined {
  return standings.get(lifecycle)?.();
}

/** Says how the fleet is asked that a lifecycle follows. */
export function noteCalls(lifecycle: object, asked: FleetCalls): void {
  calls.set(lifecycle, asked);
  for (const then of waiters.get(lifecycle) ?? []) then();
  waiters.delete(lifecycle);
}

/**
 * Calls `then` once the lifecycle follows a fleet: now, or when it begins to.
 *
 * @param then is given what finds the fleet that is followed then, or was followed last
 */
export function whenFleet(lifecycle: object, then: (fleet: () => FleetCalls) => void): void {
  const first = calls.get(lifecycle);
  if (first !== undefined) then(() => calls.get(lifecycle) ?? first);
  else added(waiters, lifecycle, () => whenFleet(lifecycle, then));
}

/** Says that what {@link standingOf} tells has changed, but for the age. */
export function fleetChanged(lifecycle: object): void {
  for (const hear of listeners.get(lifecycle) ?? []) hear();
}

/** Hears of each change; what it throws is the caller's. Returns the removal. */
export function hearFleet(lifecycle: object, hear: () => void): () => void {
  const entry = (): void => hear();
  const entries = added(listeners, lifecycle, entry);
  return () => void entries.delete(entry);
}

function added(
  all: WeakMap<object, Set<() => void>>,
  lifecycle: object,
  entry: () => void,
): Set<() => void> {
  const entries = all.get(lifecycle) ?? new Set();
  all.set(lifecycle, entries.add(entry));
  return entries;
}
