/**
 * Thenables: what `await` waits for. It awaits nothing itself.
 *
 * @module
 */

/** True for a promise, and whatever else has a `then`. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}
