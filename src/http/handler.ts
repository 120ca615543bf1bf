/**
 * The handler: which request is whose. Who may ask is the guards' business, and what a route answers
 * its own room's; nothing here moves the lifecycle.
 *
 * @module
 */

import { LifecycleError, shown } from '../lifecycle/errors.ts';
import { isLeavingOrGone } from '../lifecycle/leaving.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import type { WebRequest, WebResponse } from '../lifecycle/platform.ts';
import { type Asker, noteRoutes, type PlainAnswer, pathOf } from '../lifecycle/routes.ts';
import { isThenable } from '../lifecycle/thenable.ts';
import { beginDrain, type StatusForm, setReadOnly, shutDown, statusAsJson } from './admin.ts';
import { Askers } from './askers.ts';
import { readBody } from './body.ts';
import { type AdminGuards, adminGuards, type Guard, metricsGuard } from './guards.ts';
import { type Demand, liveness, type ProbeName, readiness, type Watched } from './health.ts';
import { metrics } from './metrics.ts';
import { checkOptions, HANDLER_OPTIONS, type HandlerOptions } from './options.ts';
import { type Answer, plain, refusal, respond } from './respond.ts';
import { statusOf } from './status.ts';

/** Answers a request, or resolves to `undefined` if its path is not one of ours. */
export type Handler = (request: WebRequest) => Promise<WebResponse | undefined>;

const NO_BODY = new Uint8Array();

/** One path: what it does for which method, and who may ask. */
export interface Route {
  readonly method: 'GET' | 'POST';
  /** Says no before the route is run; `undefined` lets the request through. */
  readonly refuse?: Guard;
  /** The body is empty for a GET. */
  readonly answer: (body: Uint8Array, request: WebRequest) => Answer | Promise<Answer>;
}

/** One that looks at nothing of the request but who asks. */
interface PlainRoute extends Route {
  readonly answerPlainly: (asker: Asker) => Answer;
}

/** Paths and what they do. */
export type Routes = readonly (readonly [path: string, route: Route])[];

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
  const guards = adminGuards(options);
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
  checkOptions(options, [...HANDLER_OPTIONS, 'member', 'stuckAfterMs']);
  const routes = probeRoutes(lifecycle, options, () => liveness(lifecycle, options));
  return handlerOf(lifecycle, new Map(routes), options);
}

function handlerOf(
  lifecycle: Lifecycle,
  routes: ReadonlyMap<string, Route>,
  { basePath = '' }: HandlerOptions,
): Handler {
  const placed = new Map([...routes].map(([path, route]) => [basePath + path, route]));
  const handler: Handler = async (request) => {
    const route = placed.get(pathOf(request.url));
    if (route === undefined) return undefined;
    let answer: Answer;
    try {
      const asked = ask(route, request);
      answer = isThenable(asked) ? await asked : asked;
    } catch (thrown) {
      answer = unable(thrown);
    }
    return respond(answer, request.method === 'HEAD', isLeavingOrGone(lifecycle));
  };
  const lasts: Map<string, readonly [Answer, PlainAnswer]> = new Map();
  noteRoutes(lifecycle, handler, {
    paths: [...placed.keys()],
    has: (path) => placed.has(path),
    answer(method, path, asker) {
      const route = placed.get(path);
      if (route === undefined || !isPlain(route)) return undefined;
      if (method !== 'GET' && method !== 'HEAD') return undefined;
      let answer: Answer;
      try {
        answer = route.answerPlainly(asker);
      } catch (thrown) {
        answer = unable(thrown);
      }
      const closes = isLeavingOrGone(lifecycle);
      const [said, parts] = lasts.get(path) ?? [];
      if (parts?.closes === closes && isSameAnswer(said, answer)) return parts;
      const made = plain(answer, closes);
      lasts.set(path, [answer, made]);
      return made;
    },
  });
  return handler;
}

/** Headers of its own are seldom there, and not compared. */
function isSameAnswer(one: Answer | undefined, other: Answer): boolean {
  return (
    one?.body === other.body &&
    one.status === other.status &&
    one.type === other.type &&
    one.headers === undefined &&
    other.headers === undefined
  );
}

function isPlain(route: Route): route is PlainRoute {
  return 'answerPlainly' in route;
}

/** A lifecycle that cannot be asked (it was detached, its clock is broken) serves nobody now. */
function unable(thrown: unknown): Answer {
  if (thrown instanceof LifecycleError) return refusal(503, thrown.message);
  throw thrown;
}

function probeRoutes(lifecycle: Lifecycle, options: HandlerOptions, live: () => Answer): Routes {
  const { readyWhileDraining = true, details } = options;
  const mayScrape = metricsGuard(options);
  const askers = new Askers();
  const probe = (answer: PlainRoute['answerPlainly']): PlainRoute => ({
    method: 'GET',
    answer: (_, { headers }) => answer({ userAgent: headers.get('user-agent') }),
    answerPlainly: answer,
  });
  const demand = readyWhileDraining ? 'queries' : 'writes';
  const ready = (name: ProbeName, what: Demand): Route =>
    probe((asker) => {
      const isBalancer = (isLeaving: boolean): boolean => askers.note(name, asker, isLeaving);
      return readiness(lifecycle, name, what, isBalancer, details?.());
    });
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
