/**
 * The handler: which request is whose, and who may. What a route answers is its own room's
 * business; nothing here moves the lifecycle.
 *
 * @module
 */

import { LifecycleError, shown } from '../lifecycle/errors.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { Phase } from '../lifecycle/phase.ts';
import type { WebRequest, WebResponse } from '../lifecycle/platform.ts';
import { isThenable } from '../lifecycle/thenable.ts';
import { beginDrain, type StatusForm, setReadOnly, shutDown, statusAsJson } from './admin.ts';
import {
  challenge,
  isCrossSite,
  presentedToken,
  type Scheme,
  type Secret,
  secret,
} from './authorization.ts';
import { readBody } from './body.ts';
import { type Demand, liveness, type ProbeName, readiness, type Watched } from './health.ts';
import { metrics } from './metrics.ts';
import { type Answer, refusal, respond } from './respond.ts';
import { statusOf } from './status.ts';

/** Options of {@link createHandler}. */
export interface HandlerOptions {
  /** Opens `/admin` to whoever shows it as a bearer token. Without it `/admin` answers 403. */
  readonly adminToken?: string | undefined;
  /**
   * Opens `/admin` to everybody who reaches the port, but not to pages of other sites. A token
   * that is set is still asked for.
   */
  readonly openAdmin?: boolean | undefined;
  /** False: `/health/ready` fails as `/health/ready/write` does. Default true. */
  readonly readyWhileDraining?: boolean | undefined;
  /** Asks for this bearer token at `/metrics`, which is open without it. */
  readonly metricsToken?: string | undefined;
  /** What all paths begin with: empty, or as `/internal`. */
  readonly basePath?: string | undefined;
  /**
   * More keys for what `/health/ready`, `/health/ready/write` and `/health/startup` answer, asked
   * for at each answer. None takes the place of a key that is there already.
   */
  readonly details?: (() => Readonly<Record<string, unknown>>) | undefined;
}

/** Answers a request, or resolves to `undefined` if its path is not one of ours. */
export type Handler = (request: WebRequest) => Promise<WebResponse | undefined>;

const NO_BODY = new Uint8Array();

/** One path: what it does for which method, and who may ask. */
export interface Route {
  readonly method: 'GET' | 'POST';
  /** Says no before the route is run; `undefined` lets the request through. */
  readonly refuse?: (request: WebRequest) => Answer | undefined;
  /** The body is empty for a GET. */
  readonly answer: (body: Uint8Array, request: WebRequest) => Answer | Promise<Answer>;
}

/** Paths and what they do. */
export type Routes = readonly (readonly [path: string, route: Route])[];

/** Who may make admin calls, by the options of the handler. */
export interface AdminGuards {
  readonly mayPost: (request: WebRequest) => Answer | undefined;
  readonly mayRead: (request: WebRequest) => Answer | undefined;
}

/**
 * Makes the handler, by default without the status page. What it promises is written where it is
 * published, in `with-page.ts`.
 *
 * Checked in this order: path (`undefined`), method (405), authorization (401, 403), body (413,
 * 400).
 *
 * @param form how `GET /admin/status` is answered
 * @throws {LifecycleError} `invalid_argument` for options that are none, an empty token among them
 */
export function createHandler(
  lifecycle: Lifecycle,
  options: HandlerOptions = {},
  form: StatusForm = statusAsJson,
): Handler {
  return createExtendedHandler(lifecycle, options, form, () => []);
}

/**
 * The same, with routes of another floor beside these.
 *
 * @throws {LifecycleError} `invalid_argument`
 */
export function createExtendedHandler(
  lifecycle: Lifecycle,
  options: HandlerOptions,
  form: StatusForm,
  more: (guards: AdminGuards) => Routes,
): Handler {
  checkOptions(options);
  const guards: AdminGuards = {
    mayPost: adminGuard(options, ['bearer']),
    // A browser that opens the page asks for a name and a password; only reading is open to it.
    mayRead: adminGuard(options, ['basic', 'bearer']),
  };
  const routes = [
    ...probeRoutes(lifecycle, options, () => liveness(lifecycle)),
    ...adminRoutes(lifecycle, guards, form),
    ...more(guards),
  ];
  return handlerOf(lifecycle, new Map(routes), options);
}

/** What {@link createProbeHandler} takes: nothing of `/admin`. */
export type ProbeOptions = Pick<
  HandlerOptions,
  'readyWhileDraining' | 'metricsToken' | 'basePath'
> &
  Watched;

/**
 * Makes the handler of a probe thread: the same probes and metrics, without `/admin`, and with the
 * state of the watched thread's loop in `/health/live`.
 *
 * @throws {LifecycleError} `invalid_argument`
 */
export function createProbeHandler(lifecycle: Lifecycle, options: ProbeOptions): Handler {
  checkOptions(options);
  const routes = probeRoutes(lifecycle, options, () => liveness(lifecycle, options));
  return handlerOf(lifecycle, new Map(routes), options);
}

function handlerOf(
  lifecycle: Lifecycle,
  routes: ReadonlyMap<string, Route>,
  { basePath = '' }: HandlerOptions,
): Handler {
  const placed = new Map([...routes].map(([path, route]) => [basePath + path, route]));
  return async (request) => {
    const route = placed.get(pathOf(request.url));
    if (route === undefined) return undefined;
    let answer: Answer;
    try {
      const asked = ask(route, request);
      answer = isThenable(asked) ? await asked : asked;
    } catch (thrown) {
      answer = unable(thrown);
    }
    return respond(answer, request.method === 'HEAD', isLeaving(lifecycle));
  };
}

/**
 * The path of a request's URL, which is absolute and in its normal form already: parsing it again
 * would cost as much as the answer.
 */
function pathOf(url: string): string {
  const start = url.indexOf('/', url.indexOf('//') + 2);
  const fragment = url.indexOf('#', start);
  const end = fragment < 0 ? url.length : fragment;
  const query = url.indexOf('?', start);
  return url.slice(start, query < 0 ? end : Math.min(query, end));
}

/** A lifecycle that cannot be asked (it was detached, its clock is broken) serves nobody now. */
function unable(thrown: unknown): Answer {
  if (thrown instanceof LifecycleError) return refusal(503, thrown.message);
  throw thrown;
}

/**
 * True from the moment a shutdown is accepted. An application that calls `beginShutdown()` itself
 * never asked for one to be accepted; and a thread that was detached no longer knows.
 */
function isLeaving(lifecycle: Lifecycle): boolean {
  try {
    return lifecycle.shutdownRequested() || lifecycle.phase() >= Phase.ShuttingDown;
  } catch {
    return true;
  }
}

function probeRoutes(lifecycle: Lifecycle, options: HandlerOptions, live: () => Answer): Routes {
  const { readyWhileDraining = true, details } = options;
  const mayScrape = metricsGuard(options);
  const probe = (answer: () => Answer): Route => ({ method: 'GET', answer });
  const demand = readyWhileDraining ? 'queries' : 'writes';
  const ready = (name: ProbeName, what: Demand): Route =>
    probe(() => readiness(lifecycle, name, what, details?.()));
  return [
    ['/health/live', probe(live)],
    ['/health/ready', ready('ready', demand)],
    ['/health/ready/write', ready('ready/write', 'writes')],
    ['/health/startup', ready('startup', 'queries')],
    [
      '/metrics',
      {
        method: 'GET',
        refuse: mayScrape,
        answer: (_, { headers }) => metrics(lifecycle, headers.get('accept')),
      },
    ],
  ];
}

function adminRoutes(
  lifecycle: Lifecycle,
  { mayPost, mayRead }: AdminGuards,
  form: StatusForm,
): Routes {
  const post = (answer: Route['answer']): Route => ({ method: 'POST', refuse: mayPost, answer });
  return [
    [
      '/admin/status',
      {
        method: 'GET',
        refuse: mayRead,
        answer: (_, { headers }) => form(statusOf(lifecycle), headers.get('accept')),
      },
    ],
    ['/admin/drain', post((body) => beginDrain(lifecycle, body))],
    ['/admin/shutdown', post((body) => shutDown(lifecycle, body))],
    ['/admin/readonly', post((body) => setReadOnly(lifecycle, body))],
  ];
}

/** What a route answers, at once if it can: each promise costs a probe a tenth of its answer. */
function ask(route: Route, request: Request): Answer | Promise<Answer> {
  const { method, refuse, answer } = route;
  const isAllowed = request.method === method || (method === 'GET' && request.method === 'HEAD');
  if (!isAllowed) {
    const allow = method === 'GET' ? 'GET, HEAD' : method;
    return refusal(405, `The method is ${shown(request.method)}, not ${allow}`, { allow });
  }
  const refused = refuse?.(request);
  if (refused !== undefined) return refused;
  return method === 'GET' ? answer(NO_BODY, request) : askWithBody(answer, request);
}

async function askWithBody(answer: Route['answer'], request: Request): Promise<Answer> {
  const body = await readBody(request);
  return body instanceof Uint8Array ? answer(body, request) : body;
}

/** Closed until a token is set, unless the application opened it; never to another site. */
function adminGuard(
  { adminToken, openAdmin = false }: HandlerOptions,
  schemes: readonly Scheme[],
): (request: Request) => Answer | undefined {
  if (adminToken !== undefined) return tokenGuard(secret(adminToken), schemes);
  if (!openAdmin) {
    return () => refusal(403, 'Admin calls are closed: give createHandler() an adminToken');
  }
  return (request) =>
    isCrossSite(request) ? refusal(403, 'Admin calls from other sites are refused') : undefined;
}

/** Open until a token is set: metrics tell of load, and move nothing. */
function metricsGuard({ metricsToken }: HandlerOptions): (request: Request) => Answer | undefined {
  return metricsToken === undefined
    ? () => undefined
    : tokenGuard(secret(metricsToken), ['bearer']);
}

function tokenGuard(
  isRight: Secret,
  schemes: readonly Scheme[],
): (request: Request) => Answer | undefined {
  return ({ headers }) =>
    isRight(presentedToken(headers, schemes))
      ? undefined
      : refusal(401, 'The token is missing or wrong', { 'www-authenticate': challenge(schemes) });
}

function checkOptions(options: HandlerOptions): void {
  if (typeof options !== 'object' || options === null) {
    throw invalid(`the options are ${shown(options)}`);
  }
  for (const name of ['adminToken', 'metricsToken'] as const) {
    const token: unknown = options[name];
    if (token !== undefined && (typeof token !== 'string' || token === '')) {
      // Not shown: it may be a secret of another type.
      throw invalid(`${name} is ${token === '' ? 'empty' : 'not a string'}`);
    }
    if (token !== undefined && !canBeShown(token)) {
      throw invalid(`${name} has a blank at an end, or what no header can carry`);
    }
  }
  for (const name of ['openAdmin', 'readyWhileDraining'] as const) {
    const flag: unknown = options[name];
    if (flag !== undefined && typeof flag !== 'boolean') {
      throw invalid(`${name} is ${shown(flag)}`);
    }
  }
  const details: unknown = options.details;
  if (details !== undefined && typeof details !== 'function') {
    throw invalid(`details is ${shown(details)}`);
  }
  const base: unknown = options.basePath === undefined ? '' : options.basePath;
  if (typeof base !== 'string' || (base !== '' && !isPathPrefix(base))) {
    throw invalid(`basePath is ${shown(base)}, not empty and not like '/internal'`);
  }
}

/** A token read from a file often ends in a newline: nobody could ever be let in with that. */
function canBeShown(token: string): boolean {
  try {
    const headers = new Headers({ authorization: `Bearer ${token}` });
    return presentedToken(headers, ['bearer']) === token;
  } catch {
    return false;
  }
}

/** What a URL would spell otherwise (`/a b`, `/a/../b`, `/a?b`) would never match. */
function isPathPrefix(base: string): boolean {
  if (!base.startsWith('/') || base.endsWith('/')) return false;
  const url = `http://localhost${base}`;
  return URL.canParse(url) && new URL(url).pathname === base;
}

function invalid(what: string): LifecycleError {
  return new LifecycleError('invalid_argument', `Cannot create the handler: ${what}`);
}
