/**
 * A server that is none of ours: it answers with whatever bytes a test gives it, or not at all, and
 * keeps what it was sent. It understands no HTTP.
 *
 * @module
 */

import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** Bytes to answer with, and whether the connection is ended after them. */
export interface Behaviour {
  readonly bytes?: string;
  readonly end?: boolean;
  /** Written again and again until the client is gone. */
  readonly drip?: string;
}

/** A listening stranger. */
export class Stranger {
  /** All that was received, of all connections. */
  received = '';
  readonly #server: Server;
  readonly #sockets: Set<Socket> = new Set();

  private constructor({ bytes = '', end = false, drip }: Behaviour) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.#sockets.delete(socket));
      socket.setEncoding('latin1').once('data', () => {
        if (bytes !== '') socket.write(bytes, 'latin1');
        if (end) socket.end();
        if (drip === undefined) return;
        const timer = setInterval(() => socket.write(drip), 1);
        socket.on('close', () => clearInterval(timer));
      });
      socket.on('data', (text: string) => {
        this.received += text;
      });
    });
  }

  static async listen(behaviour: Behaviour): Promise<Stranger> {
    const stranger = new Stranger(behaviour);
    await new Promise<void>((resolve) => stranger.#server.listen(0, '127.0.0.1', resolve));
    return stranger;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** A response as it stands on the wire. */
export function http(status: string, body: string, headers: readonly string[] = []): string {
  const length = Buffer.byteLength(body, 'latin1');
  const head = [`HTTP/1.1 ${status}`, `content-length: ${length}`, ...headers];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}

/** A port on which nobody listens: one that was just given back. */
export async function freePort(): Promise<number> {
  const stranger = await Stranger.listen({});
  const port = Number(new URL(stranger.url).port);
  await stranger.close();
  return port;
}
