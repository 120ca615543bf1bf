/**
 * One exchange on a server of Node: the request, the handler, the response, and what is left of the
 * body. It knows no lifecycle; the caller says whether the connection goes on.
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { GateClosedError } from '../../lifecycle/errors.ts';
import type { Permit } from '../../lifecycle/gate.ts';
import { type OwnRoutes, type PlainAnswer, routesOf } from '../../lifecycle/routes.ts';
import { isThenable } from '../../lifecycle/thenable.ts';
import { closedAnswer } from '../admission.ts';
import { plainAddress, plainRefusal, sendable } from '../answer.ts';
import type { OnFailure } from '../handler-errors.ts';
import type { FetchHandler, RequestInfo } from '../options.ts';
import { hasHost, pathAsked, UnfitRequest } from './address.ts';
import type { NodeAdmission } from './admission.ts';
import { dropRest } from './body.ts';
import { requestOf } from './lazy-request.ts';
import { isLight, type LightResponse } from './light.ts';
import type { Next } from './next.ts';
import { permitOf } from './permit.ts';
import { send } from './response.ts';
import { sendPlain } from './whole.ts';

/** Methods a web `Request` can have, for the `allow` of a 405. */
const ALLOW = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';
/** How long a request whose connection is to be closed may take to send what nobody reads. */
const DROP_MS = 50;

/** What a server knows of its closing that a handler does not. */
export interface Closing {
  /** True if a response that begins now is its connection's last. */
  closes(): boolean;
  /** What a request that begins now awaits before its answer. */
  held(): Promise<void> | undefined;
  /** True for a request that must not be acknowledged any more. */
  isTooLate?(req: IncomingMessage): boolean;
  /** Is given a request that goes on to whoever is behind, by `go`. */
  pass?(req: IncomingMessage, res: ServerResponse, go: Next): void;
  /** Is told of a response that turned out to be an event stream, and how to end it. */
  streamed?(res: ServerResponse, end: () => void): () => void;
}

/** A handler of those that leave everything to the next one. */
export const notMine: FetchHandler = () => undefined;

/** A listener: each request and its response, from the first byte to the last. */
export type Exchange = (req: IncomingMessage, res: ServerResponse, next?: Next) => void;

/** What is in front of a handler, and behind it. */
export interface Surroundings {
  /** What the handler throws is a 500, though there is a next one to take it. */
  readonly answersErrors?: boolean;
  /** Counts requests; without it none is. */
  readonly admission?: NodeAdmission;
  /** Hears what the handler threw. */
  readonly onFailure?: OnFailure;
}

/** What a handler is told of a request beside the request. */
class NodeInfo implements RequestInfo {
  readonly #req: IncomingMessage;
  readonly #res: ServerResponse;

  constructor(req: IncomingMessage, res: ServerResponse) {
    this.#req = req;
    this.#res = res;
  }

  get native(): { readonly req: IncomingMessage; readonly res: ServerResponse } {
    return { req: this.#req, res: this.#res };
  }

  get remoteAddress(): string | undefined {
    return plainAddress(this.#req.socket.remoteAddress);
  }

  get permit(): Permit | null {
    return permitOf(this.#req);
  }
}

/** A response, an answer that is none yet, or `undefined`: it is for the next one. */
type Outcome = Response | PlainAnswer | undefined;

/**
 * Makes a listener of a fetch handler. Where the lifecycle is in it, and who closes connections,
 * is for `closing` to say.
 */
export function exchange(
  fetch: FetchHandler,
  closing: Closing,
  { answersErrors = false, admission, onFailure }: Surroundings = {},
): Exchange {
  const own = routesOf(fetch);
  const isOwnHandler = own !== undefined || fetch === notMine;
  const settle = (
    req: IncomingMessage,
    res: ServerResponse,
    next: Next | undefined,
    held: Promise<void> | undefined,
    response: unknown,
  ): void => {
    let outcome: Outcome;
    try {
      // What has its parts at hand is not asked for more: a whole Response would be made of it.
      outcome = isLight(response) ? (response as Response & LightResponse) : sendable(response);
    } catch (thrown) {
      failed(req, res, next, held, thrown);
      return;
    }
    end(req, res, next, closing, held, outcome);
  };
  const answered = (
    req: IncomingMessage,
    res: ServerResponse,
    next: Next | undefined,
    held: Promise<void> | undefined,
  ): void => {
    let response: ReturnType<FetchHandler>;
    try {
      response = fetch(requestOf(req, res), new NodeInfo(req, res));
    } catch (thrown) {
      failed(req, res, next, held, thrown);
      return;
    }
    if (!isThenable(response)) settle(req, res, next, held, response);
    else {
      response.then(
        (later) => settle(req, res, next, held, later),
        (thrown: unknown) => failed(req, res, next, held, thrown),
      );
    }
  };
  const failed = (
    req: IncomingMessage,
    res: ServerResponse,
    next: Next | undefined,
    held: Promise<void> | undefined,
    thrown: unknown,
  ): void => {
    const go = (outcome: Outcome): void => end(req, res, next, closing, held, outcome);
    if (thrown instanceof UnfitRequest) {
      const { status, message } = thrown;
      const allow = status === 405 ? ['allow', ALLOW] : [];
      // A probe is never anybody else's.
      const isOurs = next === undefined || own?.has(pathAsked(req)) === true;
      go(isOurs ? plainRefusal(status, message, allow) : undefined);
    } else if (next !== undefined && !answersErrors) (next as (error: unknown) => void)(thrown);
    else if (thrown instanceof GateClosedError) go(closedAnswer(thrown));
    else {
      const instead = onFailure?.(thrown, requestOf(req, res)) ?? Promise.resolve();
      void instead.then((response) => go(response ?? plainRefusal(500, 'internal server error')));
    }
  };
  return (req, res, next) => {
    const held = closing.held();
    const path = pathAsked(req);
    const isOwn = own?.has(path) === true;
    let answer = isOwn ? probed(own, req, path) : undefined;
    try {
      if (!isOwn) answer = admission?.admit(req, res, path);
    } catch (thrown) {
      failed(req, res, next, held, thrown);
      return;
    }
    if (answer !== undefined) end(req, res, next, closing, held, answer);
    // What is none of our routes need not be asked: a string compare is all that a listener pays.
    else if (isOwnHandler && !isOwn && next !== undefined) {
      end(req, res, next, closing, held, undefined);
    } else answered(req, res, next, held);
  };
}

/** The answer of a probe, where nothing has to be asked of a `Request`. */
export function probed(
  own: OwnRoutes,
  req: IncomingMessage,
  path: string,
): PlainAnswer | undefined {
  if (!hasHost(req)) return undefined;
  const userAgent = req.headers['user-agent'] ?? null;
  return own.answer(req.method ?? 'GET', path, { userAgent, address: req.socket.remoteAddress });
}

function end(
  req: IncomingMessage,
  res: ServerResponse,
  next: Next | undefined,
  closing: Closing,
  held: Promise<void> | undefined,
  outcome: Outcome,
): void {
  if (held === undefined) deliver(req, res, outcome, closing, next);
  else void held.then(() => deliver(req, res, outcome, closing, next));
}

function deliver(
  req: IncomingMessage,
  res: ServerResponse,
  outcome: Outcome,
  closing: Closing,
  next: Next | undefined,
): void {
  const closes = closing.closes();
  if (outcome === undefined && next !== undefined) {
    // Node says `connection: close` then, whatever the next one answers.
    if (closes) res.shouldKeepAlive = false;
    if (closing.pass === undefined) (next as () => void)();
    else closing.pass(req, res, next);
    return;
  }
  if (closing.isTooLate?.(req) === true) {
    res.destroy();
    return;
  }
  // Closing a socket with unread bytes in it resets it, and the client may lose the answer.
  if (closes && !req.complete) {
    void dropRest(req, DROP_MS).then(() => sendOutcome(req, res, outcome, closes, closing));
  } else sendOutcome(req, res, outcome, closes, closing);
}

function sendOutcome(
  req: IncomingMessage,
  res: ServerResponse,
  outcome: Outcome,
  closes: boolean,
  { streamed }: Closing,
): void {
  const way = { isHead: req.method === 'HEAD', closes, streamed };
  if (outcome === undefined) sendPlain(res, plainRefusal(404, 'not found'), way);
  else if (isPlain(outcome)) sendPlain(res, outcome, way);
  else send(res, outcome, way);
}

function isPlain(outcome: Response | PlainAnswer): outcome is PlainAnswer {
  return !isLight(outcome) && Array.isArray(outcome.headers);
}
