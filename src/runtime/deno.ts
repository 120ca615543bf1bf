/**
 * Deno: a server over `Deno.serve`, and signals: `tidegate/deno`.
 *
 * @module
 */

import { LifecycleError } from '../lifecycle/errors.ts';
import { truthful } from './coding.ts';
import { Front } from './front.ts';
import { checkServe, type ServeOptions, type Server, urlOf } from './options.ts';
import { opened } from './serving.ts';

export { type AdoptOptions, adopt, type NodeServer } from './node/adopt.ts';
export type { FetchHandler, ServeOptions, Server } from './options.ts';
export {
  type Closable,
  type FinallyEntry,
  handleSignals,
  type SignalOptions,
} from './signals.ts';

/** The part of Deno that is used here, so that nobody needs its types. */
interface DenoNamespace {
  serve(
    options: {
      port: number;
      hostname?: string;
      onListen: () => void;
    },
    handler: (request: Request) => Promise<Response>,
  ): {
    readonly addr: { readonly hostname: string; readonly port: number };
    shutdown(): Promise<void>;
  };
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
  const { port, hostname } = checked;
  const server = Deno.serve(
    {
      port,
      ...(hostname === undefined ? {} : { hostname }),
      // Deno prints the address without it.
      onListen: () => {},
    },
    (request) => front.answer(request),
  );
  // Nothing cuts what is left: after shutdown(), Deno 2.9 answers the abort of the server's signal
  // with an uncaught BadResource. Such connections end with the process.
  const closing = front.guard({ finish: () => server.shutdown() });
  const { addr } = server;
  return opened(checked.lifecycle, {
    url: urlOf(addr.hostname, addr.port),
    hostname: addr.hostname,
    port: addr.port,
    close: () => closing.close(),
    closed: closing.closed,
  });
}
