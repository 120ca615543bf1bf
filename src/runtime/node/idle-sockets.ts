/**
 * How long a kept-alive connection may be idle, by one timer for all of a server's: for each response Node
 * makes a timer, and drops it at the next request, which is a thirtieth of a small exchange. Every
 * other time-out of a socket is Node's, and so is what follows from one.
 *
 * @module
 */

import type { Server } from 'node:http';
import { Socket } from 'node:net';
import process from 'node:process';

/** How many looks have found it idle; -1 while it is not, or its time-out is Node's. */
const LOOKS: unique symbol = Symbol('looks');

interface Timed extends Omit<Socket, 'timeout'> {
  timeout?: number;
  [LOOKS]: number;
}

/** How exact it is. */
interface Exactness {
  /** So long a time, or a longer one, is kept here: it may end late by two looks, and never early. */
  readonly longMs: number;
  /** From one look to the next. */
  readonly lookMs: number;
}

/** For who waits a minute, and not for the default of Node. */
const MINUTES: Exactness = { longMs: 30_000, lookMs: 5_000 };

/** What Node gives a connection beyond the time that it tells the client. */
const EXTRA_MS = 1_000;

/** Ends the idle connections that the server accepts from now on, on Node. */
export function endIdle(server: Server, { longMs, lookMs }: Exactness = MINUTES): void {
  // Others' sockets are of another make.
  if ('bun' in process.versions || 'deno' in process.versions) return;
  const exact = Socket.prototype.setTimeout;
  /** Those that are open, and how many bytes each had moved at the last look. */
  const open: Map<Timed, number> = new Map();
  let timer: ReturnType<typeof setInterval> | undefined;
  const look = (): void => {
    for (const [socket, before] of open) {
      const bytes = socket.bytesRead + socket.bytesWritten;
      const { timeout = 0, writableLength, [LOOKS]: looks } = socket;
      if (bytes !== before) open.set(socket, bytes);
      if (looks < 0) continue;
      const isQuiet = bytes === before && writableLength === 0;
      socket[LOOKS] = isQuiet ? looks + 1 : 0;
      // As Node does: once, and what it means is for who listens.
      if (isQuiet && looks === Math.ceil(timeout / lookMs)) socket.emit('timeout');
    }
  };
  const setTimeout = function (this: Timed, ms: number, then?: () => void): unknown {
    const isIdle = this[LOOKS] >= 0;
    const leastMs = Math.max(longMs, server.keepAliveTimeout);
    // What is no number is for Node to refuse.
    if (then === undefined && ms >= leastMs && ms <= server.keepAliveTimeout + EXTRA_MS) {
      if (!isIdle && (this.timeout ?? 0) > 0) exact.call(this as Socket, 0);
      this.timeout = ms;
      this[LOOKS] = 0;
      return this;
    }
    this[LOOKS] = -1;
    if (!isIdle || ms !== 0 || then !== undefined) return exact.call(this as Socket, ms, then);
    // There is no timer of Node's to end.
    this.timeout = 0;
    return this;
  };
  const watch = (accepted: Socket): void => {
    const socket = accepted as Timed;
    socket[LOOKS] = -1;
    socket.setTimeout = setTimeout as Socket['setTimeout'];
    open.set(socket, 0);
    timer ??= globalThis.setInterval(look, lookMs).unref();
    accepted.once('close', () => {
      open.delete(socket);
      if (open.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    });
  };
  server.prependListener('connection', watch);
  server.prependListener('secureConnection', watch);
}
