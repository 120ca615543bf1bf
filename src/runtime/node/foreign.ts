/**
 * Notices connections that stop being HTTP: WebSockets and other upgrades, and CONNECT. It neither
 * accepts nor refuses any.
 *
 * @module
 */

import type { Server as NetServer, Socket } from 'node:net';

const EVENTS = ['upgrade', 'connect'] as const;

/**
 * Calls `then` for each.
 *
 * A server with a listener to one of these events treats such requests differently: without one it
 * answers an upgrade like any other request. So ours is there only while the application has one.
 */
export function onForeign(server: NetServer, then: (socket: Socket) => void): void {
  const listener = (_: unknown, socket: Socket): void => then(socket);
  for (const event of EVENTS) {
    if (server.listenerCount(event) > 0) server.prependListener(event, listener);
  }
  const isOne = (event: string | symbol): boolean => EVENTS.some((each) => each === event);
  server.on('newListener', (event, added: unknown) => {
    if (isOne(event) && added !== listener && !server.listeners(event).includes(listener)) {
      server.prependListener(event, listener);
    }
  });
  server.on('removeListener', (event) => {
    const left = isOne(event) ? server.listeners(event) : [];
    if (left.length === 1 && left[0] === listener) server.off(event, listener);
  });
}
