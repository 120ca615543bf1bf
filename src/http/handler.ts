/**
 * The handler: finds the route of a request. The routes are in `routes.ts`; nothing here moves the
 * lifecycle.
 *
 * @module
 */

import { must } from '../lifecycle/check.ts';
import { isLifecycle } from '../lifecycle/is-lifecycle.ts';
import { isLeavingOrGone } from '../lifecycle/leaving.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import type { WebRequest, WebResponse } from '../lifecycle/platform.ts';
import { noteRoutes, type OwnRoutes, type PlainAnswer, pathOf } from '../lifecycle/routes.ts';
import { isThenable } from '../lifecycle/thenable.ts';
import { acceptShutdown, type StatusForm, shutDown, statusAsJson } from './admin.ts';
import type { Acts, AskedBy, Audits } from './audit.ts';
import { type AdminGuards, adminGuards } from './guards.ts';
import { liveness, type Watched } from './health.ts';
import { checkOptions, HANDLER_OPTIONS, type HandlerOptions } from './options.ts';
import { type Answer, plain, respond } from './respond.ts';
import { ask, askPlainly, type Route, type Routes, unable } from './route.ts';
import { adminRoutes, probeRoutes } from './routes.ts';

const ACTION = 'create the handler';

/** Answers a request, or resolves to `undefined` if its path is not one of ours. */
export type Handler = (request: WebRequest, who?: AskedBy) => Promise<WebResponse | undefined>;

/** Calls `add` for each route of the fleet that the lifecycle follows: now, or when it begins to. */
export type FleetRoutes = (
  lifecycle: Lifecycle,
  guards: AdminGuards,
  add: (path: string, route: Route) => void,
) => void;

/**
 * Makes the handler, by default without the status page. What it promises is written where it is
 * published, in `for-servers.ts`.
 *
 * Checked in this order: path (`undefined`), method (405), authorization (401, 403), body (413,
 * 400).
 *
 * @param form how `GET /admin/status` is answered
 * @param audits makes what tells `audit`; without it that is no option
 * @param fleets makes the routes of the fleet that the lifecycle follows, once it does
 * @throws {LifecycleError} `invalid_argument` for invalid options, an empty token among them
 */
export function createHandler(
  lifecycle: Lifecycle,
  options: HandlerOptions = {},
  form: StatusForm = statusAsJson,
  audits?: Audits,
  fleets?: FleetRoutes,
): Handler {
  return createExtendedHandler(lifecycle, options, form, () => [], audits, fleets);
}

/**
 * The same, with routes of another layer in addition to these.
 *
 * @throws {LifecycleError} `invalid_argument`
 */
export function createExtendedHandler(
  lifecycle: Lifecycle,
  options: HandlerOptions,
  form: StatusForm,
  more: (guards: AdminGuards) => Routes,
  audits?: Audits,
  fleets?: FleetRoutes,
): Handler {
  must(isLifecycle(lifecycle), ACTION, 'lifecycle must be a Lifecycle', lifecycle);
  checkOptions(options, audits ? [...HANDLER_OPTIONS, 'audit'] : HANDLER_OPTIONS);
  const acts = audits?.(lifecycle, options.audit);
  const guards = adminGuards(lifecycle, options);
  const routes = [
    ...probeRoutes(lifecycle, options, liveness(lifecycle)),
    ...adminRoutes(lifecycle, options, guards, form, shutDown),
    ...more(guards),
  ];
  return handlerOf(lifecycle, routes, options, guards, acts, fleets);
}

/** What {@link createProbeHandler} takes: `/admin` is there with a token only. */
export type ProbeOptions = Pick<
  HandlerOptions,
  'readyWhileDraining' | 'metricsToken' | 'basePath' | 'paths' | 'name' | 'version' | 'audit'
> & {
  /** Opens `/admin`, which is not there without it. */
  readonly adminToken?: string | undefined;
  /** The same for tokens with names. */
  readonly adminTokens?: Readonly<Record<string, string>> | undefined;
};

/** The names of {@link ProbeOptions}. */
export const PROBE_OPTIONS: readonly (keyof ProbeOptions)[] = [
  'readyWhileDraining',
  'metricsToken',
  'basePath',
  'paths',
  'name',
  'version',
  'adminToken',
  'adminTokens',
  'audit',
];

/**
 * Makes the handler of a probe thread: the same probes and metrics, with the state of the watched
 * thread's loop in `/health/live`; and, with a token, the same admin calls, of which the shutdown does
 * not wait for its end.
 *
 * @throws {LifecycleError} `invalid_argument`
 */
export function createProbeHandler(
  lifecycle: Lifecycle,
  watched: Watched,
  options: ProbeOptions,
  form: StatusForm,
  audits: Audits,
): Handler {
  checkOptions(options, PROBE_OPTIONS);
  const probes = probeRoutes(lifecycle, options, liveness(lifecycle, watched));
  if (options.adminToken === undefined && options.adminTokens === undefined) {
    return handlerOf(lifecycle, probes, options);
  }
  const guards = adminGuards(lifecycle, options);
  const admin = adminRoutes(lifecycle, options, guards, form, acceptShutdown);
  const acts = audits(lifecycle, options.audit);
  return handlerOf(lifecycle, [...probes, ...admin], options, guards, acts);
}

function handlerOf(
  lifecycle: Lifecycle,
  routes: Routes,
  { basePath = '' }: HandlerOptions,
  guards?: AdminGuards,
  acts?: Acts,
  fleets?: FleetRoutes,
): Handler {
  const placed = place(routes, basePath);
  const handler: Handler = async (request, who) => {
    const route = placed.get(pathOf(request.url));
    if (route === undefined) return undefined;
    let answer: Answer;
    const { refuse } = route;
    const isAdmin = refuse === guards?.mayPost || refuse === guards?.mayRead;
    const act = isAdmin ? acts?.(request, who) : undefined;
    try {
      const asked = ask(route, request, act);
      answer = isThenable(asked) ? await asked : asked;
    } catch (thrown) {
      answer = unable(thrown);
    }
    act?.tell(answer);
    return respond(answer, request.method === 'HEAD', isLeavingOrGone(lifecycle));
  };
  const lasts: Map<string, readonly [Answer, PlainAnswer]> = new Map();
  const own: OwnRoutes = {
    paths: [...placed.keys()],
    has: (path) => placed.has(path),
    answer(method, path, asker) {
      const route = placed.get(path);
      const answer = route === undefined ? undefined : askPlainly(route, method, asker);
      if (answer === undefined) return undefined;
      const closes = isLeavingOrGone(lifecycle);
      const [said, parts] = lasts.get(path) ?? [];
      if (said === answer && parts?.closes === closes) return parts;
      const made = plain(answer, closes);
      lasts.set(path, [answer, made]);
      return made;
    },
  };
  noteRoutes(lifecycle, handler, own);
  if (guards !== undefined) {
    fleets?.(lifecycle, guards, (path, route) => {
      const at = basePath + path;
      // A path that the application has given to a probe stays the probe's.
      if (!placed.has(at)) placed.set(at, route);
      noteRoutes(lifecycle, handler, { ...own, paths: [...placed.keys()] });
    });
  }
  return handler;
}

/** @throws {LifecycleError} `invalid_argument` if two routes would have the same path */
function place(routes: Routes, basePath: string): Map<string, Route> {
  const placed = new Map<string, Route>();
  for (const [path, route] of routes) {
    must(!placed.has(basePath + path), ACTION, 'paths must not repeat a path', path);
    placed.set(basePath + path, route);
  }
  return placed;
}
