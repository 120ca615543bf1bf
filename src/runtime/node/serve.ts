/**
 * A server over `node:http` that closes when the lifecycle is Stopped, and loses no request then.
 *
 * @module
 */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LifecycleError, shown } from '../../lifecycle/errors.ts';
import { isLeaving } from '../answer.ts';
import { checkServe, type ServeOptions, type Server, urlOf } from '../options.ts';
import { opened } from '../serving.ts';
import { whenStopped } from '../stopped.ts';
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
  const closing = {
    closes: () => connections.isClosing || isLeaving(lifecycle),
    held: () => connections.hold.current,
  };
  server.on(
    'request',
    // Whatever takes Node's requests and responses; what it returns is its own.
    listener === undefined
      ? exchange(fetch, closing)
      : chained(exchange(fetch, closing, true), listener as Exchange),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, hostname, () => {
      server.off('error', reject);
      resolve();
    });
  });

  let isClosed = (): void => {};
  const closed = new Promise<void>((resolve) => {
    isClosed = resolve;
  });
  const close = (): Promise<void> => {
    if (!connections.isClosing) {
      forget();
      void connections.close(inFlightTimeoutMs()).then(isClosed);
    }
    return closed;
  };
  const forget = whenStopped(lifecycle, () => void close());
  const address = server.address() as AddressInfo;
  return opened(lifecycle, {
    url: urlOf(address.address, address.port),
    hostname: address.address,
    port: address.port,
    close,
    closed,
  });
}

/** The first, and the second for what the first leaves. */
function chained(first: Exchange, second: Exchange): Exchange {
  return (req, res) => first(req, res, () => second(req, res));
}
