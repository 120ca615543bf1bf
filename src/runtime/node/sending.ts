/**
 * Sends a response whose body has to be read: in one piece if it comes at once, otherwise streamed
 * with backpressure. It gives up without an error when the client goes away.
 *
 * @module
 */

import type { ServerResponse } from 'node:http';
import { isUnencoded } from '../content-coding.ts';
import { isEventStream } from '../event-streams.ts';
import type { Head } from './head.ts';
import { afterTurn } from './turn.ts';
import { end, endWith, fail, ignore, type Way, writeHead } from './whole.ts';

/** What the body comes from. */
export interface Source {
  read(): Promise<{ readonly done: boolean; readonly value?: unknown }>;
  cancel(): Promise<unknown> | undefined;
  /** A read that waits when it is cancelled comes to its end then. */
  readonly endsReads: boolean;
}

/** One of them. */
export class Sending {
  readonly #res: ServerResponse;
  readonly #head: Head;
  readonly #source: Source;
  readonly #closes: boolean;
  readonly #streamed: Way['streamed'];
  #isBegun = false;
  #callOff: () => void = () => {};
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
    this.#callOff = afterTurn(() => this.#only(() => void this.#stream(first, second)));
  }

  /** Whichever comes first decides. */
  #only(then: () => void): void {
    if (this.#isBegun) return;
    this.#isBegun = true;
    this.#callOff();
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

/** A body as what can be read: a web stream, a stream of Node, whatever gives pieces. */
export function sourceOf(body: unknown): Source {
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
  throw new TypeError('The body of the response is not made of bytes');
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

const EMPTY = new Uint8Array(0);
