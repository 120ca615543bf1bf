/**
 * Bun: a server over `Bun.serve`, and signals: `tidegate/bun`.
 *
 * @module
 */

import { LifecycleError } from '../lifecycle/errors.ts';
import { BunFront, type BunServer } from './bun-server.ts';
import { checkServe, type ServeOptions, type Server } from './options.ts';

export type { KindOf } from './admission.ts';
export { type AdoptOptions, adopt, type NodeServer } from './node/adopt.ts';
export { permitOf } from './node/permit.ts';
export type { FetchHandler, RequestInfo, ServeOptions, Server } from './options.ts';
export {
  type Closable,
  type FinallyEntry,
  handleSignals,
  type RecordStore,
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
    fetch: (
      request: Request,
      server: BunServer,
    ) => Response | undefined | Promise<Response | undefined>;
  }): BunServer;
}

/**
 * The longest silence that Bun can be asked to bear. By itself it cuts a connection after 10 s, also while
 * the client waits for our answer, and that to a shutdown may take as long as its budget; and an idle
 * one must outlive a load balancer's time-out. Not without end either: dead clients.
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
  const { websocket, ...own } = options.bun ?? {};
  const past = PAST_FETCH.find((name) => name in own);
  if (past !== undefined) {
    throw new LifecycleError('invalid_argument', `Cannot serve: bun.${past} would bypass the gate`);
  }
  const front = new BunFront(checked, websocket);
  const { port, hostname, path, tls, reusePort } = checked;
  const server = Bun.serve({
    idleTimeout: LONGEST_S,
    ...own,
    ...(websocket === undefined ? {} : { websocket: front.sockets.handler }),
    ...(path === undefined ? { port } : { unix: path }),
    ...(hostname === undefined ? {} : { hostname }),
    ...(tls === undefined ? {} : { tls: { cert: tls.cert, key: tls.key } }),
    development: false,
    // Bun 1.4 turns it on outside development: a second service would share the port in silence.
    reusePort,
    fetch: (request, server) => front.answer(request, server),
  });
  const scheme = tls === undefined ? 'http' : 'https';
  return front.guard(server, { scheme, path });
}
