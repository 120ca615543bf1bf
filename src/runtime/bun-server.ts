/**
 * A server of `Bun.serve`: what answers its requests, and how it closes. It opens none.
 *
 * @module
 */

import type { Permit } from '../lifecycle/gate.ts';
import { plainAddress, withoutLength } from './answer.ts';
import { Sockets } from './bun/sockets.ts';
import { Unsent } from './bun/unsent.ts';
import { Front, type Told } from './closing/front.ts';
import { truthful } from './content-coding.ts';
import { opened } from './open-servers.ts';
import { type CheckedOptions, type Server, urlOf } from './options.ts';

/** A server of Bun, as far as it is used here. */
export interface BunServer {
  readonly hostname?: string;
  readonly port?: number;
  readonly pendingRequests: number;
  stop(closeActiveConnections?: boolean): Promise<void>;
  requestIP(request: Request): { readonly address: string } | null;
}

const NOT_MODIFIED = 304;

/** What Bun's fetch() decodes, and leaves in the head for its server to send. */
const DECODED = ['gzip', 'x-gzip', 'deflate', 'br', 'zstd'];

/** What a handler gets in addition to the request. */
class BunTold implements Told {
  readonly native: BunServer;
  permit: Permit | null = null;
  readonly #request: Request;

  constructor(request: Request, native: BunServer) {
    this.#request = request;
    this.native = native;
  }

  /** Asked for when it is read: it costs an eighth of a request. */
  get remoteAddress(): string | undefined {
    return plainAddress(this.native.requestIP(this.#request)?.address);
  }
}

/** What is in front of one server. */
export class BunFront {
  /** Its WebSockets, and the handler that they are known by. */
  readonly sockets: Sockets;
  readonly #options: CheckedOptions;
  readonly #front: Front;
  readonly #unsent: Unsent = new Unsent();

  /**
   * @param websocket the application's handler of them
   * @throws {LifecycleError} `invalid_argument`
   */
  constructor(options: CheckedOptions, websocket: unknown) {
    this.#options = options;
    this.sockets = new Sockets(websocket);
    const unsent = this.#unsent;
    this.#front = new Front(options, {
      // It sends the length that a 304 is said to have, and parsers miss its body.
      mend: (response) =>
        truthful(response.status === NOT_MODIFIED ? withoutLength(response) : response, DECODED),
      // It is what `answer` was given.
      handed: (request, { native }, permit) => unsent.add(request, native as BunServer, permit),
      isParsed: true,
    });
  }

  /** Answers one request. @param more what else its handler gets */
  answer(
    request: Request,
    server: BunServer,
    more?: object,
  ): Response | undefined | Promise<Response | undefined> {
    this.#unsent.settle(1);
    const told = new BunTold(request, server);
    if (more !== undefined) Object.assign(told, more);
    return this.#front.answer(request, told);
  }

  /** Closes the server when the lifecycle is Stopped. */
  guard(
    server: BunServer,
    { scheme, path }: { readonly scheme: string; readonly path: string | undefined },
  ): Server {
    const closing = this.#front.guard({
      // Sockets that never sent a byte outlive stop(), and so would the process.
      finish: () => {
        this.sockets.goAway();
        return server.stop().then(() => server.stop(true));
      },
      isBusy: () => server.pendingRequests > 0,
      isUpgraded: () => this.sockets.areOpen,
      cut: () => void server.stop(true),
    });
    const place = { hostname: server.hostname ?? path ?? '', port: server.port ?? 0 };
    return opened(this.#options.lifecycle, {
      url: path === undefined ? urlOf(place.hostname, place.port, scheme) : `unix:${path}`,
      ...place,
      close: () => closing.close(),
      closed: closing.closed,
      native: server,
    });
  }
}
