/**
 * From `node:http`'s request to a web `Request`. It refuses what a `Request` cannot be, and what
 * would make its address ambiguous; it reads no body before somebody asks for it.
 *
 * @module
 */

import type { IncomingMessage } from 'node:http';
import { isHost } from '../host.ts';
import { bodyOf } from './body.ts';

/** What cannot be turned into a `Request`: the client's fault. */
export class UnfitRequest extends Error {
  override readonly name = 'UnfitRequest';
  readonly status: 400 | 405;

  constructor(status: 400 | 405, message: string) {
    super(message);
    this.status = status;
  }
}

/** Methods that the Fetch standard forbids. */
const FORBIDDEN = ['CONNECT', 'TRACE', 'TRACK'];

/**
 * Converts a request.
 *
 * @throws {UnfitRequest}
 */
export function toRequest(req: IncomingMessage, signal: AbortSignal): Request {
  const method = req.method ?? 'GET';
  if (FORBIDDEN.includes(method)) throw new UnfitRequest(405, `${method} is not served`);
  const url = urlOf(req, method);
  const body = method === 'GET' || method === 'HEAD' ? null : bodyOf(req);
  try {
    const init: RequestInit & { duplex?: 'half' } = { method, headers: headersOf(req), signal };
    if (body !== null) Object.assign(init, { body, duplex: 'half' });
    return new Request(url, init);
  } catch {
    throw new UnfitRequest(400, 'malformed request');
  }
}

function urlOf(req: IncomingMessage, method: string): URL {
  const target = req.url ?? '/';
  const scheme = 'encrypted' in req.socket && req.socket.encrypted === true ? 'https' : 'http';
  // HTTP/1.0 has no host header; Node itself refuses an HTTP/1.1 request without one.
  const host = req.headers.host || 'localhost';
  if (!isHost(host)) throw new UnfitRequest(400, 'malformed host');
  // RFC 9112 §3.2: origin-form, absolute-form (which overrules the host), or * for OPTIONS.
  const text = target.startsWith('/')
    ? `${scheme}://${host}${target}`
    : /^https?:\/\//i.test(target)
      ? target
      : target === '*' && method === 'OPTIONS'
        ? `${scheme}://${host}/*`
        : '';
  if (!URL.canParse(text)) throw new UnfitRequest(400, 'malformed request target');
  const url = new URL(text);
  // A Request refuses credentials in its address.
  if (url.username !== '' || url.password !== '') {
    throw new UnfitRequest(400, 'malformed request target');
  }
  return url;
}

/** All of them, also those that came twice: `req.headers` drops some. */
function headersOf(req: IncomingMessage): Headers {
  const headers = new Headers();
  for (let index = 0; index + 1 < req.rawHeaders.length; index += 2) {
    headers.append(req.rawHeaders[index] ?? '', req.rawHeaders[index + 1] ?? '');
  }
  return headers;
}
