/**
 * The load on servers: a process of its own, on Bun, whose sockets cost less than the servers that
 * are asked, so that it is the server that is measured. It reads orders, a line of JSON each, and
 * answers each with a line: how many requests were answered in how many nanoseconds. Orders for
 * several servers run at once.
 *
 * Connections are kept between orders, as a proxy or a kubelet keeps them; one request is under way on
 * each. An answer that is not 200 ends it: a server that refuses is quick.
 *
 * @module
 */

import { createInterface } from 'node:readline';

/** What is asked of it. */
export interface Order {
  readonly port: number;
  readonly path: string;
  readonly ms: number;
  /** Sent with each request, which is then a POST of JSON. */
  readonly body?: string | undefined;
  /** A POST of so many bytes. */
  readonly bytes?: number | undefined;
}

/** What came of it. */
export interface Loaded {
  readonly port: number;
  readonly requests: number;
  readonly ns: number;
}

/** As many as a handful of proxies and probes have. */
const CONNECTIONS = 20;

/** "2", the first digit of a status that is not a refusal. */
const TWO = 0x32;

interface BunSocket {
  /** How many bytes were taken; the rest is for the next time that it drains. */
  write(data: Uint8Array): number;
}

interface BunSockets {
  connect(options: {
    readonly hostname: string;
    readonly port: number;
    readonly socket: {
      readonly data: (socket: BunSocket, data: Uint8Array) => void;
      readonly drain: (socket: BunSocket) => void;
      readonly close: (socket: BunSocket) => void;
    };
  }): Promise<BunSocket>;
}

const { Bun } = globalThis as unknown as { readonly Bun: BunSockets };

/** Connections to one server. */
class Target {
  readonly #port: number;
  readonly #request: Uint8Array;
  /** Those that are open: a server may close one that has been idle for long. */
  readonly #sockets: Set<BunSocket> = new Set();
  /** Length of an answer that was looked at as a whole: the next ones of that length are like it. */
  #known = -1;
  /** Begins of answers that came in pieces. */
  readonly #pieces: Map<BunSocket, Uint8Array> = new Map();
  /** What is left of requests that a socket did not take at once. */
  readonly #unsent: Map<BunSocket, Uint8Array> = new Map();
  #isOn = false;
  #answered = 0;
  #underWay = 0;
  #over: () => void = () => {};

  constructor({
    port,
    path,
    bytes,
    body = bytes === undefined ? bytes : 'x'.repeat(bytes),
  }: Order) {
    this.#port = port;
    const lines = [
      `${body === undefined ? 'GET' : 'POST'} ${path} HTTP/1.1`,
      `host: localhost:${port}`,
      'connection: keep-alive',
      'accept: */*',
      'user-agent: tidegate-bench/1',
      ...(body === undefined
        ? []
        : [
            `content-type: application/${bytes === undefined ? 'json' : 'octet-stream'}`,
            `content-length: ${body.length}`,
          ]),
      '',
      body ?? '',
    ];
    this.#request = new TextEncoder().encode(lines.join('\r\n'));
  }

  /** Asks on all connections for so long, and then waits for what is under way. */
  async load(ms: number): Promise<Loaded> {
    while (this.#sockets.size < CONNECTIONS) this.#sockets.add(await this.#open());
    const over = new Promise<void>((resolve) => {
      this.#over = resolve;
    });
    this.#answered = 0;
    this.#isOn = true;
    const began = performance.now();
    for (const socket of this.#sockets) this.#ask(socket);
    setTimeout(() => {
      this.#isOn = false;
    }, ms);
    await over;
    const ns = (performance.now() - began) * 1e6;
    return { port: this.#port, requests: this.#answered, ns };
  }

  #open(): Promise<BunSocket> {
    return Bun.connect({
      hostname: '127.0.0.1',
      port: this.#port,
      socket: {
        data: (socket, data) => this.#hear(socket, data),
        drain: (socket) => this.#send(socket, this.#unsent.get(socket)),
        close: (socket) => {
          if (this.#underWay > 0) fail(`the server on ${this.#port} closed a connection in use`);
          this.#sockets.delete(socket);
        },
      },
    });
  }

  #ask(socket: BunSocket): void {
    this.#underWay += 1;
    this.#send(socket, this.#request);
  }

  #send(socket: BunSocket, data: Uint8Array | undefined): void {
    if (data === undefined) return;
    const taken = Math.max(0, socket.write(data));
    if (taken < data.length) this.#unsent.set(socket, data.subarray(taken));
    else this.#unsent.delete(socket);
  }

  #hear(socket: BunSocket, data: Uint8Array): void {
    const before = this.#pieces.get(socket);
    if (before !== undefined || data.length !== this.#known || data[9] !== TWO) {
      const answer = before === undefined ? data : joined(before, data);
      if (!isWhole(answer)) {
        // A copy: the runtime may use the place again.
        this.#pieces.set(socket, answer.slice());
        return;
      }
      if (before === undefined) this.#known = data.length;
      else this.#pieces.delete(socket);
    }
    this.#underWay -= 1;
    this.#answered += 1;
    if (this.#isOn) this.#ask(socket);
    else if (this.#underWay === 0) this.#over();
  }
}

/** Whether an answer has come to its end, by its length or by its last chunk (RFC 9112 §6.3). */
function isWhole(data: Uint8Array): boolean {
  const text = new TextDecoder('latin1').decode(data);
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const head = text.slice(0, end);
  if (!head.startsWith('HTTP/1.1 200 ')) fail(`it was answered ${head.split('\r\n')[0]}`);
  if (/^transfer-encoding: chunked$/im.test(head)) return text.endsWith('\r\n0\r\n\r\n');
  const [, length] = /^content-length: (\d+)$/im.exec(head) ?? fail('an answer has no length');
  return text.length - end - 4 === Number(length);
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

function fail(why: string): never {
  console.error(why);
  process.exit(1);
}

const targets = new Map<string, Target>();
for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line) as Order;
  const key = `${order.port}${order.path}`;
  const target = targets.get(key) ?? new Target(order);
  targets.set(key, target);
  target.load(order.ms).then((loaded) => console.log(JSON.stringify(loaded)));
}
process.exit(0);
