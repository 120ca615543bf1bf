/**
 * What `close()` of an adopted server does once a shutdown is accepted: frameworks and steps close the server
 * that they know, and wait for its callback. It closes nothing by itself.
 *
 * @module
 */

import { isLeavingOrGone } from '../../lifecycle/leaving.ts';
import type { Lifecycle } from '../../lifecycle/lifecycle.ts';
import { Phase } from '../../lifecycle/phase.ts';
import type { Server } from '../options.ts';
import type { NodeServer } from './adopt.ts';

type Callback = (error?: Error) => void;

/**
 * Has a server close as `ours` does, from the acceptance of a shutdown on.
 *
 * Node's own `close()` cuts idle connections, with the request that is in a socket buffer, and calls back
 * when the last connection is gone: the answer to the shutdown may be in flight on it, and a step that
 * waited would wait for itself. So it calls back when nothing more is accepted, and what was counted has
 * ended.
 */
export function closeGently(server: NodeServer, lifecycle: Lifecycle, ours: Server): void {
  const close = server.close;
  server.close = (callback?: Callback): unknown => {
    if (!isLeavingOrGone(lifecycle)) return close.call(server, callback);
    const closed = ours.close().then(() => drained(lifecycle));
    void closed.then(() => callback?.());
    return server;
  };
}

async function drained(lifecycle: Lifecycle): Promise<void> {
  try {
    await lifecycle.waitFor(Phase.ShuttingDown);
  } catch {
    // Detached: nobody would say when.
  }
}
