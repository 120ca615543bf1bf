/**
 * A server over `node:http` that closes when the lifecycle is Stopped, and loses no request then.
 *
 * @module
 */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isLeaving } from '../answer.ts';
import { checkServe, type ServeOptions, type Server, urlOf } from '../options.ts';
import { opened } from '../serving.ts';
import { whenStopped } from '../stopped.ts';
import { Connections } from './connections.ts';
import { exchange } from './exchange.ts';

/**
 * Serves until the lifecycle is Stopped.
 *
 * @returns when it listens
 * @throws {LifecycleError} `invalid_argument`; Node's error if it cannot listen
 * @example
 * ```ts
 * const health = createHandler(lifecycle);
 * const server = await serve({ lifecycle, port: 8080, fetch: health });
 * console.log(server.url);
 * ```
 */
export async function serve(options: ServeOptions): Promise<Server> {
  const { lifecycle, fetch, port, hostname, lingerMs, inFlightTimeoutMs } = checkServe(options);
  const server = createServer();
  const connections = new Connections(server, lingerMs);
  server.on(
    'request',
    exchange(fetch, {
      closes: () => connections.isClosing || isLeaving(lifecycle),
      held: () => connections.hold.current,
    }),
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
      void connections.close(inFlightTimeoutMs).then(isClosed);
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
