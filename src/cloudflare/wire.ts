/**
 * The messages between Workers and the fleet's object, and the checks that refuse anything else.
 * Nothing outside the platform sees them.
 *
 * @module
 */

import type { FleetAnswer } from '../fleet/told.ts';
import { objectOf } from '../http/body.ts';
import { isWithin } from '../lifecycle/check.ts';
import { TIME_MAX_MS, TIMER_MAX_MS } from '../lifecycle/clock.ts';
import { FLEET_PHASES, isDeployment } from '../lifecycle/fleet-calls.ts';

/** What an isolate says when it asks. */
export interface Poll {
  readonly deployment: string;
  /** When the deployment was made, if that is known. */
  readonly made_at_ms: number | null;
  readonly cache_age_ms: number;
}

/** Reads what an isolate said; `undefined` for anything else. */
export function pollIn(text: string): Poll | undefined {
  const value = objectOf(text) as Partial<Poll> | undefined;
  const { deployment, made_at_ms = null, cache_age_ms } = value ?? {};
  const isTime = made_at_ms === null || isWithin(made_at_ms, 1, TIME_MAX_MS);
  if (!isDeployment(deployment) || !isTime || !isWithin(cache_age_ms, 1, TIMER_MAX_MS)) {
    return undefined;
  }
  return { deployment, made_at_ms, cache_age_ms };
}

/** True for an answer of the object. */
export function isAnswer(value: unknown): value is FleetAnswer {
  const { ok, phase, deployment } = (value ?? {}) as Partial<FleetAnswer>;
  return ok === true && FLEET_PHASES.some((each) => each === phase) && isDeployment(deployment);
}
