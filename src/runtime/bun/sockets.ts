/**
 * The WebSockets of a server of Bun: which are open, and how they are notified when the server
 * closes. It reads no message.
 *
 * @module
 */

import { LifecycleError, shown } from '../../lifecycle/errors.ts';

/** RFC 6455 §7.4.1: "going away", as when a server goes down. */
const GOING_AWAY = 1001;

/** The part of one that is used here. */
interface Socket {
  close(code: number, reason: string): void;
}

/** The application's `websocket`, as far as it is used here. */
interface Handler {
  open?(socket: Socket): unknown;
  close?(socket: Socket, code: number, reason: string): unknown;
}

/** Those of one server. */
export class Sockets {
  /** The application's handler, which is heard before and after. */
  readonly handler: object;
  readonly #open: Set<Socket> = new Set();
  #isGoing = false;

  /** @throws {LifecycleError} `invalid_argument` */
  constructor(websocket: unknown = {}) {
    if (typeof websocket !== 'object' || websocket === null) {
      throw new LifecycleError(
        'invalid_argument',
        `Cannot serve: websocket must be an object, got ${shown(websocket)}`,
      );
    }
    const theirs: Handler = websocket;
    const ours: Handler = {
      open: (socket) => {
        this.#open.add(socket);
        const result = theirs.open?.(socket);
        // It was upgraded while the server closed.
        if (this.#isGoing) leave(socket);
        return result;
      },
      close: (socket, code, reason) => {
        this.#open.delete(socket);
        return theirs.close?.(socket, code, reason);
      },
    };
    // What else it has may be its class's.
    this.handler = Object.create(theirs, Object.getOwnPropertyDescriptors(ours));
  }

  /** Whether one is open. */
  get areOpen(): boolean {
    return this.#open.size > 0;
  }

  /** Closes all, and those that open from now on. */
  goAway(): void {
    this.#isGoing = true;
    for (const socket of this.#open) leave(socket);
  }
}

function leave(socket: Socket): void {
  socket.close(GOING_AWAY, 'the service is going away');
}
