/**
 * Deno: a server over `Deno.serve`, and signals: `tidegate/deno`.
 *
 * @module
 */

import { LifecycleError } from '../lifecycle/errors.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { plainAddress, refusal } from './answer.ts';
import { truthful } from './coding.ts';
import { Front } from './front.ts';
import {
  type CheckedOptions,
  checkServe,
  type ServeOptions,
  type Server,
  urlOf,
} from './options.ts';
import { opened } from './serving.ts';

export type { KindOf } from './admission.ts';
export { type AdoptOptions, adopt, type NodeServer } from './node/adopt.ts';
export { permitOf } from './node/permit.ts';
export type { FetchHandler, RequestInfo, ServeOptions, Server } from './options.ts';
export {
  type Closable,
  type FinallyEntry,
  handleSignals,
  type SignalOptions,
} from './signals.ts';

/** What Deno tells of a request. */
export interface DenoInfo {
  readonly remoteAddr: { readonly hostname?: string };
  /** Rejects when the connection is gone before the response is sent. */
  readonly completed: Promise<void>;
}

/** A server of Deno, as far as it is used here. */
export interface DenoServer {
  readonly addr: { readonly hostname?: string; readonly port?: number; readonly path?: string };
  shutdown(): Promise<void>;
}

/** The part of Deno that is used here, so that nobody needs its types. */
interface DenoNamespace {
  serve(
    options: {
      port?: number;
      hostname?: string;
      path?: string;
      onListen: () => void;
    },
    handler: (request: Request, info: DenoInfo) => Promise<Response>,
  ): DenoServer;
}

/**
 * Serves until the lifecycle is Stopped.
 *
 * @throws {LifecycleError} `invalid_argument`, `detached`; what Deno throws if it cannot listen
 */
export async function serve(options: ServeOptions): Promise<Server> {
  const checked = checkServe(options);
  const { Deno } = globalThis as { Deno?: DenoNamespace };
  if (typeof Deno?.serve !== 'function') {
    throw new LifecycleError('invalid_argument', 'Cannot serve: this runtime has no Deno.serve');
  }
  const front = frontFor(checked);
  const { port, hostname, path, tls, reusePort } = checked;
  const server = Deno.serve(
    {
      ...options.deno,
      // Both families, also where a pod has IPv6 only: by itself Deno listens on IPv4.
      ...(path === undefined ? { port, hostname: hostname ?? '::' } : { path }),
      ...(tls === undefined ? {} : { cert: tls.cert, key: tls.key }),
      ...(reusePort ? { reusePort } : {}),
      // Deno prints the address without it.
      onListen: () => {},
    },
    answerer(front),
  );
  return guarded(front, checked.lifecycle, server, tls === undefined ? 'http' : 'https');
}

/** What answers the requests of one server of Deno. */
export function frontFor(options: CheckedOptions): Front {
  // Deno puts right itself what fetch() gave and is returned as it is.
  return new Front(options, (response) => truthful(response, []));
}

/** A handler for `Deno.serve`. */
export function answerer(front: Front): (request: Request, info: DenoInfo) => Promise<Response> {
  return async (request, info) => {
    const remoteAddress = plainAddress(info.remoteAddr.hostname);
    const told = { remoteAddress, native: info };
    const response = await front.answer(request, told, info.completed);
    return response ?? refusal(404, 'not found');
  };
}

/** A server of Deno that closes when the lifecycle is Stopped. */
export function guarded(
  front: Front,
  lifecycle: Lifecycle,
  server: DenoServer,
  scheme: string,
): Server {
  // Nothing cuts what is left: after shutdown(), Deno 2.9 answers the abort of the server's signal
  // with an uncaught BadResource. Such connections end with the process.
  const closing = front.guard({ finish: () => server.shutdown() });
  const { path, hostname = path ?? '', port = 0 } = server.addr;
  return opened(lifecycle, {
    url: path === undefined ? urlOf(hostname, port, scheme) : `unix:${path}`,
    hostname,
    port,
    close: () => closing.close(),
    closed: closing.closed,
  });
}
