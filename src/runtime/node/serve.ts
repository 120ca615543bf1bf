/**
 * A server over `node:http` that closes when the lifecycle is Stopped, and loses no request then.
 *
 * @module
 */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LifecycleError, shown } from '../../lifecycle/errors.ts';
import { isLeavingOrGone } from '../../lifecycle/leaving.ts';
import { Closing } from '../closing.ts';
import { whenLeaving } from '../leaving.ts';
import { checkServe, type ServeOptions, type Server, urlOf } from '../options.ts';
import { opened } from '../serving.ts';
import { Connections } from './connections.ts';
import { type Exchange, exchange } from './exchange.ts';
import type { NodeRequest, NodeResponse } from './listener.ts';

/** What `serve` takes on Node. */
export interface NodeServeOptions extends ServeOptions {
  /**
   * Gets the requests that `fetch` leaves (`undefined`): an Express app, Koa's `app.callback()`,
   * Fastify's `app.routing`. They end like those of `fetch` when the server closes.
   */
  listener?(req: NodeRequest, res: NodeResponse): unknown;
}

/**
 * Serves until the lifecycle is Stopped.
 *
 * @returns when it listens
 * @throws {LifecycleError} `invalid_argument`, `detached`; Node's error if it cannot listen
 * @example
 * ```ts
 * const health = createHandler(lifecycle);
 * const server = await serve({ lifecycle, port: 8080, fetch: health });
 * console.log(server.url);
 * ```
 */
export async function serve(options: NodeServeOptions): Promise<Server> {
  const { lifecycle, fetch, port, hostname, lingerMs, inFlightTimeoutMs } = checkServe(options);
  const listener: unknown = options.listener;
  if (listener !== undefined && typeof listener !== 'function') {
    throw new LifecycleError('invalid_argument', `Cannot serve: listener is ${shown(listener)}`);
  }
  const server = createServer();
  const connections = new Connections(server, lingerMs);
  const ends = {
    closes: () => connections.isLast || isLeavingOrGone(lifecycle),
    held: () => connections.hold.current,
  };
  server.on(
    'request',
    // Whatever takes Node's requests and responses; what it returns is its own.
    listener === undefined
      ? exchange(fetch, ends)
      : chained(exchange(fetch, ends, true), listener as Exchange),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, hostname, () => {
      server.off('error', reject);
      resolve();
    });
  });

  const closing = new Closing(lifecycle, {
    stop: () => connections.stop(),
    finish: async () => {
      await connections.finish(inFlightTimeoutMs());
      // Now that nothing is idle it only stops http's timer; its error says "not running", rightly.
      server.close(() => {});
    },
  });
  void closing.closed.then(whenLeaving(lifecycle, () => connections.makeAllLast()));
  const address = server.address() as AddressInfo;
  return opened(lifecycle, {
    url: urlOf(address.address, address.port),
    hostname: address.address,
    port: address.port,
    close: () => closing.close(),
    closed: closing.closed,
  });
}

/** The first, and the second for what the first leaves. */
function chained(first: Exchange, second: Exchange): Exchange {
  return (req, res) => first(req, res, () => second(req, res));
}
