/**
 * Which permit belongs to which request of a server of Node. It admits nothing; that is
 * `admission.ts`.
 *
 * @module
 */

import type { Permit } from '../../lifecycle/gate.ts';
import type { NodeRequest } from './messages.ts';

const PERMIT: unique symbol = Symbol('permit');

interface Counted extends NodeRequest {
  [PERMIT]?: Permit;
}

/**
 * The permit of a request that a server of tidegate admitted, for a `(req, res)` listener; `null` for one
 * that is not counted. It is given back when the response is sent or its connection is gone; a handler that
 * awaits `shutdown()` releases it first.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 *
 * const server = createServer(async (req, res) => {
 *   permitOf(req)?.release();
 *   await lifecycle.shutdown();
 *   res.end('stopped');
 * });
 * ```
 */
export function permitOf(req: NodeRequest): Permit | null {
  return (req as Counted)[PERMIT] ?? null;
}

/** Notes the permit of a request. */
export function keepPermit(req: NodeRequest, permit: Permit): void {
  (req as Counted)[PERMIT] = permit;
}
