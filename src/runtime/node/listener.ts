/**
 * A fetch handler as the `(req, res, next?)` that `http.createServer`, Connect and Express take.
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { LifecycleError, shown } from '../../lifecycle/errors.ts';
import type { Lifecycle } from '../../lifecycle/lifecycle.ts';
import { call, isLeaving, refusal } from '../answer.ts';
import { type FetchHandler, isLifecycle } from '../options.ts';
import { dropRest } from './body.ts';
import { toRequest, UnfitRequest } from './request.ts';
import { send } from './response.ts';

/** Options of {@link toNodeListener}. */
export interface ListenerOptions {
  /** Makes every response say `connection: close` once a shutdown is accepted. */
  readonly lifecycle?: Lifecycle | undefined;
}

/** What `http.createServer(listener)` and `app.use(listener)` take. */
export type NodeListener = (
  req: IncomingMessage,
  res: ServerResponse,
  next?: (error?: unknown) => void,
) => void;

/** Methods a web `Request` can have, for the `allow` of a 405. */
const ALLOW = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';
/** How long a request whose connection is to be closed may take to send what nobody reads. */
const DROP_MS = 50;

/**
 * Makes a listener of a fetch handler. What is not the handler's (`undefined`), what it throws, and
 * what is no web request goes to `next` if there is one; else it is a 404, a 500, a 400. Under a
 * framework's mount path the handler sees what the framework left in `req.url`.
 *
 * @throws {LifecycleError} `invalid_argument`
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 *
 * const health = toNodeListener(createHandler(lifecycle), { lifecycle });
 * createServer((req, res) => health(req, res, () => res.end('not a probe'))).listen(8080);
 * // with Express: app.use(health);
 * ```
 */
export function toNodeListener(fetch: FetchHandler, options: ListenerOptions = {}): NodeListener {
  if (typeof fetch !== 'function') {
    throw new LifecycleError('invalid_argument', `Cannot make a listener of ${shown(fetch)}`);
  }
  const lifecycle: unknown = options?.lifecycle;
  if (lifecycle !== undefined && !isLifecycle(lifecycle)) {
    throw new LifecycleError('invalid_argument', 'Cannot make a listener: not a Lifecycle');
  }
  return listenerOf(fetch, {
    closes: () => lifecycle !== undefined && isLeaving(lifecycle),
    held: () => undefined,
  });
}

/** What a server knows of its closing that a handler does not. */
export interface Closing {
  /** True if a response that begins now is its connection's last. */
  closes(): boolean;
  /** What a request that begins now awaits before its answer. */
  held(): Promise<void> | undefined;
}

/** The same, for a server that closes its connections itself. */
export function listenerOf(fetch: FetchHandler, closing: Closing): NodeListener {
  return (req, res, next) => {
    const held = closing.held();
    void respond(fetch, req, next, clientGone(res)).then(async (response) => {
      if (response === undefined) return next?.();
      if (held !== undefined) await held;
      const leaving = closing.closes();
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
