/**
 * From `node:http`'s request to a web `Request`, made at once. It reads no body before somebody asks
 * for it.
 *
 * @module
 */

import type { IncomingMessage } from 'node:http';
import { UnfitRequest } from './address.ts';
import { bodyOf } from './body.ts';

/**
 * Converts a request.
 *
 * @throws {UnfitRequest}
 */
export function toRequest(
  req: IncomingMessage,
  url: string,
  signal: AbortSignal,
  headers: Headers = headersOf(req),
  body: BodyInit | null = bodyOf(req) as BodyInit | null,
): Request {
  const init: RequestInit & { duplex?: 'half' } = { method: req.method ?? 'GET', headers, signal };
  if (body !== null) Object.assign(init, { body, duplex: 'half' });
  try {
    return new Request(url, init);
  } catch {
    throw new UnfitRequest(400, 'malformed request');
  }
}

/** All of them, also those that came twice: `req.headers` drops some. */
export function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    // HTTP/2 has the request line among its headers, by names that are none.
    if (!name.startsWith(':')) headers.append(name, rawHeaders[index + 1] ?? '');
  }
  return headers;
}
