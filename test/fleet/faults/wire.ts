/**
 * A network that misbehaves: it stands between a client and a server of this machine, and cuts, delays,
 * holds and half-closes their connections. It looks into nothing that it carries.
 *
 * @module
 */

import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** From the client to the server, and back. */
export type Way = 'requests' | 'answers';

/** One way of one connection. */
class Pipe {
  readonly #to: Socket;
  readonly #wire: Wire;
  readonly #way: Way;
  /** What was not passed on yet; `null` is the end. */
  readonly #queue: { readonly chunk: Buffer | null; readonly dueMs: number }[] = [];

  constructor(wire: Wire, way: Way, from: Socket, to: Socket) {
    this.#wire = wire;
    this.#way = way;
    this.#to = to;
    from.on('data', (chunk) => this.#take(chunk));
    from.once('end', () => this.#take(null));
  }

  /** Passes on what is due. */
  flow(): void {
    if (this.#wire.isHeld(this.#way)) return;
    for (let [first] = this.#queue; first !== undefined; [first] = this.#queue) {
      const earlyMs = first.dueMs - performance.now();
      if (earlyMs > 0) {
        setTimeout(() => this.flow(), Math.ceil(earlyMs));
        return;
      }
      this.#queue.shift();
      if (!this.#to.writable) continue;
      if (first.chunk === null) this.#to.end();
      else this.#to.write(first.chunk);
    }
  }

  get isHolding(): boolean {
    return this.#queue.length > 0;
  }

  /** Says to the receiver that nothing more comes. */
  end(): void {
    this.#to.end();
  }

  #take(chunk: Buffer | null): void {
    const { delayMs } = this.#wire;
    this.#queue.push({ chunk, dueMs: performance.now() + delayMs });
    this.flow();
  }
}

/** In front of one port. */
export class Wire {
  delayMs = 0;
  readonly #server: Server;
  readonly #held: Set<Way> = new Set();
  #isCut = false;
  readonly #sockets: Set<Socket> = new Set();
  readonly #pipes: Set<{ readonly way: Way; readonly pipe: Pipe }> = new Set();

  private constructor(target: number) {
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#connect(client, target));
  }

  static async start(target: number): Promise<Wire> {
    const wire = new Wire(target);
    await new Promise<void>((resolve) => wire.#server.listen(0, '127.0.0.1', resolve));
    return wire;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  isHeld(way: Way): boolean {
    return this.#held.has(way);
  }

  /** Resets every connection, and each that comes until it is mended. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) {
      // Node 20 never closes one that is reset while it is shut down, and turns for ever at the exit.
      if (socket.writableEnded) socket.destroy();
      else socket.resetAndDestroy();
    }
  }

  /** What is sent one of these ways stays here until it is mended, and comes late then. */
  hold(...ways: Way[]): void {
    for (const way of ways) this.#held.add(way);
  }

  /** True if something waits here. */
  get isHolding(): boolean {
    return [...this.#pipes].some(({ pipe }) => pipe.isHolding);
  }

  /** Ends one way of every connection that there is; the other one goes on. */
  halfClose(way: Way): void {
    for (const each of this.#pipes) if (each.way === way) each.pipe.end();
  }

  mend(): void {
    this.#isCut = false;
    this.delayMs = 0;
    this.#held.clear();
    for (const { pipe } of this.#pipes) pipe.flow();
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #connect(client: Socket, target: number): void {
    if (this.#isCut) {
      client.resetAndDestroy();
      return;
    }
    const server = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true });
    const pipes = [
      { way: 'requests', pipe: new Pipe(this, 'requests', client, server) },
      { way: 'answers', pipe: new Pipe(this, 'answers', server, client) },
    ] as const;
    for (const pipe of pipes) this.#pipes.add(pipe);
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.once('close', () => {
        this.#sockets.delete(socket);
        for (const pipe of pipes) this.#pipes.delete(pipe);
        other.destroy();
      });
    }
  }
}
