/**
 * Deno: a server over `Deno.serve`, and signals: `tidegate/deno`.
 *
 * @module
 */

import { LifecycleError } from '../lifecycle/errors.ts';
import { plainAddress, refusal } from './answer.ts';
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

/** What Deno tells of a request. */
interface DenoInfo {
  readonly remoteAddr: { readonly hostname?: string };
  /** Rejects when the connection is gone before the response is sent. */
  readonly completed: Promise<void>;
}

interface DenoServer {
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
  // It puts right itself what fetch() gave and is returned as it is.
  const front = new Front(checked, (response) => truthful(response, []));
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
      async (request, info) => {
        const remoteAddress = plainAddress(info.remoteAddr.hostname);
        const told = { remoteAddress, native: info };
        const response = await front.answer(request, told, (release) => {
          void info.completed.then(release, release);
        });
        return response ?? refusal(404, 'not found');
      },
    );
  const server = hostname === undefined ? listenOnAll(listen) : listen(hostname);
  // Nothing cuts what is left: after shutdown(), Deno 2.9 answers the abort of the server's signal
  // with an uncaught BadResource. Such connections end with the process.
  const closing = front.guard({ finish: () => server.shutdown() });
  const { addr } = server;
  const place = { hostname: addr.hostname ?? addr.path ?? '', port: addr.port ?? 0 };
  const scheme = tls === undefined ? 'http' : 'https';
  return opened(checked.lifecycle, {
    url: path === undefined ? urlOf(place.hostname, place.port, scheme) : `unix:${path}`,
    ...place,
    close: () => closing.close(),
    closed: closing.closed,
    native: server,
  });
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
