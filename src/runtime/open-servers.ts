/**
 * Which servers serve a lifecycle, so that the process does not end before an answer is sent: the
 * answer to a shutdown call is still in flight when the lifecycle is Stopped. It opens and closes
 * nothing.
 *
 * @module
 */

import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import type { Server } from './options.ts';

const serving: WeakMap<Lifecycle, Set<Server>> = new WeakMap();

/** Notes a server until it is closed. */
export function opened(lifecycle: Lifecycle, server: Server): Server {
  const servers = serving.get(lifecycle) ?? new Set();
  serving.set(lifecycle, servers.add(server));
  void server.closed.then(() => servers.delete(server));
  return server;
}

/** The servers of `serve` that are open, or closing. */
export function serversOf(lifecycle: Lifecycle): Server[] {
  return [...(serving.get(lifecycle) ?? [])];
}
