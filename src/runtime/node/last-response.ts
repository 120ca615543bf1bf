/**
 * Makes a response its connection's last, whoever writes it: `connection: close`, unless its head
 * is out already. It closes nothing.
 *
 * @module
 */

import type { ServerResponse } from 'node:http';

/** Headers that say whether the connection goes on (RFC 9112 §9.3, and the older one beside it). */
const PERSISTENCE = ['connection', 'keep-alive'];
/** After it the connection is no longer HTTP, and its `connection` header says so. */
const SWITCHING_PROTOCOLS = 101;

const marked: WeakSet<ServerResponse> = new WeakSet();

/**
 * From now on the head of this response says that the connection ends. Only responses of HTTP/1 have
 * such a head. Again is a no-op.
 */
export function makeLast(res: ServerResponse): void {
  if (res.headersSent || marked.has(res)) return;
  marked.add(res);
  res.shouldKeepAlive = false;
  // Heads that nobody writes are written by this method, too; it is where frameworks hook in.
  const writeHead = res.writeHead as (...args: unknown[]) => ServerResponse;
  const writeLast = (status: number, ...rest: unknown[]): ServerResponse => {
    if (status === SWITCHING_PROTOCOLS) return writeHead.call(res, status, ...rest);
    const args = rest.map((part) => withoutPersistence(part));
    res.setHeader('connection', 'close');
    res.removeHeader('keep-alive');
    return writeHead.call(res, status, ...args);
  };
  res.writeHead = writeLast as typeof res.writeHead;
}

/** An argument of `writeHead`: its headers, in one of three shapes, without those two. */
function withoutPersistence(part: unknown): unknown {
  if (typeof part !== 'object' || part === null) return part;
  const stays = (name: unknown): boolean => !PERSISTENCE.includes(String(name).toLowerCase());
  if (!Array.isArray(part)) {
    return Object.fromEntries(Object.entries(part).filter(([name]) => stays(name)));
  }
  if (Array.isArray(part[0])) return part.filter((pair) => stays(pair[0]));
  // Names and values in turn.
  return part.filter((_, index) => stays(part[index - (index % 2)]));
}
