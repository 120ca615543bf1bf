/**
 * The messages between Workers and the fleet's object, and the checks that refuse anything else.
 * Nothing outside the platform sees them.
 *
 * @module
 */

import { isObject, isWithin } from '../lifecycle/check.ts';
import { TIME_MAX_MS, TIMER_MAX_MS } from '../lifecycle/clock.ts';
import { FLEET_PHASES, type FleetPhase } from './state.ts';

/** What an isolate says when it asks. */
export interface Poll {
  readonly deployment: string;
  /** When the deployment was made, if that is known. */
  readonly made_at_ms: number | null;
  readonly cache_age_ms: number;
}

/** What the object answers to whatever it is asked. */
export interface FleetAnswer {
  readonly ok: true;
  /** Of the deployment below. */
  readonly phase: FleetPhase;
  readonly deployment: string;
  /** The newest that was heard of. */
  readonly newest: string;
  /** This very call made the move. */
  readonly changed: boolean;
  /** Milliseconds until no isolate of it admits a write; `null` while they may. */
  readonly settles_in_ms: number | null;
  readonly draining_at_ms: number | null;
  readonly shutting_down_at_ms: number | null;
}

/** Longest name of a deployment. */
const DEPLOYMENT_MAX = 256;

/** What a name must be. */
export const DEPLOYMENT_RULE: string = `the deployment must have 1 to ${DEPLOYMENT_MAX} characters`;

/** True for what can name a deployment. */
export function isDeployment(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= DEPLOYMENT_MAX;
}

/** Reads what an isolate said; `undefined` for anything else. */
export function pollIn(text: string): Poll | undefined {
  const value = parsed(text) as Partial<Poll> | undefined;
  const { deployment, made_at_ms = null, cache_age_ms } = value ?? {};
  const isTime = made_at_ms === null || isWithin(made_at_ms, 1, TIME_MAX_MS);
  if (!isDeployment(deployment) || !isTime || !isWithin(cache_age_ms, 1, TIMER_MAX_MS)) {
    return undefined;
  }
  return { deployment, made_at_ms, cache_age_ms };
}

/**
 * Which deployment an admin call is about: `null` for a body that is empty or names none, that is,
 * for the newest; `undefined` for a body that is neither.
 */
export function targetIn(text: string): string | null | undefined {
  if (text === '') return null;
  const value = parsed(text);
  if (value === undefined) return undefined;
  const { deployment = null, ...others } = value as { readonly deployment?: unknown };
  if (Object.keys(others).length > 0) return undefined;
  return deployment === null || isDeployment(deployment) ? deployment : undefined;
}

/** True for an answer of the object. */
export function isAnswer(value: unknown): value is FleetAnswer {
  const { ok, phase, deployment } = (value ?? {}) as Partial<FleetAnswer>;
  return ok === true && FLEET_PHASES.some((each) => each === phase) && isDeployment(deployment);
}

function parsed(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
