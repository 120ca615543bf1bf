/**
 * One exchange on a server of Node: the request, the handler, the response, and what is left of the
 * body. It knows no lifecycle; whether a connection goes on it is told.
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { call, refusal } from '../answer.ts';
import type { FetchHandler } from '../options.ts';
import { dropRest } from './body.ts';
import { toRequest, UnfitRequest } from './request.ts';
import { send } from './response.ts';

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

/**
 * Makes a listener of a fetch handler. Where the lifecycle is in it, and who closes connections,
 * is for `closing` to say.
 */
export function exchange(fetch: FetchHandler, closing: Closing): Exchange {
  return (req, res, next) => {
    const held = closing.held();
    void respond(fetch, req, next, clientGone(res)).then(async (response) => {
      if (held !== undefined) await held;
      const leaving = closing.closes();
      if (response === undefined) {
        // Node says `connection: close` then, whatever the next one answers.
        if (leaving) res.shouldKeepAlive = false;
        next?.();
        return;
      }
      // Closing a socket with unread bytes in it resets it, and the client may lose the answer.
      if (leaving) await dropRest(req, DROP_MS);
      await send(res, response, { isHead: req.method === 'HEAD', closes: leaving });
      // What is left of the body must not be taken for the next request.
      req.resume();
    }, next);
  };
}

/** Rejects only if there is a `next` to take it. */
async function respond(
  fetch: FetchHandler,
  req: IncomingMessage,
  next: ((error?: unknown) => void) | undefined,
  signal: AbortSignal,
): Promise<Response | undefined> {
  try {
    const response = await call(fetch, toRequest(req, signal));
    if (response !== undefined || next !== undefined) return response;
    return refusal(404, 'not found');
  } catch (thrown) {
    if (thrown instanceof UnfitRequest) {
      if (next !== undefined) return undefined;
      return refusal(thrown.status, thrown.message, thrown.status === 405 ? { allow: ALLOW } : {});
    }
    if (next !== undefined) throw thrown;
    return refusal(500, 'internal server error');
  }
}

/** Aborts when the connection is gone before the response is out. */
function clientGone(res: ServerResponse): AbortSignal {
  const controller = new AbortController();
  res.once('close', () => {
    if (res.writableFinished) return;
    controller.abort(new DOMException('The client closed the connection', 'AbortError'));
  });
  return controller.signal;
}
