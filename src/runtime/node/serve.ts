/**
 * A server over `node:http` that closes when the lifecycle is Stopped, and loses no request then.
 *
 * @module
 */

import { createServer, type Server as HttpServer, type ServerOptions } from 'node:http';
import type { ListenOptions } from 'node:net';
import process from 'node:process';
import { must } from '../../lifecycle/check.ts';
import { LifecycleError } from '../../lifecycle/errors.ts';
import { type CheckedOptions, checkServe, type ServeOptions, type Server } from '../options.ts';
import { adoptChecked } from './adopt.ts';
import { endIdle } from './idle-sockets.ts';
import { inheritedAt, whenReady } from './inherited.ts';
import type { NodeRequest, NodeResponse } from './messages.ts';

/** What `serve` takes on Node. */
export interface NodeServeOptions extends ServeOptions {
  /**
   * Gets the requests that `fetch` leaves (`undefined`): an Express app, Koa's `app.callback()`,
   * Fastify's `app.routing`. They are counted, and end, like those of `fetch`.
   */
  listener?(req: NodeRequest, res: NodeResponse): unknown;
}

/**
 * Longer than the idle time-outs of common load balancers: AWS's ALB keeps a connection for 60 s, as does
 * nginx's upstream module. Whoever closes first loses the race with a request that is on its way, and
 * it must be the balancer, which knows what it has sent. A fifth more is for clocks and queues.
 */
const KEEP_ALIVE_MS = 72_000;
/** The first Node that shares a port; before, it ignores that it is asked to. */
const SHARES_PORTS = [22, 12] as const;

/**
 * Serves until the lifecycle is Stopped. A listening socket on that port which the process was started
 * with (by systemd, or `tidegate run --listen`) is used in place of a new one: it accepts from Ready on, and
 * until then connections wait.
 *
 * @returns when it listens; with such a socket, at once
 * @throws {LifecycleError} `invalid_argument`, `detached`; Node's error if it cannot listen
 * @example
 * ```ts
 * const health = createHandler(lifecycle);
 * const server = await serve({ lifecycle, port: 8080, fetch: health });
 * console.log(server.url);
 * ```
 */
export async function serve(options: NodeServeOptions): Promise<Server> {
  const checked = checkServe(options);
  const { listener, node = {} }: { listener?: unknown } & Pick<ServeOptions, 'node'> = options;
  const isListener = listener === undefined || typeof listener === 'function';
  must(isListener, 'serve', 'listener must be a function', listener);
  const { node: version } = process.versions;
  if (checked.reusePort && !sharesPorts(version)) {
    throw new LifecycleError('invalid_argument', `Cannot serve: Node ${version} has no reusePort`);
  }
  const server = await made(checked, { keepAliveTimeout: KEEP_ALIVE_MS, ...node });
  endIdle(server);
  // Whatever takes Node's requests and responses; what it returns is its own.
  if (listener !== undefined) server.on('request', listener as () => void);
  const inherited = checked.path === undefined ? inheritedAt(checked.port) : undefined;
  const ours = adoptChecked(server, checked, inherited);
  if (inherited !== undefined) {
    const { fd } = inherited;
    const undo = whenReady(checked.lifecycle, () => server.listen({ ...node, fd }));
    void ours.closed.then(undo);
    return ours;
  }
  try {
    await listening(server, checked, node);
  } catch (error) {
    // Nobody waits for a server that never was.
    void ours.close();
    throw error;
  }
  return ours;
}

function sharesPorts(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [first, since] = SHARES_PORTS;
  return major > first || (major === first && minor >= since);
}

/** `node:https` loads OpenSSL, for those only who have a use for it. */
async function made({ tls }: CheckedOptions, options: ServerOptions): Promise<HttpServer> {
  if (tls === undefined) return createServer(options);
  const https = await import('node:https');
  return https.createServer({ ...options, cert: tls.cert, key: tls.key });
}

function listening(
  server: HttpServer,
  { port, hostname, path, reusePort }: CheckedOptions,
  node: object,
): Promise<void> {
  const host = hostname === undefined ? {} : { host: hostname };
  const place: ListenOptions = path === undefined ? { port, ...host } : { path };
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ ...node, ...place, ...(reusePort ? { reusePort } : {}) }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
