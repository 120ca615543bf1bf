/**
 * What the fleet's object remembers, and how it changes: pure functions. Deployments have an order,
 * and each phase is a mark on that line, which covers all deployments up to it. A mark only moves
 * forward, so no phase of a deployment ever steps back; a new one is beyond all marks and starts
 * afresh; and whatever is older than a drained one is drained, even if nobody has heard of it before.
 *
 * ```text
 *   deployments   d1 ---- d2 ---- d3 ---- d4        (by the time each was made)
 *   shutting_down -----^
 *   draining      -------------^
 *   phase         shutting  draining  ready   ready
 * ```
 *
 * @module
 */

import { FLEET_PHASES, type FleetPhase } from '../lifecycle/fleet-calls.ts';

/** A deployment, and where it is on the line. */
export interface Deployment {
  readonly id: string;
  readonly order: number;
}

/** How far a phase has come, since when, and by which deployment that was asked for. */
export interface Mark extends Deployment {
  readonly atMs: number;
}

/** All that the object remembers, but for the order of each deployment. */
export interface FleetState {
  /** Of this shape. */
  readonly layout: 1;
  readonly newest: Deployment | null;
  readonly draining: Mark | null;
  readonly shuttingDown: Mark | null;
  /** The longest age that any isolate lets an answer come to, in milliseconds. */
  readonly cacheAgeMs: number;
}

/** Nothing has been heard of yet. */
export const NOTHING: FleetState = {
  layout: 1,
  newest: null,
  draining: null,
  shuttingDown: null,
  cacheAgeMs: 0,
};

/** Writes fail closed when an answer has come to this many cache ages. */
export const LEASE_AGES = 3;

/** The phase of the deployments at `order`. */
export function phaseAt({ draining, shuttingDown }: FleetState, order: number): FleetPhase {
  if (covers(shuttingDown, order)) return 'shutting_down';
  return covers(draining, order) ? 'draining' : 'ready';
}

/** The later of two phases. */
export function laterOf(one: FleetPhase, other: FleetPhase): FleetPhase {
  return FLEET_PHASES.indexOf(one) > FLEET_PHASES.indexOf(other) ? one : other;
}

/**
 * Where a deployment that is new to the object belongs: where it says that it was made, or else
 * beyond all others.
 */
export function orderOf({ newest }: FleetState, madeAtMs: number | null, now: number): number {
  return madeAtMs ?? Math.max(now, (newest?.order ?? 0) + 1);
}

/** An isolate of a deployment was heard of. */
export function heard(state: FleetState, deployment: Deployment, cacheAgeMs: number): FleetState {
  const isNewest = state.newest === null || deployment.order > state.newest.order;
  if (!isNewest && cacheAgeMs <= state.cacheAgeMs) return state;
  return {
    ...state,
    newest: isNewest ? deployment : state.newest,
    cacheAgeMs: Math.max(state.cacheAgeMs, cacheAgeMs),
  };
}

/** Drains, or shuts down, a deployment and all older ones. The same state if they are there already. */
export function moved(
  state: FleetState,
  to: 'draining' | 'shutting_down',
  upTo: Deployment,
  atMs: number,
): FleetState {
  const mark = { ...upTo, atMs };
  const further = (old: Mark | null): Mark =>
    old !== null && covers(old, mark.order) ? old : mark;
  const draining = further(state.draining);
  const shuttingDown = to === 'draining' ? state.shuttingDown : further(state.shuttingDown);
  const isSame = draining === state.draining && shuttingDown === state.shuttingDown;
  return isSame ? state : { ...state, draining, shuttingDown };
}

/**
 * Milliseconds until no isolate of `order` admits a write any more: by then whatever one had heard
 * before is older than its lease, whether or not it has heard of the drain.
 */
export function settlesInMs(state: FleetState, order: number, now: number): number | null {
  const { draining, cacheAgeMs } = state;
  if (draining === null || !covers(draining, order)) return null;
  return Math.max(0, draining.atMs + LEASE_AGES * cacheAgeMs - now);
}

function covers(mark: Mark | null, order: number): boolean {
  return mark !== null && order <= mark.order;
}
