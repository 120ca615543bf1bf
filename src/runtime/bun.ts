/**
 * Bun: a server over `Bun.serve`, and signals: `tidegate/bun`.
 *
 * @module
 */

import { LifecycleError } from '../lifecycle/errors.ts';
import { plainAddress } from './answer.ts';
import { type BunServer, frontFor, guarded } from './bun-server.ts';
import { checkServe, type ServeOptions, type Server } from './options.ts';

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
