/**
 * One route: its method, who may ask, and the answer to other methods. What it answers is written
 * where the route is made; its path is known to the handler.
 *
 * @module
 */

import { LifecycleError, shown } from '../lifecycle/errors.ts';
import type { WebRequest } from '../lifecycle/platform.ts';
import type { Asker } from '../lifecycle/routes.ts';
import type { Act } from './audit.ts';
import { readBody } from './body.ts';
import type { Guard } from './guards.ts';
import { type Answer, noContent, refusal } from './respond.ts';

/** One path: what it does for which method, and who may ask. */
export interface Route {
  readonly method: 'GET' | 'POST';
  /** Says no before the route is run; `undefined` lets the request through. */
  readonly refuse?: Guard;
  /** The body is empty for a GET. */
  readonly answer: (body: Uint8Array, request: WebRequest, act?: Act) => Answer | Promise<Answer>;
}

/** One that looks at nothing of the request but its sender: a probe. */
export interface PlainRoute extends Route {
  readonly answerPlainly: (asker: Asker) => Answer;
  /** Hears the status of each answer. */
  readonly count: (status: number) => void;
}

/** Paths and what they do. */
export type Routes = readonly (readonly [path: string, route: Route])[];

const NO_BODY = new Uint8Array();

/** Makes a probe. Each of its answers is counted, whichever way it is asked, by whatever method. */
export function probe(answer: PlainRoute['answerPlainly'], count: PlainRoute['count']): PlainRoute {
  return {
    method: 'GET',
    answer: (_, request) => answer(askerOf(request)),
    answerPlainly: answer,
    count,
  };
}

/** What a route answers, at once if it can: each promise costs a probe a tenth of its answer. */
export function ask(route: Route, request: WebRequest, act?: Act): Answer | Promise<Answer> {
  if (isPlain(route)) return askProbe(route, request.method, askerOf(request));
  const { method, refuse, answer } = route;
  if (request.method === 'OPTIONS') return noContent({ allow: allowed(route) });
  const isAllowed = request.method === method || (method === 'GET' && request.method === 'HEAD');
  if (!isAllowed) return wrongMethod(route, request.method);
  const refused = refuse?.(request, act);
  if (refused !== undefined) return refused;
  return method === 'GET' ? answer(NO_BODY, request) : askWithBody(answer, request, act);
}

/** The same without a `Request`; `undefined` where one is needed. */
export function askPlainly(route: Route, method: string, asker: Asker): Answer | undefined {
  const isKnown = method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
  return isKnown && isPlain(route) ? askProbe(route, method, asker) : undefined;
}

/** A lifecycle that cannot be asked (it was detached, its clock is broken) serves nobody now. */
export function unable(thrown: unknown): Answer {
  if (thrown instanceof LifecycleError) return refusal(503, thrown.message);
  throw thrown;
}

/** What a probe answers, which is counted, whatever the method. */
function askProbe(route: PlainRoute, method: string, asker: Asker): Answer {
  const isRead = method === 'GET' || method === 'HEAD';
  const answer = isRead
    ? verdict(route, asker)
    : method === 'OPTIONS'
      ? options(route, asker)
      : wrongMethod(route, method);
  try {
    route.count(answer.status);
  } catch (thrown) {
    // What cannot be asked cannot count.
    unable(thrown);
  }
  return answer;
}

/**
 * `OPTIONS`: which methods there are, and the verdict, since HAProxy's bare `option httpchk` asks by
 * this method. It tells nothing that needs a token.
 */
function options(route: PlainRoute, asker: Asker): Answer {
  const allow = allowed(route);
  const answer = verdict(route, asker);
  if (answer.status === 200) return noContent({ ...answer.headers, allow });
  return { ...answer, headers: { ...answer.headers, allow } };
}

function verdict(route: PlainRoute, asker: Asker): Answer {
  try {
    return route.answerPlainly(asker);
  } catch (thrown) {
    return unable(thrown);
  }
}

function wrongMethod(route: Route, method: string): Answer {
  const allow = allowed(route);
  return refusal(405, `The method is ${shown(method)}, not ${allow}`, { allow });
}

function allowed({ method }: Route): string {
  return method === 'GET' ? 'GET, HEAD, OPTIONS' : `${method}, OPTIONS`;
}

function isPlain(route: Route): route is PlainRoute {
  return 'answerPlainly' in route;
}

function askerOf({ headers }: WebRequest): Asker {
  return { userAgent: headers.get('user-agent') };
}

async function askWithBody(
  answer: Route['answer'],
  request: WebRequest,
  act: Act | undefined,
): Promise<Answer> {
  const body = await readBody(request);
  return body instanceof Uint8Array ? answer(body, request, act) : body;
}
