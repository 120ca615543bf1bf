/**
 * The connections of a server of Node, and how they end: those that answer finish, those that seem
 * idle linger, those that are no longer HTTP are cut. Node's own `close()` destroys idle ones at
 * once, and with them the request that is in the socket buffer.
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerHttp2Session } from 'node:http2';
import { Server as NetServer, type Socket } from 'node:net';
import { Hold } from '../closing/answer-hold.ts';
import { patience } from '../closing/patience.ts';
import { upgradedForMs } from '../grace-period.ts';
import { onForeign } from './foreign.ts';
import { isFinal, makeLast } from './last-response.ts';

/** What is known of one connection. */
interface Connection {
  /** Responses of HTTP/1 in flight; more than one if the client pipelines. */
  readonly responses: ServerResponse[];
  /**
   * Who ends it: `idle` ones we do, a `session` of HTTP/2 its own connection, and what is no longer
   * HTTP, or never was, is `foreign`: the application's.
   */
  kind: 'idle' | 'session' | 'foreign';
}

/** The server, as far as it is used here. On Bun those of `node:http` are not of `node:net`. */
export interface ConnectionServer extends NetServer {
  closeAllConnections?(): void;
  closeIdleConnections?(): void;
}

/** How many connections wait to be accepted at most: Node's default for `listen()`. */
const BACKLOG = 511;
/** How often a lingering connection is given more time because bytes still come in. */
const LINGERS_MAX = 20;
/** From the cut of everything to the end of the wait: there may be sockets that are unknown here. */
const CUT_MS = 100;

/** The open connections of one server, from now on. */
export class Connections {
  /** On between the decision to close and the close of the listener. */
  readonly hold: Hold = new Hold();
  readonly #server: ConnectionServer;
  readonly #lingerMs: number;
  readonly #open: Map<Socket, Connection> = new Map();
  readonly #sessions: Set<ServerHttp2Session> = new Set();
  /** Responses in flight on connections that were open before the server was known here. */
  readonly #strays: ServerResponse[] = [];
  /** Sockets under a TLS handshake, by the address of the other end. */
  readonly #handshakes: Map<string, Socket> = new Map();
  readonly #isHttp1: boolean;
  readonly #tell: (req: IncomingMessage) => void;
  /** One listener for the end of every response: a closure for each costs more than all it does. */
  readonly #ended: (this: ServerResponse) => void;
  /** Connections that were open before the server was known here. */
  #strangers = 0;
  #isLast = false;
  #isAccepting = true;
  #closed: Promise<void> | undefined;
  /** Who waits until no connection is left. */
  #onEmpty: () => void = () => {};
  /** Connections so far. */
  #accepted = 0;
  /** The last one that was opened: its session, if it has one, is announced in the same call. */
  #opening: Socket | undefined;

  /** @param ended is told of every request of HTTP/1 whose response has ended, or its connection */
  constructor(
    server: ConnectionServer,
    lingerMs: number,
    ended: (req: IncomingMessage) => void = () => {},
  ) {
    this.#server = server;
    this.#lingerMs = lingerMs;
    this.#tell = ended;
    const ends = (res: ServerResponse): void => this.#ends(res);
    this.#ended = function ended() {
      ends(this);
    };
    this.#isHttp1 = server.closeIdleConnections !== undefined;
    // Before the listeners that answer, which may answer at once, or open a session.
    server.prependListener('connection', (socket: Socket) => this.#opened(socket));
    server.prependListener('secureConnection', (socket: Socket) => this.#secured(socket));
    server.on('session', (session: ServerHttp2Session) => this.#talks(session));
    if (server.listening) {
      server.getConnections((_, count = 0) => {
        this.#strangers = count - this.#open.size;
      });
    }
    onForeign(server, (socket) => this.#becomes(socket, 'foreign'));
  }

  /** True if every response that begins now is its connection's last. */
  get isLast(): boolean {
    return this.#isLast;
  }

  /** From now on every response of HTTP/1 whose head is not out yet is its connection's last. */
  makeAllLast(): void {
    this.#isLast = true;
    for (const { responses } of this.#open.values()) for (const res of responses) this.#ending(res);
    for (const res of this.#strays) this.#ending(res);
  }

  #ending(res: ServerResponse): void {
    makeLast(res, () => {
      const responses = this.#open.get(res.req.socket)?.responses;
      return responses === undefined || responses.at(-1) === res;
    });
  }

  /** Stops accepting. Responses in flight go on, and so do connections, until `finish`. */
  async stop(): Promise<void> {
    this.makeAllLast();
    await this.hold.on(this.#lingerMs / 2);
    await this.#acceptAll();
    const server = this.#server;
    this.#closed = new Promise((resolve) => {
      this.#onEmpty = resolve;
      // Not listening, it was closed by the application, which may have heard of it long ago.
      if (server.listening) server.once('close', resolve);
      else if (this.#open.size === 0) resolve();
    });
    // One that listens later than this, or again, does so after the end.
    server.on('listening', () => this.#closeListener());
    if (server.listening) this.#closeListener();
    this.hold.release();
  }

  /** After `stop`: resolves when the last connection is gone. */
  async finish(inFlightTimeoutMs: number): Promise<void> {
    this.#isAccepting = false;
    // The linger began with the closing, so that it does not delay the exit twice.
    for (const socket of this.#open.keys()) this.#settle(socket, this.#lingerMs / 2);
    for (const session of this.#sessions) session.close();
    if (this.#strangers > 0) {
      // Only where there are any: it cuts those, too, that have not taken all of their response.
      void patience(this.#lingerMs).then(() => this.#server.closeIdleConnections?.());
    }
    const timers = [
      setTimeout(() => this.#cutForeign(), upgradedForMs(inFlightTimeoutMs)),
      setTimeout(() => this.#cutAll(), inFlightTimeoutMs),
    ];
    const late = new Promise<void>((resolve) => {
      timers.push(setTimeout(resolve, inFlightTimeoutMs + CUT_MS));
    });
    await Promise.race([this.#closed, late]);
    for (const timer of timers) clearTimeout(timer);
  }

  /** `http.Server`'s own `close()` destroys idle connections at once; on Bun there is no other. */
  #closeListener(): void {
    const server = this.#server;
    // Of its class, whatever the application, or we, have made of it.
    const { close } = server instanceof NetServer ? NetServer.prototype : prototypeOf(server);
    close.call(server);
  }

  /**
   * Until nobody who has connected waits to be accepted: closing the listener resets those. libuv
   * accepts one connection a turn of the loop, so under load there is a queue. Its length is the
   * bound, and no time: on a machine where turns are slow the queue is long.
   */
  async #acceptAll(): Promise<void> {
    const last = this.#accepted + BACKLOG;
    let idleTurns = 0;
    // The first turn may be the rest of one that has polled already.
    while (idleTurns < 2 && this.#accepted < last) {
      const before = this.#accepted;
      await new Promise((resolve) => setImmediate(resolve));
      idleTurns = this.#accepted === before ? idleTurns + 1 : 0;
    }
  }

  #opened(socket: Socket): void {
    this.#accepted += 1;
    const end = endOf(socket);
    if (end !== undefined) this.#handshakes.set(end, socket);
    this.#track(socket, end);
  }

  /** The socket of TLS takes the place of the one under it, which says nothing of its own end. */
  #secured(socket: Socket): void {
    const end = endOf(socket) ?? '';
    const under = this.#handshakes.get(end);
    this.#handshakes.delete(end);
    if (under !== undefined && under !== socket) this.#open.delete(under);
    this.#track(socket, undefined);
  }

  #track(socket: Socket, end: string | undefined): void {
    this.#opening = socket;
    if (this.#open.has(socket)) return;
    this.#open.set(socket, { responses: [], kind: this.#isHttp1 ? 'idle' : 'foreign' });
    socket.once('close', () => {
      if (end !== undefined && this.#handshakes.get(end) === socket) this.#handshakes.delete(end);
      // Responses that wait behind another one hear nothing of the end of their connection.
      for (const { req } of this.#open.get(socket)?.responses ?? []) this.#tell(req);
      this.#open.delete(socket);
      if (this.#open.size === 0 && !this.#server.listening) this.#onEmpty();
    });
  }

  #talks(session: ServerHttp2Session): void {
    this.#sessions.add(session);
    session.once('close', () => this.#sessions.delete(session));
    if (this.#opening !== undefined) this.#becomes(this.#opening, 'session');
    if (!this.#isAccepting) session.close();
  }

  #becomes(socket: Socket, kind: Connection['kind']): void {
    const connection = this.#open.get(socket);
    if (connection !== undefined) connection.kind = kind;
  }

  /**
   * Notes a request that has come, before anybody answers it; false for one that nobody will answer: the
   * client has been told, by the answer to an earlier one, that its connection ends.
   */
  begins(req: IncomingMessage, res: ServerResponse): boolean {
    // A response of HTTP/2 has its session, and no connection to speak of.
    if (req.httpVersionMajor !== 1) return true;
    const responses = this.#open.get(req.socket)?.responses ?? this.#strays;
    if (this.#isLast && responses !== this.#strays && responses.some(isFinal)) return false;
    responses.push(res);
    if (this.#isLast) this.#ending(res);
    res.on('close', this.#ended);
    return true;
  }

  /** Responses of HTTP/1 that have not ended. */
  get inFlight(): readonly ServerResponse[] {
    return [...this.#open.values()].flatMap(({ responses }) => responses).concat([...this.#strays]);
  }

  #ends(res: ServerResponse): void {
    const { req } = res;
    this.#tell(req);
    const responses = this.#open.get(req.socket)?.responses ?? this.#strays;
    const at = responses.indexOf(res);
    if (at === 0) responses.shift();
    else if (at > 0) responses.splice(at, 1);
    if (!this.#isAccepting) this.#settle(req.socket, this.#lingerMs);
  }

  /** Decides how long a connection may stay that has nothing in flight. */
  #settle(socket: Socket, lingerMs: number): void {
    const connection = this.#open.get(socket);
    if (
      connection !== undefined &&
      connection.responses.length === 0 &&
      connection.kind === 'idle'
    ) {
      void this.#linger(socket, connection, lingerMs);
    }
  }

  async #linger(socket: Socket, connection: Connection, firstMs: number): Promise<void> {
    let ms = firstMs;
    for (let lingers = 0; lingers < LINGERS_MAX; lingers++) {
      const seen = socket.bytesRead;
      await patience(ms);
      // After the poll phase, in case the loop was blocked: what arrived meanwhile is read first.
      await new Promise((resolve) => setImmediate(resolve));
      // Answered, it settles again when the response is out.
      if (connection.responses.length > 0 || connection.kind !== 'idle') return;
      if (socket.bytesRead === seen) break;
      ms = this.#lingerMs;
    }
    socket.destroy();
  }

  #cutForeign(): void {
    for (const [socket, { kind }] of this.#open) if (kind === 'foreign') socket.destroy();
  }

  #cutAll(): void {
    this.#server.closeAllConnections?.();
    for (const session of this.#sessions) session.destroy();
    for (const socket of this.#open.keys()) socket.destroy();
  }
}

/** The other end of a connection; a Unix socket has none. */
function endOf({ remoteAddress, remotePort }: Socket): string | undefined {
  return remotePort === undefined ? undefined : `${remoteAddress} ${remotePort}`;
}

function prototypeOf(server: ConnectionServer): ConnectionServer {
  return Object.getPrototypeOf(server);
}
