/**
 * What `node:http` sends at once: a head, and a body in one piece or none. Bodies that have to be
 * read are not sent here.
 *
 * @module
 */

import type { ServerResponse } from 'node:http';
import type { PlainAnswer } from '../../lifecycle/routes.ts';
import { plainRefusal } from '../answer.ts';
import type { Head } from './head.ts';

/** Up to here a copy as text, which goes out in one piece with the head, is cheaper than two pieces. */
const COPIED_BYTES = 16_384;

/** How a response goes out. */
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
  if (isGone(res)) return;
  putHead(res, status, '', headers, closes || isLast);
  if (isHead) end(res);
  else end(res, body, 'utf8');
}

/** For a response that turned out not to be one: a 500 while the head is not out, else a cut. */
export function fail(res: ServerResponse, closes: boolean): void {
  if (res.headersSent || res.destroyed) {
    res.destroy();
    return;
  }
  for (const name of res.getHeaderNames()) res.removeHeader(name);
  const isHead = res.req.method === 'HEAD';
  sendPlain(res, plainRefusal(500, 'internal server error'), { isHead, closes });
}

/** A response of one piece, or of none. */
export function endWith(
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

/** Ends a response. */
export function end(
  res: ServerResponse,
  body?: string | Uint8Array,
  encoding?: BufferEncoding,
): void {
  if (body === undefined) res.end();
  else if (encoding === undefined) res.end(body);
  else res.end(body, encoding);
  // What is left of the request's body must not be taken for the next request.
  if (!res.req.complete) res.req.resume();
}

/** Said by us, because for HTTP/1.0 Node would end the connection instead of saying a length. */
export function writeHead(
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

/**
 * True where nobody is left to answer: writing would be reported as an error then, of a response that nobody
 * listens to. What is written in one call before that goes out, or is dropped without a word.
 */
export function isGone(res: ServerResponse): boolean {
  if (res.req.httpVersionMajor > 1) res.on('error', ignore);
  return res.destroyed;
}

/** Hears what nobody needs to be told. */
export function ignore(): void {}
