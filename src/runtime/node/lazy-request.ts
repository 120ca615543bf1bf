/**
 * A web `Request` over that of `node:http`, made piece by piece on demand: most handlers look at
 * the method and the URL only, and a whole `Request` costs as much as a third of the exchange.
 * Native code, and whatever is rarely used, gets a real one.
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { addressOf } from './address.ts';
import { clientGone, hasBody, wholeBody } from './body.ts';
import { headersOf, toRequest } from './request.ts';

/** The body of a request that was read without a stream. */
const USED = 'Body is unusable: it has been read already';

/** One request. Its prototype is put before that of `Request`: see {@link lazyRequests}. */
class LazyRequest {
  readonly #req: IncomingMessage;
  readonly #res: ServerResponse;
  readonly #url: string;
  #headers: Headers | undefined;
  #signal: AbortSignal | undefined;
  #real: Request | undefined;
  #isRead = false;

  constructor(req: IncomingMessage, res: ServerResponse, url: string) {
    this.#req = req;
    this.#res = res;
    this.#url = url;
  }

  /** The real one. */
  get real(): Request {
    if (this.#real === undefined) {
      const body = this.#isRead ? empty() : undefined;
      this.#real = toRequest(this.#req, this.#url, this.signal, this.headers, body);
      // Both say the same from now on, whichever is changed.
      this.#headers = this.#real.headers;
      if (this.#isRead) void this.#real.text();
    }
    return this.#real;
  }

  get method(): string {
    return this.#req.method ?? 'GET';
  }

  get url(): string {
    return this.#url;
  }

  get headers(): Headers {
    this.#headers ??= headersOf(this.#req);
    return this.#headers;
  }

  get signal(): AbortSignal {
    this.#signal ??= this.#real?.signal ?? goneSignal(this.#res);
    return this.#signal;
  }

  get body(): ReadableStream<Uint8Array> | null {
    return this.#real !== undefined || this.#isRead || hasBody(this.#req) ? this.real.body : null;
  }

  get bodyUsed(): boolean {
    return this.#isRead || (this.#real?.bodyUsed ?? false);
  }

  text(): Promise<string> {
    return this.#isWhole() ? this.#whole().then(textOf) : this.real.text();
  }

  json(): Promise<unknown> {
    return this.#isWhole()
      ? this.#whole().then((bytes) => JSON.parse(textOf(bytes)))
      : this.real.json();
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return this.#isWhole() ? this.#whole().then(bufferOf) : this.real.arrayBuffer();
  }

  /** True for a body that nobody has seen as a stream. */
  #isWhole(): boolean {
    return this.#real === undefined && hasBody(this.#req);
  }

  #whole(): Promise<Buffer> {
    if (this.#isRead) return Promise.reject(new TypeError(USED));
    this.#isRead = true;
    return wholeBody(this.#req);
  }
}

type RequestMaker = (req: IncomingMessage, res: ServerResponse, url: string) => Request;

/**
 * How this Node makes them. `new Request(request)` and `fetch(request)` look for what is inside of a
 * real one: where that are properties (Node 20 and 22), a lazy one has them, too; where it is private
 * (Node 24 and later), nothing but a real one will do.
 */
let maker: RequestMaker | undefined;

/**
 * The `Request` of an exchange that begins. Before the first one Node has not loaded what it needs for any,
 * which takes time and memory: a server of probes never does.
 *
 * @throws {UnfitRequest}
 */
export function requestOf(req: IncomingMessage, res: ServerResponse): Request {
  maker ??= takesLazy() ? lazily : really;
  return maker(req, res, addressOf(req));
}

const lazily: RequestMaker = (req, res, url) =>
  // What Request has and it has not, it was given by `takesLazy`.
  new LazyRequest(req, res, url) as unknown as Request;

const really: RequestMaker = (req, res, url) => toRequest(req, url, goneSignal(res));

/** Gives the lazy ones all that a real one has, and tries whether native code takes one. */
function takesLazy(): boolean {
  const url = 'http://localhost/';
  const real = new Request(url);
  const { prototype } = LazyRequest;
  const keys = [...Reflect.ownKeys(Request.prototype), ...Object.getOwnPropertySymbols(real)];
  for (const key of keys) if (!Object.hasOwn(prototype, key)) delegate(key, real);
  Object.setPrototypeOf(prototype, Request.prototype);
  const req = { method: 'HEAD', headers: {}, rawHeaders: [] } as unknown as IncomingMessage;
  const res = { once() {} } as unknown as ServerResponse;
  try {
    return new Request(lazily(req, res, url)).method === 'HEAD';
  } catch {
    return false;
  }
}

/** Has a property of the lazy ones be that of the real one. */
function delegate(key: string | symbol, real: Request): void {
  const value: unknown = Reflect.get(real, key);
  const isMethod = typeof value === 'function' && key in Request.prototype;
  Object.defineProperty(LazyRequest.prototype, key, {
    configurable: true,
    get(this: LazyRequest) {
      return isMethod ? value.bind(this.real) : Reflect.get(this.real, key);
    },
  });
}

/** Aborts when the connection is gone before the response is out. */
function goneSignal(res: ServerResponse): AbortSignal {
  const controller = new AbortController();
  const gone = (): void => {
    if (!res.writableFinished) controller.abort(clientGone());
  };
  res.once('close', gone);
  if (res.closed) gone();
  return controller.signal;
}

/** As a body's `text()` has it: without a byte order mark. */
function textOf(bytes: Buffer): string {
  const text = bytes.toString();
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

function bufferOf({ buffer, byteOffset, byteLength }: Buffer): ArrayBuffer {
  // Buffers of a socket are never shared between threads.
  return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
}

function empty(): ReadableStream<Uint8Array> {
  return new ReadableStream({ start: (controller) => controller.close() });
}
