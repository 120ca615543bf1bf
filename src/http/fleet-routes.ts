/**
 * The calls that are about a fleet, at the paths that they have everywhere: its status, and what moves it
 * as a whole. Who may make them is decided by the guards of the admin calls; what they do, by the fleet.
 *
 * @module
 */

import { LifecycleError, type LifecycleErrorCode } from '../lifecycle/errors.ts';
import { type FleetCalls, isDeployment, whenFleet } from '../lifecycle/fleet-calls.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { objectOf, textIn } from './body.ts';
import type { AdminGuards } from './guards.ts';
import { type Answer, json, refusal } from './respond.ts';
import type { Route, Routes } from './route.ts';

/** What a refusal of the fleet is as an answer. */
const STATUSES: Partial<Record<LifecycleErrorCode, number>> = {
  unknown_deployment: 404,
  nothing_to_drain: 409,
  fleet_unreachable: 503,
};

/** The paths of the calls that move it. */
export const MOVES: readonly string[] = ['/fleet/drain', '/fleet/shutdown'];

/**
 * `GET /fleet/status`, `POST /fleet/drain` and `POST /fleet/shutdown`.
 *
 * @param fleet that is asked, looked for at each call
 */
export function fleetRoutes(fleet: () => FleetCalls, { mayPost, mayRead }: AdminGuards): Routes {
  const post = (call: (deployment?: string) => Promise<object>): Route => ({
    method: 'POST',
    refuse: mayPost,
    answer: move(call),
  });
  return [
    [
      '/fleet/status',
      { method: 'GET', refuse: mayRead, answer: () => asked(() => fleet().status()) },
    ],
    ['/fleet/drain', post((id) => fleet().drain(id))],
    ['/fleet/shutdown', post((id) => fleet().shutdown(id))],
  ];
}

/** The same of the fleet that the lifecycle follows, once it does. */
export function followedRoutes(
  lifecycle: Lifecycle,
  guards: AdminGuards,
  add: (path: string, route: Route) => void,
): void {
  whenFleet(lifecycle, (fleet) => {
    for (const [path, route] of fleetRoutes(fleet, guards)) add(path, route);
  });
}

/**
 * Which deployment a call is about: `null` for a body that is empty or names none, that is, for the
 * newest; `undefined` for a body that is neither.
 */
export function targetIn(text: string): string | null | undefined {
  if (text === '') return null;
  const value = objectOf(text);
  if (value === undefined) return undefined;
  const { deployment = null, ...others } = value as { readonly deployment?: unknown };
  if (Object.keys(others).length > 0) return undefined;
  return deployment === null || isDeployment(deployment) ? deployment : undefined;
}

/** The body of the call says which deployment it is about. */
function move(
  call: (deployment?: string) => Promise<object>,
): (body: Uint8Array) => Answer | Promise<Answer> {
  return (body) => {
    const text = textIn(body);
    const target = text === undefined ? undefined : targetIn(text);
    if (target === undefined) return refusal(400, 'The body is not {"deployment": "…"}, or empty');
    return asked(() => call(target ?? undefined));
  };
}

async function asked(call: () => Promise<object>): Promise<Answer> {
  try {
    return json(200, { ...(await call()) });
  } catch (thrown) {
    const status = thrown instanceof LifecycleError ? STATUSES[thrown.code] : undefined;
    if (!(thrown instanceof LifecycleError) || status === undefined) throw thrown;
    return refusal(status, thrown.message);
  }
}
