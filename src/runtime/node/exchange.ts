/**
 * One exchange on a server of Node: the request, the handler, the response, and what is left of the
 * body. It knows no lifecycle; whether a connection goes on it is told.
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { type PlainAnswer, routesOf } from '../../lifecycle/routes.ts';
import { isThenable } from '../../lifecycle/thenable.ts';
import { plainRefusal, sendable } from '../answer.ts';
import type { FetchHandler } from '../options.ts';
import { addressOf, hasHost, isNormal, UnfitRequest } from './address.ts';
import { dropRest } from './body.ts';
import { requestMaker } from './lazy-request.ts';
import { isLight, type LightResponse } from './light.ts';
import { send, sendPlain } from './response.ts';

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
}

/** A listener: each request and its response, from the first byte to the last. */
export type Exchange = (
  req: IncomingMessage,
  res: ServerResponse,
  next?: (error?: unknown) => void,
) => void;

/** A response, an answer that is none yet, or `undefined`: it is for the next one. */
type Outcome = Response | PlainAnswer | undefined;

/**
 * Makes a listener of a fetch handler. Where the lifecycle is in it, and who closes connections,
 * is for `closing` to say.
 *
 * @param answersErrors what the handler throws is a 500, though there is a next one to take it
 */
export function exchange(fetch: FetchHandler, closing: Closing, answersErrors = false): Exchange {
  const own = routesOf(fetch);
  const make = requestMaker();
  return (req, res, next) => {
    const held = closing.held();
    if (own !== undefined) {
      const { url = '/' } = req;
      const query = url.indexOf('?');
      const path = query < 0 ? url : url.slice(0, query);
      if (own.has(path)) {
        const answer = hasHost(req)
          ? own.answer(req.method ?? 'GET', path, req.headers['user-agent'] ?? null)
          : undefined;
        if (answer !== undefined) {
          end(req, res, next, closing, held, answer);
          return;
        }
      } else if (next !== undefined && isNormal(url)) {
        // It would say that this is none of its routes.
        end(req, res, next, closing, held, undefined);
        return;
      }
    }
    const fail = (thrown: unknown): void => {
      if (!(thrown instanceof UnfitRequest)) {
        if (next !== undefined && !answersErrors) next(thrown);
        else end(req, res, next, closing, held, plainRefusal(500, 'internal server error'));
        return;
      }
      const { status, message } = thrown;
      const allow = status === 405 ? ['allow', ALLOW] : [];
      const refused = next === undefined ? plainRefusal(status, message, allow) : undefined;
      end(req, res, next, closing, held, refused);
    };
    const settle = (response: unknown): void => {
      let outcome: Outcome;
      try {
        // What has its parts at hand is not asked for more: a whole Response would be made of it.
        outcome = isLight(response) ? (response as Response & LightResponse) : sendable(response);
      } catch (thrown) {
        fail(thrown);
        return;
      }
      end(req, res, next, closing, held, outcome);
    };
    let response: ReturnType<FetchHandler>;
    try {
      response = fetch(make(req, res, addressOf(req)));
    } catch (thrown) {
      fail(thrown);
      return;
    }
    if (isThenable(response)) response.then(settle, fail);
    else settle(response);
  };
}

function end(
  req: IncomingMessage,
  res: ServerResponse,
  next: ((error?: unknown) => void) | undefined,
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
  next: ((error?: unknown) => void) | undefined,
): void {
  const closes = closing.closes();
  if (outcome === undefined && next !== undefined) {
    // Node says `connection: close` then, whatever the next one answers.
    if (closes) res.shouldKeepAlive = false;
    next();
    return;
  }
  // Closing a socket with unread bytes in it resets it, and the client may lose the answer.
  if (closes && !req.complete) {
    void dropRest(req, DROP_MS).then(() => sendOutcome(req, res, outcome, closes));
  } else sendOutcome(req, res, outcome, closes);
}

function sendOutcome(
  req: IncomingMessage,
  res: ServerResponse,
  outcome: Outcome,
  closes: boolean,
): void {
  const way = { isHead: req.method === 'HEAD', closes };
  if (outcome === undefined) sendPlain(res, plainRefusal(404, 'not found'), way);
  else if (isPlain(outcome)) sendPlain(res, outcome, way);
  else send(res, outcome, way);
}

function isPlain(outcome: Response | PlainAnswer): outcome is PlainAnswer {
  return !isLight(outcome) && Array.isArray(outcome.headers);
}
