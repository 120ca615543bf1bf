/**
 * Adopts a server of Node that the application made: it closes when the lifecycle is Stopped, and
 * loses no request then. What the server answers remains up to the application.
 *
 * @module
 */

import { Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Server as NetServer } from 'node:net';
import { isWithin, must } from '../../lifecycle/check.ts';
import { TIMER_MAX_MS } from '../../lifecycle/clock.ts';
import { LifecycleError, shown } from '../../lifecycle/errors.ts';
import { isLifecycle } from '../../lifecycle/is-lifecycle.ts';
import { checkKeys } from '../../lifecycle/known-keys.ts';
import { isLeavingOrGone } from '../../lifecycle/leaving.ts';
import type { Lifecycle } from '../../lifecycle/lifecycle.ts';
import { Phase } from '../../lifecycle/phase.ts';
import { routesOf } from '../../lifecycle/routes.ts';
import { plainRefusal } from '../answer.ts';
import { Closing } from '../closing/closing.ts';
import { graceMs } from '../grace-period.ts';
import { onFailure } from '../handler-errors.ts';
import { opened } from '../open-servers.ts';
import {
  type CheckedOptions,
  type FetchHandler,
  type ServeOptions,
  type Server,
  urlOf,
} from '../options.ts';
import { whenLeaving } from '../when-leaving.ts';
import { pathAsked } from './address.ts';
import { NodeAdmission, released } from './admission.ts';
import { deferClose } from './close-by-owner.ts';
import { type ConnectionServer, Connections } from './connections.ts';
import { exchange, notMine, probed } from './exchange.ts';
import { intercept } from './intercept.ts';
import type { Next } from './next.ts';
import { Streams } from './streams.ts';

/** The part of a server of Node by which the compiler knows it, without `@types/node`. */
export interface NodeServer {
  readonly listening: boolean;
  address(): unknown;
  close(callback?: (error?: Error) => void): unknown;
}

/** What `adopt` takes. */
export interface AdoptOptions {
  /** Whose shutdown closes the server. */
  readonly lifecycle: Lifecycle;
  /**
   * Milliseconds for a kept-alive connection that only seems idle when the server closes: a
   * request may be in the socket buffer. 0 … 2^31−1, default 50.
   */
  readonly lingerMs?: number | undefined;
  /**
   * Milliseconds for responses in flight when the server closes, 0 … 2^31−1. By default they have
   * what is left of the shutdown's budget, but 2 000 in any case and 10 000 at most. Then they are cut.
   */
  readonly inFlightTimeoutMs?: number | undefined;
  /** Is asked before the server's own listeners, which get what it leaves (`undefined`). */
  readonly fetch?: FetchHandler | undefined;
  /** What a request counts as: see `kindOf` of `serve`. */
  readonly kindOf?: ServeOptions['kindOf'];
  /** Hears what `fetch` threw: see `onError` of `serve`. */
  readonly onError?: ServeOptions['onError'];
}

const ACTION = 'adopt the server';
const KNOWN = ['lifecycle', 'fetch', 'kindOf', 'onError', 'lingerMs', 'inFlightTimeoutMs'];
const LINGER_MS = 50;
/** A probe is nobody else's, whatever it says of the connection. */
const NO_UPGRADE = plainRefusal(400, 'not to be upgraded');

const adopted: WeakMap<NodeServer, Server> = new WeakMap();

/**
 * Closes a server that the application made when the lifecycle is Stopped: of `node:http`,
 * `node:https` or `node:http2`, listening already or not, and of `node:net`, on Node, Deno and Bun.
 *
 * It stops accepting, finishes the responses in flight, and lets idle connections linger; HTTP/2
 * sessions get `session.close()`; upgraded connections, and those of a `net.Server`, are cut after 2
 * seconds. Every HTTP/1 response whose head goes out after the acceptance of a shutdown says
 * `connection: close`, whoever writes it. On Bun a server of `node:http` resets connections that
 * have not asked yet when it closes.
 *
 * @returns the server as `serve` gives one; the first one, if it was adopted before. Until it
 * listens its `url` and `hostname` are empty and its `port` is 0.
 * @throws {LifecycleError} `invalid_argument`, `detached`
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 *
 * const server = createServer((req, res) => res.end('hello'));
 * await adopt(server, { lifecycle });
 * server.listen(8080);
 * ```
 */
export async function adopt(server: NodeServer, options: AdoptOptions): Promise<Server> {
  const ours = adoptNow(server, options);
  // One whose `listen()` was called a moment ago gets there by itself.
  for (let turn = 0; turn < 2 && !server.listening; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return ours;
}

/** The same, at once. */
export function adoptNow(server: NodeServer, options: AdoptOptions): Server {
  const adoption = checkAdopt(server, options);
  return adopted.get(server) ?? adoptChecked(server, adoption);
}

/** What is known of a server to adopt. */
type Adoption = Pick<
  CheckedOptions,
  'lifecycle' | 'kindOf' | 'onFailure' | 'lingerMs' | 'inFlightTimeoutMs'
> & { readonly fetch?: FetchHandler | undefined };

/** The same, of options that are right. @param place what it is going to listen on, if that is known */
export function adoptChecked(
  server: NodeServer,
  adoption: Adoption,
  place: object | null = null,
): Server {
  const { lifecycle, kindOf, onFailure, fetch, lingerMs, inFlightTimeoutMs } = adoption;
  // It is one of theirs, see isNodeServer.
  const connections = new Connections(server as ConnectionServer, lingerMs, released);
  const closing = new Closing(lifecycle, {
    stop: () => connections.stop(),
    finish: async () => {
      await connections.finish(inFlightTimeoutMs());
      // Now that nothing is idle it only stops http's timer; its error says "not running", rightly.
      if (server instanceof HttpServer) HttpServer.prototype.close.call(server, () => {});
    },
  });
  void closing.closed.then(whenLeaving(lifecycle, () => connections.makeAllLast()));
  const admission = new NodeAdmission(lifecycle, kindOf);
  const stopListening = lifecycle.onTransition(({ to }) => {
    if (to === Phase.ShuttingDown) admission.cutLate(connections.inFlight);
  });
  void closing.closed.then(stopListening);
  const ends = {
    closes() {
      // As soon as anybody can know.
      if (!connections.isLast && isLeavingOrGone(lifecycle)) connections.makeAllLast();
      return connections.isLast;
    },
    held: () => connections.hold.current,
    isTooLate: (req: IncomingMessage) => admission.isTooLate(req),
    pass: (req: IncomingMessage, res: ServerResponse, go: Next) => admission.pass(req, res, go),
    streamed: (res: ServerResponse, end: () => void) => admission.streamed(res, end),
  };
  const surroundings = { admission, onFailure, answersErrors: true };
  const own = fetch === undefined ? undefined : routesOf(fetch);
  const asks = (path: string): boolean =>
    fetch !== undefined && (own === undefined || own.has(path));
  intercept(server as ConnectionServer, {
    begins: (req, res) => connections.begins(req, res),
    front: exchange(fetch ?? notMine, ends, surroundings),
    streams: new Streams(server as ConnectionServer, { admission, asks }),
    refusesUpgrade(req) {
      const path = pathAsked(req);
      if (own?.has(path) === true) return probed(own, req, path) ?? NO_UPGRADE;
      return admission.isOwn(path) ? NO_UPGRADE : admission.refusesUpgrade();
    },
  });
  deferClose(server as ConnectionServer, lifecycle, closing);
  const ours = seen(server, closing, place);
  adopted.set(server, ours);
  return opened(lifecycle, ours);
}

/** True for a server of `node:net`, `node:http`, `node:https` or `node:http2`. */
export function isNodeServer(value: unknown): value is NodeServer {
  // On Bun the middle two are not of `node:net`.
  return value instanceof NetServer || value instanceof HttpServer || isHttps(value);
}

/** Without an import of `node:https`, which would load OpenSSL for those who have no use for it. */
function isHttps(value: unknown): boolean {
  const { closeAllConnections, listen, setTimeout, address } = (value ?? {}) as Record<
    string,
    unknown
  >;
  return [closeAllConnections, listen, setTimeout, address].every(
    (method) => typeof method === 'function',
  );
}

/** The server as those of `serve` are seen: its address may come later. */
function seen(server: NodeServer, closing: Closing, place: object | null): Server {
  const { closed } = closing;
  const scheme = 'setSecureContext' in server ? 'https' : 'http';
  let last = placeOf(place, scheme) ?? { url: '', hostname: '', port: 0 };
  // A server that is closed has no address; the log still calls it by the one that it had.
  const now = (): typeof last => {
    last = placeOf(server.address(), scheme) ?? last;
    return last;
  };
  now();
  return {
    get url() {
      return now().url;
    },
    get hostname() {
      return now().hostname;
    },
    get port() {
      return now().port;
    },
    close: () => {
      now();
      return closing.close();
    },
    closed,
    native: server,
  };
}

function placeOf(
  address: unknown,
  scheme: string,
): { url: string; hostname: string; port: number } | undefined {
  if (typeof address === 'string') return { url: `unix:${address}`, hostname: address, port: 0 };
  const { address: hostname, port } = (address ?? {}) as { address?: string; port?: number };
  if (hostname === undefined || port === undefined) return undefined;
  return { url: urlOf(hostname, port, scheme), hostname, port };
}

function checkAdopt(server: NodeServer, options: AdoptOptions): Adoption {
  if (!isNodeServer(server)) {
    throw invalid(
      `expected one of node:http, node:https, node:http2 or node:net, got ${shown(server)}`,
    );
  }
  if (typeof options !== 'object' || options === null) {
    throw invalid(`options must be an object, got ${shown(options)}`);
  }
  checkKeys(ACTION, options, KNOWN);
  const { lifecycle, fetch, kindOf, onError, lingerMs = LINGER_MS, inFlightTimeoutMs } = options;
  must(isLifecycle(lifecycle), ACTION, 'lifecycle must be a Lifecycle', lifecycle);
  for (const [name, value] of Object.entries({ fetch, kindOf, onError })) {
    const isFunction = value === undefined || typeof value === 'function';
    must(isFunction, ACTION, `${name} must be a function`, value);
  }
  for (const [name, value] of Object.entries({ lingerMs, inFlightTimeoutMs })) {
    const isTime = value === undefined || isWithin(value, 0, TIMER_MAX_MS);
    must(isTime, ACTION, `${name} must be between 0 and ${TIMER_MAX_MS}`, value);
  }
  return {
    lifecycle,
    fetch,
    kindOf,
    onFailure: onFailure(lifecycle, onError),
    lingerMs,
    inFlightTimeoutMs: () => inFlightTimeoutMs ?? graceMs(lifecycle),
  };
}

function invalid(what: string): LifecycleError {
  return new LifecycleError('invalid_argument', `Cannot ${ACTION}: ${what}`);
}
