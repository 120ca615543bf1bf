/**
 * Bun: a server over `Bun.serve`, and signals: `tidegate/bun`.
 *
 * @module
 */

import { LifecycleError } from '../lifecycle/errors.ts';
import { plainAddress, withoutLength } from './answer.ts';
import { Sockets } from './bun/sockets.ts';
import { Unsent } from './bun/unsent.ts';
import { truthful } from './coding.ts';
import { Front } from './front.ts';
import { checkServe, type ServeOptions, type Server, urlOf } from './options.ts';
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
    websocket?: object;
    idleTimeout: number;
    fetch: (request: Request, server: BunServer) => Promise<Response | undefined>;
  }): BunServer;
}

interface BunServer {
  readonly hostname?: string;
  readonly port?: number;
  readonly pendingRequests: number;
  stop(closeActiveConnections?: boolean): Promise<void>;
  requestIP(request: Request): { readonly address: string } | null;
}

const NOT_MODIFIED = 304;

/** What Bun's fetch() decodes, and leaves in the head for its server to send. */
const DECODED = ['gzip', 'x-gzip', 'deflate', 'br', 'zstd'];

/**
 * The longest silence that Bun can be asked to bear. By itself it cuts a connection after 10 s, also while
 * the client waits for our answer, and that to a shutdown may take as long as its budget; and an idle
 * one must outlive a load balancer's time-out. Not for ever either: dead clients.
 */
const LONGEST_S = 255;
/** What a request would go past `fetch` by, and the gate before it. */
const PAST_FETCH = ['fetch', 'routes', 'static'];

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
  // It sends the length that a 304 is said to have, and parsers miss its body.
  const front = new Front(checked, (response) =>
    truthful(response.status === NOT_MODIFIED ? withoutLength(response) : response, DECODED),
  );
  const unsent = new Unsent();
  const { websocket, ...own } = options.bun ?? {};
  const past = PAST_FETCH.find((name) => name in own);
  if (past !== undefined) {
    throw new LifecycleError('invalid_argument', `Cannot serve: bun.${past} would bypass the gate`);
  }
  const sockets = new Sockets(websocket);
  const { port, hostname, path, tls, reusePort } = checked;
  const server = Bun.serve({
    idleTimeout: LONGEST_S,
    ...own,
    ...(websocket === undefined ? {} : { websocket: sockets.handler }),
    ...(path === undefined ? { port } : { unix: path }),
    ...(hostname === undefined ? {} : { hostname }),
    ...(tls === undefined ? {} : { tls: { cert: tls.cert, key: tls.key } }),
    development: false,
    // Bun 1.4 turns it on outside development: a second service would share the port in silence.
    reusePort,
    fetch(request, server) {
      unsent.settle();
      const remoteAddress = plainAddress(server.requestIP(request)?.address);
      return front.answer(request, { remoteAddress, native: server }, (release) => {
        // Known for as long as the response is not sent; on a Unix socket there is none.
        unsent.add(() => server.requestIP(request) === null, release);
      });
    },
  });
  const closing = front.guard({
    // Sockets that never sent a byte outlive stop(), and so would the process.
    finish: () => {
      sockets.goAway();
      return server.stop().then(() => server.stop(true));
    },
    isBusy: () => server.pendingRequests > 0,
    isUpgraded: () => sockets.areOpen,
    cut: () => void server.stop(true),
  });
  const place = { hostname: server.hostname ?? path ?? '', port: server.port ?? 0 };
  const scheme = tls === undefined ? 'http' : 'https';
  return opened(checked.lifecycle, {
    url: path === undefined ? urlOf(place.hostname, place.port, scheme) : `unix:${path}`,
    ...place,
    close: () => closing.close(),
    closed: closing.closed,
    native: server,
  });
}
