/**
 * Puts a function before the listeners of a server that somebody else has written, for its
 * requests, streams and upgrades. What that function decides is its own matter.
 *
 * @module
 */

import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { PlainAnswer } from '../../lifecycle/routes.ts';
import type { ConnectionServer } from './connections.ts';
import type { Exchange } from './exchange.ts';
import type { Streams } from './streams.ts';

/** What is put before a server's own listeners. */
export interface InFront {
  /** Hears of every request; false if it is not to be answered. */
  begins(req: IncomingMessage, res: ServerResponse): boolean;
  /** Answers, or leaves it to them. */
  readonly front: Exchange;
  /** Takes streams that are not taken as requests. */
  readonly streams: Streams;
  /** The answer in place of an upgrade, if there is to be none. */
  refusesUpgrade(req: IncomingMessage): PlainAnswer | undefined;
}

/** Events that hand over a request to be answered. */
const REQUESTS = ['checkContinue', 'checkExpectation'];

/** Events that hand over a connection, to be something else from then on. */
const UPGRADES = ['upgrade', 'connect'];

/**
 * Puts something before all listeners to requests. A listener of ours among theirs could not keep a
 * request from them, so it is done where events come in.
 */
export function intercept(
  server: ConnectionServer,
  { begins, front, streams, refusesUpgrade }: InFront,
): void {
  const emit = server.emit as (event: string | symbol, ...args: unknown[]) => boolean;
  const own = (event: string | symbol, ...args: unknown[]): boolean => {
    if (event === 'request' || REQUESTS.includes(event as string)) {
      const [req, res] = args as [IncomingMessage, ServerResponse];
      if (!begins(req, res)) return true;
      // Without anybody to go on to, what is left is a 404.
      if (server.listenerCount(event) === 0) front(req, res, streams.nextOf(req));
      else {
        front(req, res, () => {
          try {
            emit.call(server, event, req, res);
          } catch (thrown) {
            // It stays the application's; but nobody is left to answer, and its permit would be held.
            abandon(res);
            throw thrown;
          }
        });
      }
      return true;
    }
    if (event === 'stream' && streams.takes(args as Parameters<Streams['takes']>[0])) return true;
    if (UPGRADES.includes(event as string)) {
      const [req, socket] = args as [IncomingMessage, Socket];
      // That of HTTP/2 is a stream among others.
      const refusal = req.httpVersionMajor === 1 ? refusesUpgrade(req) : undefined;
      if (refusal !== undefined) {
        refuse(socket, refusal, req.method === 'HEAD');
        return true;
      }
    }
    return emit.call(server, event, ...args);
  };
  server.emit = own as typeof server.emit;
}

/** Node has taken the connection out of its hands: the answer is written as it goes out. */
function refuse(socket: Socket, { status, headers, body }: PlainAnswer, isHead: boolean): void {
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, 'connection: close'];
  for (let index = 0; index < headers.length; index += 2) {
    lines.push(`${headers[index]}: ${headers[index + 1]}`);
  }
  socket.on('error', () => {});
  socket.end(`${lines.join('\r\n')}\r\n\r\n${isHead ? '' : body}`);
  // What comes is read and dropped, for the end of the connection to be seen.
  socket.resume();
}

/** Ends a response that nobody goes on with. */
function abandon(res: ServerResponse): void {
  if (res.headersSent) res.destroy();
  else {
    res.statusCode = 500;
    res.end();
  }
}
