/**
 * The handler as `tidegate/http` publishes it where a browser may ask: with the status page and
 * the audit. The edge and pages themselves get the one without them, since a few kilobytes count there.
 *
 * @module
 */

import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { type StatusForm, statusAsJson } from './admin.ts';
import { actsOf } from './audit.ts';
import { followedRoutes } from './fleet-routes.ts';
import {
  createHandler as createPlainHandler,
  createProbeHandler as createPlainProbeHandler,
  type Handler,
  type ProbeOptions,
} from './handler.ts';
import type { Watched } from './health.ts';
import type { HandlerOptions } from './options.ts';
import { pageOf, wantsPage } from './page/page.ts';
import { placeOf } from './place.ts';
import type { Status } from './status.ts';

/**
 * Makes the handler of health probes, metrics and admin calls, to be asked before an application's
 * own routes.
 *
 * `GET /admin/status` is JSON, and a page for clients that prefer `text/html`: browsers. On workerd
 * and in bundles for browsers it is JSON only.
 *
 * Checked in this order: path (`undefined`), method (405; `OPTIONS` is answered on every path), authorization
 * (401, 403), body (413, 400). Once a shutdown is accepted every answer says `connection: close`. A lifecycle that was
 * detached, or whose clock is broken, makes a 503.
 *
 * @throws {LifecycleError} `invalid_argument` for invalid options, an empty token among them
 * @example
 * ```ts
 * import { Lifecycle } from 'tidegate';
 * import { createHandler } from 'tidegate/http';
 *
 * const lifecycle = Lifecycle.create();
 * const handler = createHandler(lifecycle, { adminToken: 'a long random secret' });
 * await handler(new Request('http://localhost/health/live')); // 200
 * await handler(new Request('http://localhost/documents/1')); // undefined: yours
 * ```
 */
export function createHandler(lifecycle: Lifecycle, options: HandlerOptions = {}): Handler {
  const form: StatusForm = (seen, { headers, url }) => {
    const status = located(seen);
    return wantsPage(headers.get('accept')) ? pageOf(status, url) : statusAsJson(status);
  };
  return createPlainHandler(lifecycle, options, form, actsOf, followedRoutes);
}

/**
 * Makes the handler of a probe thread.
 *
 * @throws {LifecycleError} `invalid_argument`
 */
export function createProbeHandler(
  lifecycle: Lifecycle,
  watched: Watched,
  options: ProbeOptions,
): Handler {
  const form: StatusForm = (seen, { headers, url }) => {
    const status = located(seen);
    return wantsPage(headers.get('accept')) ? pageOf(status, url) : statusAsJson(status);
  };
  return createPlainProbeHandler(lifecycle, watched, options, form, actsOf);
}

/** With what a server knows of its process. */
function located(status: Status): Status {
  return { ...status, ...placeOf() };
}
