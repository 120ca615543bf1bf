/**
 * What all three doors take and give: the options of `serve`, checked, and the shape of a server.
 * Nothing here opens anything.
 *
 * @module
 */

import { LifecycleError, shown } from '../lifecycle/errors.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import type { WebRequest, WebResponse } from '../lifecycle/platform.ts';
import { graceMs } from './grace.ts';

/** Answers a request; `undefined` means "not mine" and becomes a 404. */
export type FetchHandler = (
  request: WebRequest,
) => WebResponse | undefined | Promise<WebResponse | undefined>;

/** What `serve` takes. */
export interface ServeOptions {
  /** Whose shutdown closes the server. */
  readonly lifecycle: Lifecycle;
  /** A throw becomes a 500, and nothing is logged. */
  readonly fetch: FetchHandler;
  /** 0 … 65535; 0, the default, takes any free port. */
  readonly port?: number | undefined;
  /** The address to listen on; the runtime's default is all of them. */
  readonly hostname?: string | undefined;
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
  /** Resolves when the last connection is gone, whoever closed the server. */
  readonly closed: Promise<void>;
}

/** {@link ServeOptions} after the check, defaults filled in. */
export interface CheckedOptions {
  readonly lifecycle: Lifecycle;
  readonly fetch: FetchHandler;
  readonly port: number;
  readonly hostname: string | undefined;
  readonly lingerMs: number;
  /** How long responses in flight are waited for, asked for when the server closes. */
  readonly inFlightTimeoutMs: () => number;
}

const LINGER_MS = 50;
const PORT_MAX = 65_535;
/** Longest delay of a timer (ECMAScript hosts keep it in 31 bits). */
const TIMER_MAX_MS = 2 ** 31 - 1;

/**
 * Checks what an application asks for.
 *
 * @throws {LifecycleError} `invalid_argument`, `detached`
 */
export function checkServe(options: ServeOptions): CheckedOptions {
  if (typeof options !== 'object' || options === null) {
    throw invalid(`the options are ${shown(options)}`);
  }
  const { lifecycle, fetch, port = 0, hostname } = options;
  if (!isLifecycle(lifecycle)) throw invalid('lifecycle is not a Lifecycle');
  if (typeof fetch !== 'function') throw invalid(`fetch is ${shown(fetch)}`);
  if (!Number.isInteger(port) || port < 0 || port > PORT_MAX) {
    throw invalid(`port is ${shown(port)}, not an integer in 0 … ${PORT_MAX}`);
  }
  if (hostname !== undefined && (typeof hostname !== 'string' || hostname === '')) {
    throw invalid(`hostname is ${shown(hostname)}`);
  }
  const lingerMs = duration('lingerMs', options.lingerMs) ?? LINGER_MS;
  const given = duration('inFlightTimeoutMs', options.inFlightTimeoutMs);
  // Throws for an object that was detached: nobody would close the server.
  lifecycle.phase();
  const inFlightTimeoutMs = (): number => given ?? graceMs(lifecycle);
  return { lifecycle, fetch, port, hostname, lingerMs, inFlightTimeoutMs };
}

/** By its shape: the class may have come from another copy of the package. */
export function isLifecycle(value: unknown): value is Lifecycle {
  const { phase, shutdown, shutdownRequested, onTransition } =
    (value as Partial<Lifecycle> | null | undefined) ?? {};
  return [phase, shutdown, shutdownRequested, onTransition].every(
    (method) => typeof method === 'function',
  );
}

/** The address of a listening server as others write it. */
export function urlOf(hostname: string, port: number): string {
  const loopback: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '::1' };
  const host = loopback[hostname] ?? hostname;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function duration(name: string, value: number | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !(value >= 0 && value <= TIMER_MAX_MS)) {
    throw invalid(`${name} is ${shown(value)}, not milliseconds in 0 … 2^31-1`);
  }
  return value;
}

function invalid(what: string): LifecycleError {
  return new LifecycleError('invalid_argument', `Cannot serve: ${what}`);
}
