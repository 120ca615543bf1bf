/**
 * What `close()` of an adopted server means to those who own it: Fastify's and Nest's `app.close()` call
 * it and wait for its callback. It closes nothing itself.
 *
 * Node's own `close()` destroys idle connections at once, with the requests that are in their socket
 * buffers, and calls back when the last one is gone. In a step that would never be: the answer to
 * `POST /admin/shutdown` waits for the step. And a framework that listens to SIGTERM itself would
 * refuse connections while the load balancer still makes some.
 *
 * @module
 */

import { isLeavingOrGone } from '../../lifecycle/leaving.ts';
import type { Lifecycle } from '../../lifecycle/lifecycle.ts';
import { Phase } from '../../lifecycle/phase.ts';
import type { Closing } from '../closing/closing.ts';
import type { ConnectionServer } from './connections.ts';

/**
 * From the acceptance of a shutdown to its end, `server.close()` stops accepting once queries are
 * refused, and calls back then; what is open ends after Stopped, as if nobody had called it.
 */
export function deferClose(server: ConnectionServer, lifecycle: Lifecycle, closing: Closing): void {
  const { close, closeIdleConnections } = server;
  const isShuttingDown = (): boolean => {
    try {
      return isLeavingOrGone(lifecycle) && lifecycle.phase() !== Phase.Stopped;
    } catch {
      // Detached: nobody would close it later.
      return false;
    }
  };
  server.close = (callback) => {
    // Once our own closing has begun it is Node's own that is called, by us, too.
    if (closing.isClosing || !isShuttingDown()) return close.call(server, callback);
    const stops = lifecycle.waitFor(Phase.ShuttingDown).then(() => closing.close());
    void stops.then(
      () => callback?.(),
      () => close.call(server, callback),
    );
    return server;
  };
  if (closeIdleConnections === undefined) return;
  server.closeIdleConnections = () => {
    if (!isShuttingDown()) closeIdleConnections.call(server);
  };
}
