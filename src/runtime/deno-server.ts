/**
 * A server of `Deno.serve`: what answers its requests, and how it closes. It opens none.
 *
 * @module
 */

import type { Permit } from '../lifecycle/gate.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { plainAddress, refusal } from './answer.ts';
import { Front, type Told } from './closing/front.ts';
import { truthful } from './content-coding.ts';
import { opened } from './open-servers.ts';
import { type CheckedOptions, type Server, urlOf } from './options.ts';

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

/** What a handler gets in addition to the request. */
class DenoTold implements Told {
  readonly native: DenoInfo;
  permit: Permit | null = null;

  constructor(native: DenoInfo) {
    this.native = native;
  }

  /** Asked for when it is read, or never: it costs a twentieth of a request. */
  get remoteAddress(): string | undefined {
    return plainAddress(this.native.remoteAddr.hostname);
  }
}

/** What answers the requests of one server of Deno. */
export function frontFor(options: CheckedOptions): Front {
  return new Front(options, {
    // Deno puts right itself what fetch() gave and is returned as it is.
    mend: (response) => truthful(response, []),
    handed(_, { native }, permit) {
      const release = (): void => permit.release();
      // It is what the handler below was given.
      void (native as DenoInfo).completed.then(release, release);
    },
    isParsed: false,
  });
}

/** A handler for `Deno.serve`, which answers at once where the application does. */
export function answerer(
  front: Front,
): (request: Request, info: DenoInfo) => Response | Promise<Response> {
  return (request, info) => {
    const response = front.answer(request, new DenoTold(info));
    return response instanceof Promise ? response.then(answered) : answered(response);
  };
}

/** Deno upgrades by a response, and has no other way to leave a request alone. */
function answered(response: Response | undefined): Response {
  return response ?? refusal(404, 'not found');
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
    native: server,
  });
}
