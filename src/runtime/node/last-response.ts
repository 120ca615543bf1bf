/**
 * Makes a response the last of its connection, whoever writes it: `connection: close`, unless its
 * head has been sent. It closes nothing.
 *
 * @module
 */

import type { ServerResponse } from 'node:http';

/** Headers that say whether the connection goes on (RFC 9112 §9.3, and the older one beside it). */
const PERSISTENCE = ['connection', 'keep-alive'];
/** After it the connection is no longer HTTP, and its `connection` header says so. */
const SWITCHING_PROTOCOLS = 101;

const marked: WeakSet<ServerResponse> = new WeakSet();

/** Those whose head says so. */
const final: WeakSet<ServerResponse> = new WeakSet();

/**
 * From now on the head of this response says that the connection ends, if it is the last one in flight on it
 * when it goes out: others behind it would be lost. Only responses of HTTP/1 have such a head. Again is
 * a no-op.
 */
export function makeLast(res: ServerResponse, isLastInFlight: () => boolean): void {
  if (res.headersSent || marked.has(res)) return;
  marked.add(res);
  const { shouldKeepAlive } = res;
  // Heads that nobody writes are written by this method, too; it is where frameworks hook in.
  const writeHead = res.writeHead as (...args: unknown[]) => ServerResponse;
  const writeLast = (status: number, ...rest: unknown[]): ServerResponse => {
    if (status === SWITCHING_PROTOCOLS) return writeHead.call(res, status, ...rest);
    const args = rest.map((part) => withoutPersistence(part));
    res.removeHeader('keep-alive');
    if (isLastInFlight()) {
      final.add(res);
      res.shouldKeepAlive = false;
      res.setHeader('connection', 'close');
    } else {
      res.shouldKeepAlive = shouldKeepAlive;
      res.removeHeader('connection');
    }
    return writeHead.call(res, status, ...args);
  };
  res.writeHead = writeLast as typeof res.writeHead;
}

/** Whether its head is out, and has said that the connection ends. */
export function isFinal(res: ServerResponse): boolean {
  return final.has(res);
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
