/**
 * What a fleet says of a deployment, and how deployments are named. It asks nobody, and reads no clock.
 *
 * @module
 */

import { isObject, isWithin, must } from '../lifecycle/check.ts';
import { TIME_MAX_MS } from '../lifecycle/clock.ts';
import { LifecycleError } from '../lifecycle/errors.ts';
import { DEPLOYMENT_RULE, type FleetPhase, isDeployment } from '../lifecycle/fleet-calls.ts';
import { type Deployment, type FleetState, phaseAt } from './state.ts';

/** What a fleet answers to whatever it is asked. */
export interface FleetAnswer {
  readonly ok: true;
  /** Of the deployment below. */
  readonly phase: FleetPhase;
  readonly deployment: string;
  /** The newest that was heard of. */
  readonly newest: string;
  /** This very call made the move. */
  readonly changed: boolean;
  /** Milliseconds until no process of it admits a write; `null` while they may. */
  readonly settles_in_ms: number | null;
  readonly draining_at_ms: number | null;
  readonly shutting_down_at_ms: number | null;
}

/** A deployment: its name alone, or with the time at which it was made. */
export type DeploymentSource =
  | string
  | { readonly id: string; readonly timestamp?: string | number | undefined };

/** A deployment as its processes know it. */
export interface Named {
  readonly id: string;
  /** When the deployment was made, if that is known. */
  readonly made_at_ms: number | null;
}

/** The answer about a deployment. */
export function tellOf(
  state: FleetState,
  { id, order }: Deployment,
  changed: boolean,
  settles_in_ms: number | null,
): FleetAnswer {
  const { newest, draining, shuttingDown } = state;
  const phase = phaseAt(state, order);
  return {
    ok: true,
    phase,
    deployment: id,
    newest: newest?.id ?? id,
    changed,
    settles_in_ms,
    draining_at_ms: phase === 'ready' ? null : (draining?.atMs ?? null),
    shutting_down_at_ms: phase === 'shutting_down' ? (shuttingDown?.atMs ?? null) : null,
  };
}

/** @throws {LifecycleError} `invalid_argument` for what names no deployment */
export function deploymentOf(action: string, source: unknown): Named {
  const { id, timestamp }: { readonly id?: unknown; readonly timestamp?: unknown } =
    typeof source === 'string' ? { id: source } : isObject(source) ? source : {};
  must(isDeployment(id), action, DEPLOYMENT_RULE, id);
  if (timestamp === undefined || timestamp === '') return { id, made_at_ms: null };
  const made_at_ms = typeof timestamp === 'number' ? timestamp : Date.parse(String(timestamp));
  if (!isWithin(made_at_ms, 1, TIME_MAX_MS)) {
    throw new LifecycleError(
      'invalid_argument',
      `Cannot ${action}: the timestamp of the deployment must be a date`,
    );
  }
  return { id, made_at_ms };
}
