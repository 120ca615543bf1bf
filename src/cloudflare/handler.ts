/**
 * HTTP for a fleet: the routes of `tidegate/http`, with what an isolate knows of its fleet, and the
 * calls that move the whole fleet. Both check the same token.
 *
 * @module
 */

import { statusAsJson } from '../http/admin.ts';
import { fleetRoutes, MOVES } from '../http/fleet-routes.ts';
import { createExtendedHandler } from '../http/handler.ts';
import type { HandlerOptions } from '../http/options.ts';
import { probePaths } from '../http/paths.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import type { WebRequest, WebResponse } from '../lifecycle/platform.ts';
import type { EventContext } from '../runtime/workerd/types.ts';
import type { FleetClient } from './client.ts';
import type { IsolateFollower } from './follower.ts';

/** A handler that is passed the event's context, without which it cannot see to a shutdown. */
export type FleetHandler = (
  request: WebRequest,
  ctx?: EventContext,
) => Promise<WebResponse | undefined>;

/**
 * Makes the handler.
 *
 * @throws {LifecycleError} `invalid_argument`
 */
export function createFleetHandler(
  lifecycle: Lifecycle,
  follower: IsolateFollower,
  client: FleetClient,
  options: HandlerOptions,
): FleetHandler {
  const handler = createExtendedHandler(lifecycle, options, statusAsJson, (guards) =>
    fleetRoutes(() => client, guards),
  );
  const { basePath = '' } = options;
  const { live, ready, readyWrite, startup } = probePaths(options.paths);
  const probes = [live, ready, readyWrite, startup].map((path) => basePath + path);

  return async (request, ctx) => {
    const { pathname } = new URL(request.url);
    // A probe tells of now; a failure to ask is part of what it tells.
    if (probes.includes(pathname)) await follower.before('write', ctx);
    const response = await handler(request);
    // This isolate need not wait for its turn to ask.
    const isMove = MOVES.some((path) => pathname === basePath + path);
    if (isMove && response?.status === 200) await follower.refresh(ctx);
    return response;
  };
}
