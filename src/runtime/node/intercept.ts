/**
 * Coming before the listeners of a server that somebody else has written: its requests, and its upgrades.
 * What is in front decides; here it is only put there.
 *
 * @module
 */

import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ConnectionServer } from './connections.ts';
import type { Exchange } from './exchange.ts';

/** What is put before a server's own listeners. */
export interface InFront {
  /** Hears of every request. */
  begins(req: IncomingMessage, res: ServerResponse): void;
  /** Answers, or leaves it to them. */
  readonly front: Exchange;
  /** Whether a connection may be upgraded now. */
  takesUpgrades(): boolean;
  /** Whether a request is to one of our own routes, which nobody else answers. */
  isOwn(req: IncomingMessage): boolean;
}

/** Events that hand over a request to be answered. */
const REQUESTS = ['checkContinue', 'checkExpectation'];

/** What a client is told whose connection is not upgraded. */
const CLOSED = [
  'HTTP/1.1 503 Service Unavailable',
  'retry-after: 1',
  'connection: close',
  'content-length: 0',
  '',
  '',
].join('\r\n');

/**
 * Puts something before all listeners to requests. A listener of ours among theirs could not keep a
 * request from them, so it is done where events come in.
 */
export function intercept(
  server: ConnectionServer,
  { begins, front, takesUpgrades, isOwn }: InFront,
): void {
  const emit = server.emit as (event: string | symbol, ...args: unknown[]) => boolean;
  const own = (event: string | symbol, ...args: unknown[]): boolean => {
    // A probe that offers an upgrade (Java's client does, to HTTP/2) asks for its answer all the same.
    if (event === 'upgrade' && isOwn(args[0] as IncomingMessage)) {
      const [req, socket] = args as [IncomingMessage, Socket];
      return own('request', req, responseOn(req, socket));
    }
    if (event === 'request' || REQUESTS.includes(event as string)) {
      const [req, res] = args as [IncomingMessage, ServerResponse];
      begins(req, res);
      // Without anybody to go on to, what is left is a 404.
      if (server.listenerCount(event) === 0) front(req, res);
      else front(req, res, () => emit.call(server, event, req, res));
      return true;
    }
    if (event === 'upgrade' && !takesUpgrades()) {
      const [, socket] = args as [IncomingMessage, Socket];
      socket.on('error', () => {});
      socket.end(CLOSED);
      return true;
    }
    return emit.call(server, event, ...args);
  };
  server.emit = own as typeof server.emit;
}

/** The one response, and the last, on a connection that Node has taken from its own parser. */
function responseOn(req: IncomingMessage, socket: Socket): ServerResponse {
  const res = new ServerResponse(req);
  res.shouldKeepAlive = false;
  res.assignSocket(socket);
  socket.on('error', () => {});
  res.once('finish', () => {
    res.detachSocket(socket);
    socket.end();
  });
  return res;
}
