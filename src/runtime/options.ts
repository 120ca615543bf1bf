/**
 * What the three server entry points take and return: the options of `serve`, checked, and the
 * shape of a server. Nothing here opens anything.
 *
 * @module
 */

import { isObject, isWhole, isWithin, must } from '../lifecycle/check.ts';
import { TIMER_MAX_MS } from '../lifecycle/clock.ts';
import { LifecycleError } from '../lifecycle/errors.ts';
import type { Permit } from '../lifecycle/gate.ts';
import { isLifecycle } from '../lifecycle/is-lifecycle.ts';
import { checkKeys } from '../lifecycle/known-keys.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import type { WebRequest, WebResponse } from '../lifecycle/platform.ts';
import type { KindOf } from './admission.ts';
import { graceMs } from './grace-period.ts';
import { type OnFailure, onFailure } from './handler-errors.ts';

/** What a handler gets in addition to the request. */
export interface RequestInfo {
  /**
   * The client's address without a port, IPv4 as such; `undefined` on a Unix socket. It is asked for when it
   * is read: Bun has forgotten it once the response is sent, or the client is gone.
   */
  readonly remoteAddress: string | undefined;
  /** What the runtime has: `{ req, res }` on Node, the server on Bun, Deno's own info. */
  readonly native: unknown;
  /**
   * The permit that the request holds until its response is sent; `null` if it is not counted. A handler
   * that awaits `shutdown()` releases it first: the shutdown would wait for the handler.
   */
  readonly permit: Permit | null;
}

/** Answers a request; `undefined` means "not mine" and becomes a 404. */
export type FetchHandler = (
  request: WebRequest,
  info: RequestInfo,
) => WebResponse | undefined | Promise<WebResponse | undefined>;

/** What `serve` takes. */
export interface ServeOptions {
  /** Whose shutdown closes the server. */
  readonly lifecycle: Lifecycle;
  /** A throw becomes a 500 (a `GateClosedError` a 503), and a line on stderr without `onError`. */
  readonly fetch: FetchHandler;
  /**
   * What a request counts as: `'write'`, `'query'`, or `null` for not at all. By default GET, HEAD,
   * OPTIONS and TRACE are queries and all others writes. Each counted request holds a permit until its
   * response is sent or its connection is gone; where the gate is closed it is answered 503 with the
   * reason. The routes of every `createHandler` for this lifecycle on this thread are never counted; one
   * behind a prefix that a framework strips needs a `null` from here.
   */
  readonly kindOf?: KindOf | undefined;
  /**
   * Hears what `fetch` threw, in place of a line on stderr. What it returns, if it is a `Response`, is
   * sent in place of the 500.
   */
  readonly onError?: ((error: unknown, request: WebRequest) => unknown) | undefined;
  /** 0 … 65535; 0, the default, takes any free port. */
  readonly port?: number | undefined;
  /** The address to listen on; by default all of them, IPv4 and IPv6. */
  readonly hostname?: string | undefined;
  /** A Unix socket to listen on, in place of a port. */
  readonly path?: string | undefined;
  /** Serves HTTPS. Both are PEM, as text or as it was read from a file. */
  readonly tls?:
    | { readonly cert: string | Uint8Array; readonly key: string | Uint8Array }
    | undefined;
  /** Shares the port with other processes; refused where the runtime cannot (Node before 22). */
  readonly reusePort?: boolean | undefined;
  /**
   * Milliseconds for a kept-alive connection that only seems idle when the server closes: a
   * request may be in the socket buffer. Default 50.
   */
  readonly lingerMs?: number | undefined;
  /**
   * Milliseconds for responses in flight when the server closes. By default they have what is left
   * of the shutdown's budget, but 2 000 in any case and 10 000 at most, so that with the default
   * budget it is all over within 28 s. Then they are cut; on Deno, which cannot, they are no longer
   * waited for.
   */
  readonly inFlightTimeoutMs?: number | undefined;
  /**
   * Node's own options: those of `http.createServer` (or `https`) and of `server.listen`.
   * `keepAliveTimeout` is 72 000 ms by default, where Node's is 5 000. Other runtimes ignore it.
   */
  readonly node?: Readonly<Record<string, unknown>> | undefined;
  /** Deno's own: those of `Deno.serve`. Other runtimes ignore it. */
  readonly deno?: Readonly<Record<string, unknown>> | undefined;
  /**
   * Bun's own: those of `Bun.serve`, as `websocket`; its sockets are closed with 1001 when the server
   * closes. Other runtimes ignore it.
   */
  readonly bun?: Readonly<Record<string, unknown>> | undefined;
}

/** A server that listens. */
export interface Server {
  /** Without a slash at its end; a server on all addresses names the loopback one. */
  readonly url: string;
  readonly hostname: string;
  readonly port: number;
  /**
   * Stops accepting, finishes what is in flight, and resolves like {@link Server.closed}. Happens
   * by itself when the lifecycle is Stopped; again is the same closing.
   */
  close(): Promise<void>;
  /** Resolves when the last connection is gone, however the server was closed. */
  readonly closed: Promise<void>;
  /**
   * What the runtime has: the server of `node:http` (to attach `ws` to), what `Deno.serve` returned, or
   * Bun's server (for `publish`).
   */
  readonly native: unknown;
}

/** {@link ServeOptions} after the check, defaults filled in. */
export interface CheckedOptions {
  readonly lifecycle: Lifecycle;
  readonly fetch: FetchHandler;
  readonly kindOf: KindOf | undefined;
  readonly onFailure: OnFailure;
  readonly port: number;
  readonly hostname: string | undefined;
  readonly path: string | undefined;
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  readonly reusePort: boolean;
  readonly lingerMs: number;
  /** How long responses in flight are waited for, asked for when the server closes. */
  readonly inFlightTimeoutMs: () => number;
}

/** Options of `serve`; what is one runtime's own, others leave alone, so that one source serves on all. */
const KNOWN = [
  'lifecycle',
  'fetch',
  'kindOf',
  'onError',
  'port',
  'hostname',
  'path',
  'tls',
  'reusePort',
  'lingerMs',
  'inFlightTimeoutMs',
  'listener',
  'node',
  'deno',
  'bun',
];
const LINGER_MS = 50;
const PORT_MAX = 65_535;
const ACTION = 'serve';

/**
 * Checks what an application asks for.
 *
 * @throws {LifecycleError} `invalid_argument`, `detached`
 */
export function checkServe(options: ServeOptions): CheckedOptions {
  checkKeys(ACTION, options, KNOWN);
  const { lifecycle, fetch, kindOf, onError, port = 0, hostname } = options;
  const { path, tls, reusePort = false } = options;
  must(isLifecycle(lifecycle), ACTION, 'lifecycle must be a Lifecycle', lifecycle);
  must(typeof fetch === 'function', ACTION, 'fetch must be a function', fetch);
  checkPort(ACTION, port);
  checkText(ACTION, 'hostname', hostname);
  checkText(ACTION, 'path', path);
  if (path !== undefined && (options.port !== undefined || hostname !== undefined)) {
    throw invalid('path takes the place of port and hostname');
  }
  must(typeof reusePort === 'boolean', ACTION, 'reusePort must be true or false', reusePort);
  for (const [name, value] of Object.entries({ kindOf, onError })) {
    const isFunction = value === undefined || typeof value === 'function';
    must(isFunction, ACTION, `${name} must be a function`, value);
  }
  for (const name of ['node', 'deno', 'bun']) {
    const own: unknown = Reflect.get(options, name);
    must(own === undefined || isObject(own), ACTION, `${name} must be an object`, own);
  }
  const lingerMs = duration('lingerMs', options.lingerMs) ?? LINGER_MS;
  const given = duration('inFlightTimeoutMs', options.inFlightTimeoutMs);
  // Throws for an object that was detached: nobody would close the server.
  lifecycle.phase();
  const inFlightTimeoutMs = (): number => given ?? graceMs(lifecycle);
  return {
    lifecycle,
    fetch,
    kindOf,
    onFailure: onFailure(lifecycle, onError),
    port,
    hostname,
    path,
    tls: tls === undefined ? undefined : { cert: pem(tls?.cert), key: pem(tls?.key) },
    reusePort,
    lingerMs,
    inFlightTimeoutMs,
  };
}

/** @throws {LifecycleError} `invalid_argument` */
export function checkPort(action: string, port: unknown): void {
  const rule = `port must be an integer from 0 to ${PORT_MAX}`;
  must(isWhole(port, 0, PORT_MAX), action, rule, port);
}

/** @throws {LifecycleError} `invalid_argument` for what is given and no text */
export function checkText(action: string, name: string, value: unknown): void {
  const isText = value === undefined || (typeof value === 'string' && value !== '');
  must(isText, action, `${name} must be a string that is not empty`, value);
}

/** The address of a listening server as others write it. */
export function urlOf(hostname: string, port: number, scheme = 'http'): string {
  const loopback: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '::1' };
  const host = loopback[hostname] ?? hostname;
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** As text: Deno takes no bytes. */
function pem(value: unknown): string {
  const text = value instanceof Uint8Array ? new TextDecoder().decode(value) : value;
  if (typeof text === 'string' && text !== '') return text;
  throw invalid('tls must have cert and key, both PEM');
}

function duration(name: string, value: number | undefined): number | undefined {
  const isTime = value === undefined || isWithin(value, 0, TIMER_MAX_MS);
  must(isTime, ACTION, `${name} must be between 0 and ${TIMER_MAX_MS}`, value);
  return value;
}

function invalid(what: string): LifecycleError {
  return new LifecycleError('invalid_argument', `Cannot ${ACTION}: ${what}`);
}
