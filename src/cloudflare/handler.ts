/**
 * HTTP for a fleet: the routes of `tidegate/http`, with what an isolate knows of its fleet, and the
 * calls that move the whole fleet. Both check the same token.
 *
 * @module
 */

import { statusAsJson } from '../http/admin.ts';
import { textIn } from '../http/body.ts';
import { detailsOf } from '../http/details.ts';
import { createExtendedHandler } from '../http/handler.ts';
import type { HandlerOptions } from '../http/options.ts';
import { probePaths } from '../http/paths.ts';
import { type Answer, json, refusal } from '../http/respond.ts';
import type { Routes } from '../http/route.ts';
import { LifecycleError, type LifecycleErrorCode } from '../lifecycle/errors.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import type { WebRequest, WebResponse } from '../lifecycle/platform.ts';
import type { EventContext } from '../runtime/workerd/types.ts';
import type { FleetClient } from './client.ts';
import type { IsolateFollower } from './follower.ts';
import { type FleetAnswer, targetIn } from './wire.ts';

/** A handler that is passed the event's context, without which it cannot see to a shutdown. */
export type FleetHandler = (
  request: WebRequest,
  ctx?: EventContext,
) => Promise<WebResponse | undefined>;

/** The calls that move the fleet. */
const MOVES = ['/fleet/drain', '/fleet/shutdown'];

/** What a refusal of the object is as an answer. */
const STATUSES: Partial<Record<LifecycleErrorCode, number>> = {
  unknown_deployment: 404,
  nothing_to_drain: 409,
  fleet_unreachable: 503,
};

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
  const details = detailsOf(lifecycle, options?.details);
  const handler = createExtendedHandler(
    lifecycle,
    { ...options, details: () => ({ ...details(), ...follower.details() }) },
    statusAsJson,
    ({ mayPost, mayRead }): Routes => [
      [
        '/fleet/status',
        { method: 'GET', refuse: mayRead, answer: () => asked(() => client.status()) },
      ],
      ['/fleet/drain', { method: 'POST', refuse: mayPost, answer: move((id) => client.drain(id)) }],
      [
        '/fleet/shutdown',
        { method: 'POST', refuse: mayPost, answer: move((id) => client.shutdown(id)) },
      ],
    ],
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

/** The body of the call says which deployment it is about. */
function move(
  call: (deployment?: string) => Promise<FleetAnswer>,
): (body: Uint8Array) => Answer | Promise<Answer> {
  return (body) => {
    const text = textIn(body);
    const target = text === undefined ? undefined : targetIn(text);
    if (target === undefined) return refusal(400, 'The body is not {"deployment": "…"}, or empty');
    return asked(() => call(target ?? undefined));
  };
}

async function asked(call: () => Promise<FleetAnswer>): Promise<Answer> {
  try {
    return json(200, { ...(await call()) });
  } catch (thrown) {
    const status = thrown instanceof LifecycleError ? STATUSES[thrown.code] : undefined;
    if (!(thrown instanceof LifecycleError) || status === undefined) throw thrown;
    return refusal(status, thrown.message);
  }
}
