/**
 * Deno: a server over `Deno.serve`, and signals: `tidegate/deno`.
 *
 * @module
 */

import { LifecycleError } from '../lifecycle/errors.ts';
import { answerer, type DenoInfo, type DenoServer, frontFor, guarded } from './deno-server.ts';
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

/** The part of Deno that is used here, so that nobody needs its types. */
interface DenoNamespace {
  serve(
    options: {
      port?: number;
      hostname?: string;
      path?: string;
      onListen: () => void;
    },
    handler: (request: Request, info: DenoInfo) => Response | Promise<Response>,
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
  // Asked for without the flag, it is the end of the process.
  if (reusePort && !('listenDatagram' in Deno)) {
    throw new LifecycleError(
      'invalid_argument',
      'Cannot serve: Deno has no reusePort without --unstable-net',
    );
  }
  const listen = (address: string): DenoServer =>
    Deno.serve(
      {
        ...options.deno,
        ...(path === undefined ? { port, hostname: address } : { path }),
        ...(tls === undefined ? {} : { cert: tls.cert, key: tls.key }),
        ...(reusePort ? { reusePort } : {}),
        // Deno prints the address without it.
        onListen: () => {},
      },
      answerer(front),
    );
  const server = hostname === undefined ? listenOnAll(listen) : listen(hostname);
  return guarded(front, checked.lifecycle, server, tls === undefined ? 'http' : 'https');
}

/**
 * Both families, also where a pod has IPv6 only: by itself Deno listens on IPv4. Where the system has no
 * IPv6 at all, that is all addresses.
 */
function listenOnAll(listen: (address: string) => DenoServer): DenoServer {
  try {
    return listen('::');
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'EAFNOSUPPORT') throw error;
    return listen('0.0.0.0');
  }
}
