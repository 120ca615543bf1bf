/**
 * HTTP/2 streams that an application handles as streams, as gRPC does, and not as requests. They
 * are admitted like requests; those for a handler of ours become requests. The others are passed on
 * unchanged.
 *
 * @module
 */

import type { IncomingMessage } from 'node:http';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { PlainAnswer } from '../../lifecycle/routes.ts';
import { pathAsked } from './address.ts';
import type { NodeAdmission } from './admission.ts';
import type { ConnectionServer } from './connections.ts';

/** What a server says of a stream. */
type StreamArguments = [
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  flags: number,
  rawHeaders: string[],
];

/** Who is asked before the application. */
export interface StreamFront {
  readonly admission: NodeAdmission;
  /** Whether a request for this path is to be made, and the application asked after it. */
  asks(path: string): boolean;
}

/** Those of one server. */
export class Streams {
  readonly #server: ConnectionServer;
  readonly #front: StreamFront;
  /** The listener by which `node:http2` makes requests of streams. */
  readonly #makesRequests: unknown;
  /** What a stream goes on to whose request is nobody's. */
  readonly #next: WeakMap<ServerHttp2Stream, () => void> = new WeakMap();

  constructor(server: ConnectionServer, front: StreamFront) {
    this.#server = server;
    this.#front = front;
    this.#makesRequests = isHttp2(server) ? requestsFrom(server) : undefined;
  }

  /** Takes a stream that nobody listens to as a request; false if there is nothing to take. */
  takes(args: StreamArguments): boolean {
    const server = this.#server;
    if (this.#makesRequests === undefined || server.listenerCount('request') > 0) return false;
    const theirs = server.rawListeners('stream').filter((each) => each !== this.#makesRequests);
    // Where nobody wants streams, all are requests.
    if (theirs.length === 0) return false;
    const [stream] = args;
    const goOn = (): void => {
      for (const each of theirs) Reflect.apply(each, server, args);
    };
    const req = requestOf(args);
    const path = pathAsked(req);
    const { admission } = this.#front;
    if (this.#front.asks(path)) this.#asRequest(args, goOn);
    else if (admission.isOwn(path)) goOn();
    else {
      let refusal: PlainAnswer | undefined;
      try {
        refusal = admission.admitStream(stream, req);
      } catch {
        // `kindOf` threw, and does so again where that is heard and answered.
        this.#asRequest(args, undefined);
        return true;
      }
      if (refusal === undefined) goOn();
      else refuse(stream, refusal, req.method === 'HEAD');
    }
    return true;
  }

  /** Where a request goes that we have made of a stream, and that is nobody's. */
  nextOf(req: IncomingMessage): (() => void) | undefined {
    const { stream } = req as IncomingMessage & { readonly stream?: ServerHttp2Stream };
    return stream === undefined ? undefined : this.#next.get(stream);
  }

  #asRequest(args: StreamArguments, goOn: (() => void) | undefined): void {
    const [stream] = args;
    if (goOn !== undefined) {
      this.#next.set(stream, () => {
        // Nobody has asked for trailers yet but the response that is not to be, and it would send none.
        stream.removeAllListeners('wantTrailers');
        goOn();
      });
    }
    Reflect.apply(this.#makesRequests as () => void, this.#server, args);
  }
}

function isHttp2(server: ConnectionServer): boolean {
  return 'updateSettings' in server;
}

/**
 * Has a server make requests of its streams, which it does from the first listener to requests on, and
 * gives the listener that it then has to streams.
 */
function requestsFrom(server: ConnectionServer): unknown {
  const before = server.listeners('stream');
  const nobody = (): void => {};
  server.on('request', nobody);
  server.off('request', nobody);
  return server.listeners('stream').find((each) => !before.includes(each));
}

/** As much of a request as is asked for before somebody has it. */
function requestOf([stream, headers, , rawHeaders]: StreamArguments): IncomingMessage {
  const { session } = stream;
  const socket = {
    encrypted: session?.encrypted === true,
    remoteAddress: session?.socket.remoteAddress,
  };
  const { ':method': method, ':path': url } = headers;
  const like = { method, url, headers, rawHeaders, socket, httpVersionMajor: 2, complete: true };
  return like as unknown as IncomingMessage;
}

function refuse(stream: ServerHttp2Stream, answer: PlainAnswer, isHead: boolean): void {
  const head: Record<string, string | number> = { ':status': answer.status };
  for (let index = 0; index < answer.headers.length; index += 2) {
    head[answer.headers[index] as string] = answer.headers[index + 1] as string;
  }
  stream.on('error', () => {});
  stream.respond(head, { endStream: isHead });
  if (!isHead) stream.end(answer.body);
}
