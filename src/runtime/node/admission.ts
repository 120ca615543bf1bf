/**
 * The gate in front of a server of Node: which permit belongs to which request, and that each is
 * released, however its response or its connection ends.
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import type { Permit, PermitKind } from '../../lifecycle/gate.ts';
import type { Lifecycle } from '../../lifecycle/lifecycle.ts';
import type { PlainAnswer } from '../../lifecycle/routes.ts';
import { Admission, isPermit, type KindOf, kindOfMethod } from '../admission.ts';
import { EventStreams, isEventStream } from '../event-streams.ts';
import { UnfitRequest } from './address.ts';
import { requestOf } from './lazy-request.ts';
import type { Next } from './next.ts';
import { keepPermit, permitOf } from './permit.ts';

/** A response, or a stream of HTTP/2 that an application takes by itself. */
interface Outgoing {
  readonly headersSent: boolean;
  destroy(): unknown;
  once(event: 'close', listener: () => void): unknown;
}

/** Admits the requests of one server. */
export class NodeAdmission {
  readonly streams: EventStreams;
  readonly #gate: Admission;
  readonly #isStream: (res: ServerResponse) => void;
  readonly #watched: WriteHead;
  /** Writes over HTTP/2 in progress: no connection knows of them. */
  readonly #http2Writes: Map<Outgoing, Permit> = new Map();

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
    const entered = this.#gate.enter(kind, req, acceptOf);
    if (!isPermit(entered)) return entered;
    keepPermit(req, entered);
    // Those of HTTP/1 end with their connection, which says so by `released`.
    if (req.httpVersionMajor > 1) {
      res.on('close', over);
      this.#keepHttp2(res, entered);
    }
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
    const entered = this.#gate.enter(kind, req, acceptOf);
    if (!isPermit(entered)) return entered;
    stream.once('close', () => entered.release());
    this.#keepHttp2(stream, entered);
    const respond = stream.respond.bind(stream);
    stream.respond = (headers, options) => {
      if (this.#gate.tooLate(entered) !== undefined) {
        stream.destroy();
        return;
      }
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
      return kindOf(requestOf(req, res));
    } catch (thrown) {
      // It cannot be asked, which opens no gate: whoever is behind may take what is no web request.
      if (thrown instanceof UnfitRequest) return byMethod;
      throw thrown;
    }
  }

  /** True for a response that would acknowledge a write which outlived its drain. */
  isTooLate(req: IncomingMessage): boolean {
    return this.#gate.tooLate(permitOf(req)) !== undefined;
  }

  /** Whoever answers by Node's own means may do so before this thread hears of the end of the drain. */
  #watchWrite(res: ServerResponse): void {
    const writeHead = res.writeHead as (...args: unknown[]) => ServerResponse;
    const watched = (...args: unknown[]): ServerResponse => {
      const isLate = this.isTooLate(res.req);
      // Over HTTP/2 it would be sent with that.
      if (!isLate || res.req.httpVersionMajor === 1) Reflect.apply(writeHead, res, args);
      if (isLate) res.destroy();
      return res;
    };
    res.writeHead = watched as WriteHead;
  }

  /**
   * Cuts what has not said anything yet and would acknowledge a write that outlived its drain. Its client
   * does not know whether the write was made, and nobody does who reads what the flush has written.
   *
   * @param http1 responses in flight
   */
  cutLate(http1: Iterable<ServerResponse>): void {
    for (const res of http1) this.#cutIfLate(res, permitOf(res.req));
    for (const [outgoing, permit] of this.#http2Writes) this.#cutIfLate(outgoing, permit);
  }

  #cutIfLate(outgoing: Outgoing, permit: Permit | null): void {
    if (!outgoing.headersSent && this.#gate.tooLate(permit) !== undefined) outgoing.destroy();
  }

  #keepHttp2(outgoing: Outgoing, permit: Permit): void {
    if (permit.kind !== 'write') return;
    this.#http2Writes.set(outgoing, permit);
    outgoing.once('close', () => this.#http2Writes.delete(outgoing));
  }

  /** Gives the permit of a response back that turned out to be an event stream; returns the undo. */
  streamed(res: ServerResponse, end: () => void): () => void {
    permitOf(res.req)?.release();
    return this.streams.add(end);
  }

  /**
   * A request goes on, by `go`, to whoever answers it by Node's own means: the type of its response is
   * looked at. Whether or not an event stream was asked for: a client that shows no preference may be
   * given one.
   */
  pass(req: IncomingMessage, res: ServerResponse, go: Next): void {
    const kind = permitOf(req)?.kind;
    if (kind === 'write') this.#watchWrite(res);
    go(undefined, req, res);
    // Most responses are out whole by now, and no stream that stays open is.
    if (req.method !== 'GET' || kind === undefined || res.writableEnded) return;
    if (!res.headersSent) this.#watchHead(res);
    else if (isEventStream(typeSent(res))) this.#isStream(res);
  }

  #watchHead(res: ServerResponse): void {
    // Most have none of their own, and one function for all costs less than one for each.
    res.writeHead = Object.hasOwn(res, 'writeHead')
      ? watching(res.writeHead, this.#isStream)
      : this.#watched;
  }
}

/**
 * The content type of a head that is out. Node keeps headers that `writeHead` was given in the text of the
 * head alone; the property that has it is no part of its documentation, and Express's middlewares read it.
 */
function typeSent(res: ServerResponse): unknown {
  const { _header: head } = res as { readonly _header?: unknown };
  return res.getHeader('content-type') ?? /^content-type: *(.*)$/im.exec(String(head))?.[1];
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

function acceptOf({ headers }: IncomingMessage): string | undefined {
  return headers.accept;
}

/** The end of a response of HTTP/2. Shared: a closure for each would cost more than the permit. */
function over(this: ServerResponse): void {
  released(this.req);
}

/** Gives the permit of a request back, if it has one, however its response has ended. */
export function released(req: IncomingMessage): void {
  permitOf(req)?.release();
}
