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
import type { Next } from './next.ts';
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

/** Events that hand over a request to be answered, as `request` does. */
const EXPECTATIONS = ['checkContinue', 'checkExpectation'];

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
  const goOn =
    (event: string): Next =>
    (_, req, res) => {
      try {
        emit.call(server, event, req, res);
      } catch (thrown) {
        // It stays the application's; but nobody is left to answer, and its permit would be held.
        abandon(res);
        throw thrown;
      }
    };
  const toRequest = goOn('request');
  const toExpectation = new Map(EXPECTATIONS.map((event) => [event, goOn(event)]));
  const own = (event: string | symbol, ...args: unknown[]): boolean => {
    const next = event === 'request' ? toRequest : toExpectation.get(event as string);
    if (next !== undefined) {
      // By their places: a list that is taken apart would have to be made for each request.
      const req = args[0] as IncomingMessage;
      const res = args[1] as ServerResponse;
      // Without anybody to go on to, what is left is a 404.
      const isNobodys = server.listenerCount(event) === 0;
      if (begins(req, res)) front(req, res, isNobodys ? streams.nextOf(req) : next);
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
