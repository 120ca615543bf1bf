/**
 * Adopts the servers that the program opens, by whatever means, for one lifecycle. It knows nothing
 * of environment variables and signals.
 *
 * @module
 */

import { createHandler } from '../http/for-servers.ts';
import type { HandlerOptions } from '../http/options.ts';
import { isLeavingOrGone } from '../lifecycle/leaving.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { adoptNow } from '../runtime/node/adopt.ts';
import type { FetchHandler } from '../runtime/options.ts';
import type { Before } from './before.ts';
import { adoptBunServers } from './bun-servers.ts';
import { adoptDenoServers } from './deno-servers.ts';
import { type OpenedServer, onListen } from './node-servers.ts';

/** What is notified of what. */
export interface Adoption {
  /** Routes that are answered before the program is asked; without it none are. */
  readonly routes: HandlerOptions | undefined;
  /** Hears of each server just before it listens. */
  opening(): void;
  /** Hears of each when it listens. */
  listening(): void;
}

/** Adopts all that are opened from now on. */
export async function adoptAll(lifecycle: Lifecycle, adoption: Adoption): Promise<void> {
  const { routes, opening, listening } = adoption;
  const health = routes === undefined ? undefined : createHandler(lifecycle, routes);
  const known: WeakSet<OpenedServer> = new WeakSet();
  await onListen((server) => {
    if (!known.has(server)) {
      known.add(server);
      opening();
      adoptNow(server, { lifecycle, fetch: health });
      closeTwice(server, lifecycle);
    }
    server.once('listening', listening);
  });
  // What it returns is checked where it is sent.
  const before: Before = (handler) =>
    (async (request, info) =>
      (await health?.(request)) ?? (await handler(request as Request, info))) as FetchHandler;
  const opened = (): void => {
    opening();
    listening();
  };
  adoptDenoServers(lifecycle, before, opened);
  adoptBunServers(lifecycle, before, opened);
}

/** A program that closes its server in the end finds it closed by us, and must not take that for a failure. */
function closeTwice(server: OpenedServer, lifecycle: Lifecycle): void {
  const { close } = server;
  server.close = (callback) => {
    const closed = (error?: Error & { readonly code?: string }): void => {
      const isOurs = error?.code === 'ERR_SERVER_NOT_RUNNING' && isLeavingOrGone(lifecycle);
      callback?.(isOurs ? undefined : error);
    };
    return Reflect.apply(close, server, callback === undefined ? [] : [closed]);
  };
}
