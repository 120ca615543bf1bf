/**
 * The URL that a request of `node:http` was sent to, as a web `Request` has it. It refuses what
 * cannot be the URL of a `Request`, and what would make it ambiguous. It makes no `URL` object if
 * the text is in its normal form already.
 *
 * @module
 */

import type { IncomingMessage } from 'node:http';
import { isHost } from '../host-header.ts';

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

/** A path and query that no URL parser would spell otherwise; `/.` may begin a dot segment. */
const NORMAL = /^\/[\w~!$&()*+,;=:@/?.-]*$/;

/** A host header in its two schemes. Most requests of a server name the same one. */
let lastHost = '';
let lastOrigins: readonly [http: string, https: string] = ['', ''];

/**
 * The absolute URL of a request.
 *
 * @throws {UnfitRequest}
 */
export function addressOf(req: IncomingMessage): string {
  const method = req.method ?? 'GET';
  if (FORBIDDEN.includes(method)) throw new UnfitRequest(405, `${method} is not served`);
  const target = req.url ?? '/';
  const origin = originOf(req);
  if (isNormal(target)) return origin + target;
  // RFC 9112 §3.2: origin-form, absolute-form (which overrules the host), or * for OPTIONS.
  const text = target.startsWith('/')
    ? origin + target
    : /^https?:\/\//i.test(target)
      ? target
      : target === '*' && method === 'OPTIONS'
        ? `${origin}/*`
        : '';
  if (!URL.canParse(text)) throw new UnfitRequest(400, 'malformed request target');
  const url = new URL(text);
  // A Request refuses credentials in its address.
  if (url.username !== '' || url.password !== '') {
    throw new UnfitRequest(400, 'malformed request target');
  }
  return url.href;
}

/** The last target that was, which is looked at twice for each request. */
let lastNormal = '/';

/** Whether a target is spelled as a URL would spell it. */
function isNormal(target: string): boolean {
  if (target === lastNormal) return true;
  if (!NORMAL.test(target) || target.includes('/.')) return false;
  lastNormal = target;
  return true;
}

/** The path that a request asks for, however its target is written: as a `Request` has it. */
export function pathAsked(req: IncomingMessage): string {
  const { url = '/' } = req;
  const isWhole = isNormal(url);
  const query = url.indexOf('?');
  const path = query < 0 ? url : url.slice(0, query);
  if (isWhole || isNormal(path)) return path;
  // Of whatever host, and with whatever user.
  const text = path.startsWith('/') ? `http://localhost${path}` : path;
  return URL.canParse(text) ? new URL(text).pathname : path;
}

/** Whether the request names a host that it could have been sent to. */
export function hasHost(req: IncomingMessage): boolean {
  return isKnown(hostOf(req));
}

function originOf(req: IncomingMessage): string {
  const isEncrypted = 'encrypted' in req.socket && req.socket.encrypted === true;
  if (!isKnown(hostOf(req))) throw new UnfitRequest(400, 'malformed host');
  return lastOrigins[isEncrypted ? 1 : 0];
}

/** True for a host that is the last one from now on. */
function isKnown(host: string): boolean {
  if (host === lastHost) return true;
  const http = `http://${host}`;
  const https = `https://${host}`;
  if (!isHost(host) || !URL.canParse(http)) return false;
  lastOrigins = [new URL(http).origin, new URL(https).origin];
  lastHost = host;
  return true;
}

/** HTTP/1.0 has no host header (Node itself refuses an HTTP/1.1 request without one). */
function hostOf({ headers }: IncomingMessage): string {
  return headers.host || (headers[':authority'] as string | undefined) || 'localhost';
}
