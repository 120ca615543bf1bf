/**
 * A raw HTTP/1.1 client: one object a connection, so that a test knows which byte was written to
 * which socket, and what came back before the end. It does not retry.
 *
 * @module
 */

import { connect, type Socket } from 'node:net';

export interface Reply {
  readonly status: number;
  /** Names in lower case; values in order of arrival. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly body: string;
}

/** The connection ended before the reply was whole. */
export class Cut extends Error {
  /** What had come of the reply. */
  readonly partial: string;
  readonly reason: string;

  constructor(partial: string, reason: string) {
    super(`Cut (${reason}) after ${JSON.stringify(partial.slice(0, 200))}`);
    this.partial = partial;
    this.reason = reason;
  }
}

/** One connection. */
export class Wire {
  readonly socket: Socket;
  /** Resolves when the socket is gone. */
  readonly closed: Promise<void>;
  /** Replies received in full. */
  replies = 0;
  #received = '';
  /** How long `#received` must be before it is worth another look. */
  #needed = 0;
  #end: string | undefined;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('latin1');
    socket.setNoDelay(true);
    const over = (reason: string): void => {
      this.#end ??= reason;
      this.#wake();
    };
    socket.on('data', (text: string) => {
      this.#received += text;
      this.#wake();
    });
    socket.on('end', () => over('end'));
    socket.on('error', (error: NodeJS.ErrnoException) => over(error.code ?? 'error'));
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        over('close');
        resolve();
      });
    });
  }

  /** Rejects if the connection is refused. */
  static open(port: number): Promise<Wire> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1' });
      const wire = new Wire(socket);
      socket.once('connect', () => resolve(wire));
      socket.once('error', reject);
    });
  }

  /** True once the server has ended the connection. */
  get isOver(): boolean {
    return this.#end !== undefined;
  }

  write(text: string): void {
    this.socket.write(text, 'latin1');
  }

  /** Writes a request. */
  send(target: string, { method = 'GET', headers = [] as string[], body = '' } = {}): void {
    const length = method === 'GET' || method === 'HEAD' ? [] : [`content-length: ${body.length}`];
    const lines = [`${method} ${target} HTTP/1.1`, 'host: 127.0.0.1', ...length, ...headers];
    this.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
  }

  /** Writes a request and reads its reply. @throws {Cut} */
  async request(target: string, options: Parameters<Wire['send']>[1] = {}): Promise<Reply> {
    this.send(target, options);
    return this.read(options.method === 'HEAD');
  }

  /** Reads one reply. @throws {Cut} */
  async read(isHead = false): Promise<Reply> {
    while (true) {
      const reply = this.#take(isHead);
      if (reply !== undefined) {
        this.replies += 1;
        return reply;
      }
      if (this.#end !== undefined) throw new Cut(this.#received, this.#end);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** The first reply in what was received, if it is whole. */
  #take(isHead: boolean): Reply | undefined {
    const text = this.#received;
    if (text.length < this.#needed) return undefined;
    this.#needed = 0;
    const headEnd = text.indexOf('\r\n\r\n');
    if (headEnd < 0) return undefined;
    const [first = '', ...lines] = text.slice(0, headEnd).split('\r\n');
    const status = Number(first.split(' ')[1]);
    const headers = new Map<string, string[]>();
    for (const line of lines) {
      const colon = line.indexOf(':');
      const name = line.slice(0, colon).toLowerCase();
      headers.set(name, [...(headers.get(name) ?? []), line.slice(colon + 1).trim()]);
    }
    const from = headEnd + 4;
    const bare = isHead || status === 204 || status === 304;
    const [body, end] = bare ? ['', from] : bodyAt(text, from, headers);
    if (end < 0) {
      this.#needed = from + Number(headers.get('content-length')?.[0] ?? 0);
      return undefined;
    }
    this.#received = text.slice(end);
    return { status, headers, body };
  }
}

/** The body and where it ends; -1 if it is not whole. */
function bodyAt(text: string, from: number, headers: Map<string, string[]>): [string, number] {
  if (headers.get('transfer-encoding')?.[0] !== 'chunked') {
    const end = from + Number(headers.get('content-length')?.[0] ?? 0);
    return end > text.length ? ['', -1] : [text.slice(from, end), end];
  }
  let body = '';
  let at = from;
  while (true) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd < 0) return ['', -1];
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    const next = lineEnd + 2 + size + 2;
    if (next > text.length) return ['', -1];
    if (size === 0) return [body, next];
    body += text.slice(lineEnd + 2, lineEnd + 2 + size);
    at = next;
  }
}

/** True if the server says that the connection ends with this reply. */
export function saysClose({ headers }: Reply): boolean {
  return headers.get('connection')?.some((value) => value.toLowerCase() === 'close') ?? false;
}

/** A request and its reply on a connection of its own. */
export async function once(
  port: number,
  target: string,
  options: Parameters<Wire['send']>[1] = {},
): Promise<Reply> {
  const wire = await Wire.open(port);
  try {
    return await wire.request(target, options);
  } finally {
    wire.socket.destroy();
  }
}
