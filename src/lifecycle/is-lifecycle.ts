/**
 * Whether a value is a `Lifecycle`, for those who are passed one. It makes none.
 *
 * @module
 */

import type { Lifecycle } from './lifecycle.ts';

/** By its shape: the class may have come from another copy of the package. */
export function isLifecycle(value: unknown): value is Lifecycle {
  const { phase, shutdown, shutdownRequested, onTransition } =
    (value as Partial<Lifecycle> | null | undefined) ?? {};
  return [phase, shutdown, shutdownRequested, onTransition].every(
    (method) => typeof method === 'function',
  );
}
