/**
 * The connections of a `node:http` server, and how they end: those that answer finish, those that
 * seem idle linger, silent ones go. Node's own `close()` destroys idle ones at once, and with
 * them the request that is in the socket buffer.
 *
 * @module
 */

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { Hold } from '../hold.ts';

interface Connection {
  /** Requests without a finished response. */
  inFlight: number;
  readonly sinceMs: number;
}

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
    const closesAtMs = performance.now() + this.#lingerMs;
    await this.hold.on(this.#lingerMs / 2);
    await this.#acceptAll(closesAtMs);
    const closed = new Promise<void>((resolve) => this.#server.once('close', resolve));
    // http.Server's own close() would destroy idle connections now.
    NetServer.prototype.close.call(this.#server);
    this.hold.release();
    this.#isAccepting = false;
    // The linger began with the closing, so that it does not delay the exit twice.
    const restMs = Math.max(0, closesAtMs - performance.now());
    for (const socket of this.#open.keys()) this.#settle(socket, restMs);
    const timer = setTimeout(() => this.#server.closeAllConnections(), inFlightTimeoutMs);
    await closed;
    clearTimeout(timer);
    // Now that nothing is idle it only stops http's timer; its error says "not running", rightly.
    this.#server.close(() => {});
  }

  /**
   * Until nobody who has connected waits to be accepted: closing the listener resets those. libuv
   * accepts one connection a turn of the loop, so under load there is a queue.
   */
  async #acceptAll(untilMs: number): Promise<void> {
    let idleTurns = 0;
    // The first turn may be the rest of one that has polled already.
    while (idleTurns < 2 && performance.now() < untilMs) {
      const before = this.#accepted;
      await new Promise((resolve) => setImmediate(resolve));
      idleTurns = this.#accepted === before ? idleTurns + 1 : 0;
    }
  }

  #opened(socket: Socket): void {
    this.#accepted += 1;
    this.#open.set(socket, { inFlight: 0, sinceMs: performance.now() });
    socket.once('close', () => this.#open.delete(socket));
  }

  #begins({ socket }: IncomingMessage, res: ServerResponse): void {
    const connection = this.#open.get(socket);
    if (connection === undefined) return;
    connection.inFlight += 1;
    res.once('close', () => {
      connection.inFlight -= 1;
      if (!this.#isAccepting) this.#settle(socket, this.#lingerMs);
    });
  }

  /** Decides how long a connection may stay that has nothing in flight. */
  #settle(socket: Socket, lingerMs: number): void {
    const connection = this.#open.get(socket);
    if (connection === undefined || connection.inFlight > 0) return;
    // Never a byte, and it had the time for one: there is no request to lose.
    const ageMs = performance.now() - connection.sinceMs;
    if (socket.bytesRead === 0 && ageMs >= this.#lingerMs) socket.destroy();
    else this.#linger(socket, connection, lingerMs, LINGERS_MAX);
  }

  #linger(socket: Socket, connection: Connection, ms: number, turns: number): void {
    const seen = socket.bytesRead;
    setTimeout(() => {
      // After the poll phase, in case the loop was blocked: what arrived meanwhile is read first.
      setImmediate(() => {
        // Answered, it settles again when the response is out.
        if (connection.inFlight > 0 || socket.destroyed) return;
        if (socket.bytesRead !== seen && turns > 1)
          this.#linger(socket, connection, this.#lingerMs, turns - 1);
        else socket.destroy();
      });
    }, ms);
  }
}
