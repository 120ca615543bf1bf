/**
 * From a response to `node:http`'s: in one call if it is of one piece, else streamed with
 * backpressure, and given up without a sound when the client goes away.
 *
 * @module
 */

import type { ServerResponse } from 'node:http';
import type { PlainAnswer } from '../../lifecycle/routes.ts';
import { plainRefusal } from '../answer.ts';
import { hasOnly, isUnencoded } from '../content-coding.ts';
import { isEventStream } from '../event-streams.ts';
import { Head } from './head.ts';
import { isLight, type Parts } from './light.ts';
import { afterTurn } from './turn.ts';

/** Up to here a copy as text, which goes out in one piece with the head, is cheaper than two pieces. */
const COPIED_BYTES = 16_384;

/** Codings that `fetch()` takes off a body and leaves in its head, on every Node. */
const DECODED = ['gzip', 'x-gzip', 'deflate', 'br'];

/** What the body comes from. */
interface Source {
  read(): Promise<{ readonly done: boolean; readonly value?: unknown }>;
  cancel(): Promise<unknown> | undefined;
  /** A read that waits when it is cancelled comes to its end then. */
  readonly endsReads: boolean;
}

/** How it goes out. */
export interface Way {
  /** It is the answer to a HEAD. */
  readonly isHead: boolean;
  /** It is the last on its connection. */
  readonly closes: boolean;
  /** Is told of an event stream, and how to end it; returns the undo. */
  readonly streamed?: ((res: ServerResponse, end: () => void) => () => void) | undefined;
}

/** Sends an answer that has all its parts. */
export function sendPlain(
  res: ServerResponse,
  { status, headers, body, closes: isLast }: PlainAnswer,
  { isHead, closes }: Way,
): void {
  res.on('error', ignore);
  putHead(res, status, '', headers, closes || isLast);
  if (isHead) end(res);
  else end(res, body, 'utf8');
}

/**
 * Sends a response. Never throws: a body that fails half-way, or is not of the length that was said,
 * cuts the connection, which is the only way to say so once the head is out. Before that it becomes
 * a 500.
 */
export function send(res: ServerResponse, response: Response, way: Way): void {
  const { isHead, closes, streamed } = way;
  // After a reset Node reports writes as errors of the response; 'close' says all there is.
  res.on('error', ignore);
  try {
    const parts = isLight(response) ? response._toNodeResponse() : undefined;
    const head = parts === undefined ? headOf(response) : headOfParts(parts);
    const body = parts === undefined ? response.body : parts.body;
    const last = closes || head.closes;
    if (typeof body === 'string' || body instanceof Uint8Array) {
      endWith(res, head, body, isHead, last);
    } else if (body === null || body === undefined) {
      endWith(res, head, '', isHead, last);
    } else {
      const source = sourceOf(body);
      if (isHead || !head.hasBody) {
        writeHead(res, head, head.hasBody ? head.length : undefined, last);
        res.end();
        // Nobody will read it, but whoever produces it should hear that.
        source.cancel()?.catch(ignore);
      } else new Sending(res, head, source, last, streamed).begin();
    }
  } catch {
    fail(res, closes);
  }
}

/** A response whose body is to be read. */
class Sending {
  readonly #res: ServerResponse;
  readonly #head: Head;
  readonly #source: Source;
  readonly #closes: boolean;
  readonly #streamed: Way['streamed'];
  #isBegun = false;
  /** The first, if it has come. */
  #piece: unknown;

  constructor(
    res: ServerResponse,
    head: Head,
    source: Source,
    closes: boolean,
    streamed: Way['streamed'],
  ) {
    this.#res = res;
    this.#head = head;
    this.#source = source;
    this.#closes = closes;
    this.#streamed = streamed;
  }

  /** Waits a turn for a body of one piece, which goes out with its length. */
  begin(): void {
    // Both at once: most bodies are one piece and the end, and each wait is a detour.
    const first = this.#source.read();
    const second = this.#source.read();
    const failed = (): void => this.#only(() => fail(this.#res, this.#closes));
    first.then(({ done, value }) => {
      this.#piece = value;
      if (done) this.#only(() => this.#whole(EMPTY));
    }, failed);
    second.then(({ done }) => {
      if (done) this.#only(() => this.#whole(bytesOf(this.#piece)));
    }, failed);
    afterTurn(() => this.#only(() => void this.#stream(first, second)));
  }

  /** Whichever comes first decides. */
  #only(then: () => void): void {
    if (this.#isBegun) return;
    this.#isBegun = true;
    try {
      then();
    } catch {
      fail(this.#res, this.#closes);
    }
  }

  #whole(body: Uint8Array): void {
    const { coding } = this.#head;
    if (coding !== undefined && isUnencoded(coding, body, true)) this.#head.decode();
    endWith(this.#res, this.#head, body, false, this.#closes);
  }

  /** The head must not wait for a body that is slow to begin (server-sent events). */
  async #stream(...reads: Promise<{ done: boolean; value?: unknown }>[]): Promise<void> {
    const [res, head, source] = [this.#res, this.#head, this.#source];
    res.once('close', () => source.cancel()?.catch(ignore));
    let next = reads.shift();
    try {
      const { coding } = head;
      if (coding !== undefined) {
        // Unless it depends on the first bytes what the head says.
        const { done = false, value } = (await next) ?? {};
        const first = value === undefined ? EMPTY : bytesOf(value);
        if (isUnencoded(coding, first, done)) head.decode();
      }
      let left = head.length ?? Number.POSITIVE_INFINITY;
      writeHead(res, head, head.length, this.#closes);
      if (this.#piece === undefined) res.flushHeaders();
      const ending = this.#endOfStream();
      while (!res.destroyed) {
        const reading = next ?? source.read();
        const { done, value } = await (ending === undefined || source.endsReads
          ? reading
          : ending.orEnded(reading));
        if (done) {
          if (left > 0 && head.length !== undefined) res.destroy();
          else end(res);
          // Of a stream that we have ended.
          if (ending !== undefined) source.cancel()?.catch(ignore);
          return;
        }
        next = reads.shift();
        // It may fail while we wait to write; it is awaited at the top, not lost.
        next?.catch(ignore);
        const chunk = bytesOf(value);
        if (chunk.length > left) {
          // What was promised is out, and the client may have asked for more: the rest is dropped, for
          // no next response to begin with. Before that it can still be told.
          if (left > 0) res.destroy();
          else end(res);
          source.cancel()?.catch(ignore);
          return;
        }
        left -= chunk.length;
        if (!res.write(chunk)) await writable(res);
      }
    } catch {
      fail(res, this.#closes);
    }
  }

  /** An event stream ends when the drain begins, as if it had come to its end. */
  #endOfStream(): Ending | undefined {
    if (this.#streamed === undefined || !isEventStream(this.#head.type)) return undefined;
    const ending = new Ending();
    this.#res.once(
      'close',
      this.#streamed(this.#res, () => {
        ending.end();
        if (this.#source.endsReads) this.#source.cancel()?.catch(ignore);
      }),
    );
    return ending;
  }
}

type Piece = Awaited<ReturnType<Source['read']>>;

/**
 * The end of a stream that we end. A race of each read with one promise would leave something at that
 * promise for each chunk, for as long as the stream lasts.
 */
class Ending {
  #isEnded = false;
  #wake: (piece: Piece) => void = () => {};

  end(): void {
    this.#isEnded = true;
    this.#wake({ done: true });
  }

  /** What a read gives, or the end if it comes first. */
  orEnded(reading: Promise<Piece>): Promise<Piece> {
    return new Promise((resolve, reject) => {
      this.#wake = resolve;
      if (this.#isEnded) resolve({ done: true });
      reading.then(resolve, reject);
    });
  }
}

/** For a response that turned out not to be one: a 500 while the head is not out, else a cut. */
function fail(res: ServerResponse, closes: boolean): void {
  if (res.headersSent || res.destroyed) {
    res.destroy();
    return;
  }
  for (const name of res.getHeaderNames()) res.removeHeader(name);
  const isHead = res.req.method === 'HEAD';
  sendPlain(res, plainRefusal(500, 'internal server error'), { isHead, closes });
}

/** A response of one piece, or of none. */
function endWith(
  res: ServerResponse,
  head: Head,
  body: string | Uint8Array,
  isHead: boolean,
  closes: boolean,
): void {
  const last = closes || head.closes;
  if (!head.hasBody) {
    writeHead(res, head, head.status === 205 ? 0 : undefined, last);
    end(res);
    return;
  }
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
  // The body of a HEAD is left out, or it is there and is not sent.
  writeHead(res, head, isHead && length === 0 ? head.length : length, last);
  if (isHead || length === 0) end(res);
  else if (typeof body === 'string') end(res, body, 'utf8');
  else if (length > COPIED_BYTES) end(res, body);
  else {
    const { buffer, byteOffset } = body;
    end(res, Buffer.from(buffer, byteOffset, length).toString('latin1'), 'latin1');
  }
}

function end(res: ServerResponse, body?: string | Uint8Array, encoding?: BufferEncoding): void {
  if (body === undefined) res.end();
  else if (encoding === undefined) res.end(body);
  else res.end(body, encoding);
  // What is left of the request's body must not be taken for the next request.
  if (!res.req.complete) res.req.resume();
}

/** Said by us, because for HTTP/1.0 Node would end the connection instead of saying a length. */
function writeHead(
  res: ServerResponse,
  head: Head,
  length: number | undefined,
  closes: boolean,
): void {
  const { status, statusText, headers } = head;
  if (length !== undefined) headers.push('content-length', String(length));
  putHead(res, status, statusText, headers, closes);
}

function putHead(
  res: ServerResponse,
  status: number,
  statusText: string,
  headers: readonly string[],
  closes: boolean,
): void {
  const isHttp1 = res.req.httpVersionMajor < 2;
  const all = closes && isHttp1 ? [...headers, 'connection', 'close'] : headers;
  if (!isHttp1 || res.getHeaderNames().length > 0) mergeHead(res, status, statusText, all);
  // Node does not change the list, and says so in no type.
  else if (statusText === '') res.writeHead(status, all as string[]);
  else res.writeHead(status, statusText, all as string[]);
}

/** Header by header: HTTP/2 takes no list, and a middleware may have set some before us. */
function mergeHead(
  res: ServerResponse,
  status: number,
  statusText: string,
  headers: readonly string[],
): void {
  res.statusCode = status;
  if (statusText !== '' && res.req.httpVersionMajor < 2) res.statusMessage = statusText;
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    const value = headers[index + 1] as string;
    // The only header whose values must not be joined.
    if (name !== 'set-cookie') res.setHeader(name, value);
    else res.setHeader(name, [res.getHeader(name) ?? [], value].flat().map(String));
  }
  // The framing that a middleware has chosen for a body of its own.
  res.removeHeader('transfer-encoding');
  if (headers.lastIndexOf('content-length') < 0) res.removeHeader('content-length');
  res.writeHead(status);
}

function headOf(response: Response): Head {
  const head = new Head(response.status, response.statusText);
  for (const [name, value] of response.headers) head.add(name, value);
  // Only what comes from fetch() as it is has a type of its own.
  if (head.coding !== undefined && response.type !== 'default' && hasOnly(head.coding, DECODED)) {
    head.decode();
  }
  return head;
}

function headOfParts({ status, statusText, headers }: Parts): Head {
  const head = new Head(status, statusText);
  for (let index = 0; index < headers.length; index += 2) {
    head.add(String(headers[index]).toLowerCase(), String(headers[index + 1]));
  }
  return head;
}

/** A body as what can be read: a web stream, a stream of Node, whatever gives pieces. */
function sourceOf(body: unknown): Source {
  if (body instanceof ReadableStream) {
    const reader = body.getReader();
    return { read: () => reader.read(), cancel: () => reader.cancel(), endsReads: true };
  }
  const pieces = (body as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  return { read: () => pieces.next() as never, cancel: () => pieces.return?.(), endsReads: false };
}

function bytesOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string') return Buffer.from(value);
  throw new TypeError('A body gave what is no bytes');
}

/** Resolves when the response takes more, or is closed. */
function writable(res: ServerResponse): Promise<void> {
  if (res.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const over = (): void => {
      res.off('drain', over);
      res.off('close', over);
      resolve();
    };
    res.on('drain', over);
    res.on('close', over);
  });
}

function ignore(): void {}

const EMPTY = new Uint8Array(0);
