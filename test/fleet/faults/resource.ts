/**
 * A resource that checks tokens, as a server of its own: a number that each writer makes greater by one.
 * It accepts no token lower than one that it has accepted. If two wrote at once, or a late write came
 * through, the numbers would not be those that a writer has read and counted on.
 *
 * @module
 */

import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

/** What a writer is told of a line: the number, that it was written, or that its token is too low. */
export type Reply = 'written' | 'old' | `value ${number}`;

/** See the module. Lines are `open HOLDER TOKEN` and `write TOKEN NUMBER`. */
export class Resource {
  /** The greatest token that it has accepted. */
  highest = 0;
  accepted = 0;
  /** Because of their tokens. */
  refused = 0;
  /** Whose each token was first. */
  readonly holders: Map<number, string> = new Map();
  /** What went against the promise. */
  readonly broken: string[] = [];
  /** Is called after each line. */
  heard = (): void => {};
  readonly #server: Server;
  readonly #sockets: Set<Socket> = new Set();
  #value = 0;
  /**
   * The connection that has opened it last with each token: what is late on an older one of the same writer is
   * not heard. Of another writer's only the token tells.
   */
  readonly #sessions: Map<number, Socket> = new Map();

  private constructor() {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.once('close', () => this.#sockets.delete(socket));
      const lines = createInterface({ input: socket });
      // It passes on those of the socket.
      lines.on('error', () => {});
      lines.on('line', (line) => {
        const reply = this.#answer(socket, line);
        if (socket.writable) socket.write(`${reply}\n`);
        this.heard();
      });
    });
  }

  static async start(): Promise<Resource> {
    const resource = new Resource();
    await new Promise<void>((resolve) => resource.#server.listen(0, '127.0.0.1', resolve));
    return resource;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #answer(socket: Socket, line: string): Reply {
    const [verb, ...words] = line.split(' ');
    if (verb === 'open') {
      const [holder = '', token] = words;
      return this.#open(socket, holder, Number(token));
    }
    const [token, value] = words.map(Number);
    return this.#write(socket, token ?? 0, value ?? 0);
  }

  #open(socket: Socket, holder: string, token: number): Reply {
    const known = this.holders.get(token) ?? holder;
    this.holders.set(token, known);
    if (known !== holder) this.broken.push(`${known} and ${holder} have token ${token}`);
    if (token < this.highest) {
      this.refused += 1;
      return 'old';
    }
    this.highest = token;
    this.#sessions.set(token, socket);
    return `value ${this.#value}`;
  }

  #write(socket: Socket, token: number, value: number): Reply {
    if (token < this.highest) {
      this.refused += 1;
      return 'old';
    }
    if (socket !== this.#sessions.get(token)) return 'old';
    if (value !== this.#value + 1) {
      this.broken.push(`${value} was written over ${this.#value} with token ${token}`);
    }
    this.#value = value;
    this.accepted += 1;
    return 'written';
  }
}
