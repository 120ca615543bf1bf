/**
 * The gate in front of a server of Node: which permit is of which request, and that each is given back,
 * however its response or its connection ends.
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import type { Permit, PermitKind } from '../../lifecycle/gate.ts';
import type { Lifecycle } from '../../lifecycle/lifecycle.ts';
import type { PlainAnswer } from '../../lifecycle/routes.ts';
import { Admission, type KindOf, kindOfMethod } from '../admission.ts';
import { EventStreams, isEventStream } from '../event-streams.ts';
import { addressOf, UnfitRequest } from './address.ts';
import { type RequestMaker, requestMaker } from './lazy-request.ts';
import { keepPermit, permitOf } from './permit.ts';

/** Admits the requests of one server. */
export class NodeAdmission {
  readonly streams: EventStreams;
  readonly #gate: Admission;
  readonly #make: RequestMaker = requestMaker();
  readonly #isStream: (res: ServerResponse) => void;
  readonly #watched: WriteHead;

  constructor(lifecycle: Lifecycle, kindOf?: KindOf) {
    this.#gate = new Admission(lifecycle, kindOf);
    this.streams = new EventStreams(lifecycle);
    this.#isStream = (res) => {
      const forget = this.streamed(res, () => {
        // Whoever writes on is not to die of it.
        res.on('error', () => {});
        res.end();
      });
      res.once('close', forget);
    };
    this.#watched = watching(undefined, this.#isStream);
  }

  /**
   * Admits a request, whose permit it then has, or gives the answer in place of the application's.
   *
   * @throws what `kindOf` throws
   */
  admit(req: IncomingMessage, res: ServerResponse, path: string): PlainAnswer | undefined {
    if (this.#gate.own.has(path)) return undefined;
    const kind = this.#kindOf(req, res);
    if (kind === null) return undefined;
    const entered = this.#gate.enter(kind, () => req.headers.accept);
    if ('status' in entered) return entered;
    hold(req, res, entered);
    return undefined;
  }

  /**
   * Admits a stream of HTTP/2 that the application takes by itself, or gives the answer in its place.
   *
   * @throws what `kindOf` throws
   */
  admitStream(stream: ServerHttp2Stream, req: IncomingMessage): PlainAnswer | undefined {
    // What it would hear of its end is for a body, and there is none.
    const kind = this.#kindOf(req, stream as unknown as ServerResponse);
    if (kind === null) return undefined;
    const entered = this.#gate.enter(kind, () => req.headers.accept);
    if ('status' in entered) return entered;
    stream.once('close', () => entered.release());
    const respond = stream.respond.bind(stream);
    stream.respond = (headers, options) => {
      respond(headers, options);
      if (!isEventStream(headers?.['content-type'])) return;
      entered.release();
      stream.once(
        'close',
        this.streams.add(() => stream.end()),
      );
    };
    return undefined;
  }

  /** Whether a path is a handler's of ours. */
  isOwn(path: string): boolean {
    return this.#gate.own.has(path);
  }

  /** The answer in place of an upgrade, if there is to be none now. */
  refusesUpgrade(): PlainAnswer | undefined {
    return this.#gate.refusesUpgrade();
  }

  #kindOf(req: IncomingMessage, res: ServerResponse): PermitKind | null {
    const { kindOf } = this.#gate;
    const byMethod = kindOfMethod(req.method ?? 'GET');
    if (kindOf === undefined) return byMethod;
    try {
      return kindOf(this.#make(req, res, addressOf(req)));
    } catch (thrown) {
      // It cannot be asked, which opens no gate: whoever is behind may take what is no web request.
      if (thrown instanceof UnfitRequest) return byMethod;
      throw thrown;
    }
  }

  /** Gives the permit of a response back that turned out to be an event stream; returns the undo. */
  streamed(res: ServerResponse, end: () => void): () => void {
    permitOf(res.req)?.release();
    return this.streams.add(end);
  }

  /**
   * A request goes on to whoever answers it by Node's own means: the head of its response is looked at.
   * Whether or not an event stream was asked for: a client that shows no preference may be given one.
   */
  passed(req: IncomingMessage, res: ServerResponse): void {
    if (req.method !== 'GET' || permitOf(req) === null) return;
    // Most have none of their own, and one function for all costs less than one for each.
    res.writeHead = Object.hasOwn(res, 'writeHead')
      ? watching(res.writeHead, this.#isStream)
      : this.#watched;
  }
}

type WriteHead = ServerResponse['writeHead'];

/** The same, which then looks at what has been written; without one, that of the response's class. */
function watching(
  writeHead: WriteHead | undefined,
  then: (res: ServerResponse) => void,
): WriteHead {
  function watched(this: ServerResponse, ...args: unknown[]): ServerResponse {
    const own = writeHead ?? (Object.getPrototypeOf(this) as ServerResponse).writeHead;
    const result = Reflect.apply(own, this, args) as ServerResponse;
    const [, reason, headers] = args;
    if (saysEventStream(headers ?? reason) || isEventStream(this.getHeader('content-type'))) {
      then(this);
    }
    return result;
  }
  return watched as WriteHead;
}

/** The headers of `writeHead`, as an object, or as a list of names and values or of pairs. */
function saysEventStream(headers: unknown): boolean {
  if (typeof headers !== 'object' || headers === null) return false;
  if (!Array.isArray(headers)) {
    for (const name in headers) {
      if (isContentType(name)) return isEventStream((headers as Record<string, unknown>)[name]);
    }
    return false;
  }
  const flat: unknown[] = Array.isArray(headers[0]) ? headers.flat() : headers;
  for (let index = 0; index < flat.length; index += 2) {
    if (isContentType(flat[index]) && isEventStream(flat[index + 1])) return true;
  }
  return false;
}

function isContentType(name: unknown): boolean {
  return typeof name === 'string' && name.length === 12 && name.toLowerCase() === 'content-type';
}

function hold(req: IncomingMessage, res: ServerResponse, permit: Permit): void {
  keepPermit(req, permit);
  // Those of HTTP/1 end with their connection, which says so by `released`.
  if (req.httpVersionMajor > 1) res.on('close', over);
}

/** The end of a response of HTTP/2. Shared: a closure for each would cost more than the permit. */
function over(this: ServerResponse): void {
  released(this.req);
}

/** Gives the permit of a request back, if it has one, however its response has ended. */
export function released(req: IncomingMessage): void {
  permitOf(req)?.release();
}
