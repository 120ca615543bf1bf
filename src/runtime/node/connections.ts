/**
 * The connections of a `node:http` server, and how they end: those that answer finish, those that
 * seem idle linger. Node's own `close()` destroys idle ones at once, and with them the request that
 * is in the socket buffer.
 *
 * @module
 */

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { Hold } from '../hold.ts';
import { patience } from '../patience.ts';

interface Connection {
  /** Requests without a finished response. */
  inFlight: number;
}

/** How many connections wait to be accepted at most: Node's default for `listen()`. */
const BACKLOG = 511;

/** How often a lingering connection is given more time because bytes still come in. */
const LINGERS_MAX = 20;

/** The open connections of one server. */
export class Connections {
  /** On between the decision to close and the close of the listener. */
  readonly hold: Hold = new Hold();
  readonly #server: Server;
  readonly #lingerMs: number;
  readonly #open: Map<Socket, Connection> = new Map();
  #isClosing = false;
  #isAccepting = true;
  /** Connections so far. */
  #accepted = 0;

  constructor(server: Server, lingerMs: number) {
    this.#server = server;
    this.#lingerMs = lingerMs;
    const ends = (socket: Socket): void => this.#ends(socket);
    this.#ended = function ended() {
      ends(this.req.socket);
    };
    server.on('connection', (socket: Socket) => this.#opened(socket));
    // Before the listener that answers, which may answer at once.
    server.prependListener('request', (req, res) => this.#begins(req, res));
  }

  /** True once the server accepts no more, or is about to: every response is its connection's last. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  /** Stops accepting, and resolves when the last connection is gone. */
  async close(inFlightTimeoutMs: number): Promise<void> {
    this.#isClosing = true;
    await this.hold.on(this.#lingerMs / 2);
    await this.#acceptAll();
    const closed = new Promise<void>((resolve) => this.#server.once('close', resolve));
    // http.Server's own close() would destroy idle connections now.
    NetServer.prototype.close.call(this.#server);
    this.hold.release();
    this.#isAccepting = false;
    // The linger began with the closing, so that it does not delay the exit twice.
    for (const socket of this.#open.keys()) this.#settle(socket, this.#lingerMs / 2);
    const timer = setTimeout(() => this.#server.closeAllConnections(), inFlightTimeoutMs);
    await closed;
    clearTimeout(timer);
    // Now that nothing is idle it only stops http's timer; its error says "not running", rightly.
    this.#server.close(() => {});
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
    this.#open.set(socket, { inFlight: 0 });
    socket.once('close', () => this.#open.delete(socket));
  }

  #begins({ socket }: IncomingMessage, res: ServerResponse): void {
    const connection = this.#open.get(socket);
    if (connection === undefined) return;
    connection.inFlight += 1;
    // One listener for all of them: a closure for each costs as much as the string compare of a route.
    res.on('close', this.#ended);
  }

  readonly #ended: (this: ServerResponse) => void;

  #ends(socket: Socket): void {
    const connection = this.#open.get(socket);
    if (connection !== undefined) connection.inFlight -= 1;
    if (!this.#isAccepting) this.#settle(socket, this.#lingerMs);
  }

  /** Decides how long a connection may stay that has nothing in flight. */
  #settle(socket: Socket, lingerMs: number): void {
    const connection = this.#open.get(socket);
    if (connection !== undefined && connection.inFlight === 0) {
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
      if (connection.inFlight > 0) return;
      if (socket.bytesRead === seen) break;
      ms = this.#lingerMs;
    }
    socket.destroy();
  }
}
