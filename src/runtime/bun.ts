/**
 * Bun: a server over `Bun.serve`, and signals: `tidegate/bun`.
 *
 * @module
 */

import { LifecycleError } from '../lifecycle/errors.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { plainAddress } from './answer.ts';
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

/** The part of Bun that is used here, so that nobody needs its types. */
interface BunNamespace {
  serve(options: {
    port?: number;
    hostname?: string;
    unix?: string;
    tls?: object;
    development: boolean;
    reusePort: boolean;
    fetch: (request: Request, server: BunServer) => Promise<Response | undefined>;
  }): BunServer;
}

/** A server of Bun, as far as it is used here. */
export interface BunServer {
  readonly hostname?: string;
  readonly port?: number;
  readonly pendingRequests: number;
  stop(closeActiveConnections?: boolean): Promise<void>;
  timeout(request: Request, seconds: number): void;
  requestIP(request: Request): { readonly address: string } | null;
}

/** What Bun's fetch() decodes, and leaves in the head for its server to send. */
const DECODED = ['gzip', 'x-gzip', 'deflate', 'br', 'zstd'];

/** The longest silence that Bun can be asked to bear. */
const LONGEST_S = 255;

/**
 * Serves until the lifecycle is Stopped.
 *
 * @throws {LifecycleError} `invalid_argument`, `detached`; what Bun throws if it cannot listen
 */
export async function serve(options: ServeOptions): Promise<Server> {
  const checked = checkServe(options);
  const { Bun } = globalThis as { Bun?: BunNamespace };
  if (typeof Bun?.serve !== 'function') {
    throw new LifecycleError('invalid_argument', 'Cannot serve: this runtime has no Bun.serve');
  }
  const front = frontFor(checked);
  const { port, hostname, path, tls, reusePort } = checked;
  const server = Bun.serve({
    ...options.bun,
    ...(path === undefined ? { port } : { unix: path }),
    ...(hostname === undefined ? {} : { hostname }),
    ...(tls === undefined ? {} : { tls: { cert: tls.cert, key: tls.key } }),
    development: false,
    // Bun 1.4 turns it on outside development: a second service would share the port in silence.
    reusePort,
    fetch(request, server) {
      // Bun cuts a connection that is silent for 10 s, also while it waits for our answer, and the
      // answer to a shutdown may take as long as its budget. Not for ever either: dead clients.
      server.timeout(request, LONGEST_S);
      const remoteAddress = plainAddress(server.requestIP(request)?.address);
      return front.answer(request, { remoteAddress, native: server });
    },
  });
  const scheme = tls === undefined ? 'http' : 'https';
  return guarded(front, checked.lifecycle, server, { scheme, path });
}

/** What answers the requests of one server of Bun. */
export function frontFor(options: CheckedOptions): Front {
  return new Front(options, (response) => truthful(response, DECODED));
}

/** A server of Bun that closes when the lifecycle is Stopped. */
export function guarded(
  front: Front,
  lifecycle: Lifecycle,
  server: BunServer,
  { scheme, path }: { readonly scheme: string; readonly path: string | undefined },
): Server {
  const closing = front.guard({
    // Sockets that never sent a byte outlive stop(), and so would the process.
    finish: () => server.stop().then(() => server.stop(true)),
    isBusy: () => server.pendingRequests > 0,
    cut: () => void server.stop(true),
  });
  const place = { hostname: server.hostname ?? path ?? '', port: server.port ?? 0 };
  return opened(lifecycle, {
    url: path === undefined ? urlOf(place.hostname, place.port, scheme) : `unix:${path}`,
    ...place,
    close: () => closing.close(),
    closed: closing.closed,
  });
}
