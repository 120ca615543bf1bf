/**
 * A fetch handler as the `(req, res, next?)` that `http.createServer`, Connect and Express take.
 *
 * @module
 */

import { must } from '../../lifecycle/check.ts';
import { isLifecycle } from '../../lifecycle/is-lifecycle.ts';
import { checkKeys } from '../../lifecycle/known-keys.ts';
import { isLeavingOrGone } from '../../lifecycle/leaving.ts';
import type { Lifecycle } from '../../lifecycle/lifecycle.ts';
import type { FetchHandler } from '../options.ts';
import { exchange } from './exchange.ts';
import type { NodeRequest, NodeResponse } from './messages.ts';

/** Options of {@link toNodeListener}. */
export interface ListenerOptions {
  /** Makes every response say `connection: close` once a shutdown is accepted. */
  readonly lifecycle?: Lifecycle | undefined;
}

/** What `http.createServer(listener)` and `app.use(listener)` take. */
export type NodeListener = (
  req: NodeRequest,
  res: NodeResponse,
  next?: (error?: unknown) => void,
) => void;

const ACTION = 'make a listener';

/**
 * Makes a listener of a fetch handler. What is not the handler's (`undefined`), what it throws, and
 * what is no web request goes to `next` if there is one; else it is a 404, a 500, a 400. Under a
 * framework's mount path the handler sees what the framework left in `req.url`.
 *
 * @throws {LifecycleError} `invalid_argument`
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 *
 * const health = toNodeListener(createHandler(lifecycle), { lifecycle });
 * createServer((req, res) => health(req, res, () => res.end('not a probe'))).listen(8080);
 * // with Express: app.use(health);
 * ```
 */
export function toNodeListener(fetch: FetchHandler, options: ListenerOptions = {}): NodeListener {
  must(typeof fetch === 'function', ACTION, 'fetch must be a function', fetch);
  checkKeys(ACTION, options, ['lifecycle']);
  const lifecycle: unknown = options.lifecycle;
  if (lifecycle !== undefined) {
    must(isLifecycle(lifecycle), ACTION, 'lifecycle must be a Lifecycle', lifecycle);
  }
  // Whoever calls it has the whole of what NodeRequest and NodeResponse are the part of.
  return exchange(fetch, {
    closes: () => lifecycle !== undefined && isLeavingOrGone(lifecycle),
    held: () => undefined,
  }) as unknown as NodeListener;
}
