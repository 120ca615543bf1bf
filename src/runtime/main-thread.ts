/**
 * Whether this is the process's main thread. It says nothing about who ends the process.
 *
 * @module
 */

import { isMainThread as isNodeMainThread } from 'node:worker_threads';

interface Host {
  /** The class of the global object of web workers. */
  readonly WorkerGlobalScope?: unknown;
  readonly Bun?: { readonly isMainThread?: boolean };
}

/**
 * True on the main thread of Node, Deno and Bun, false in a worker of whichever kind.
 *
 * Deno tells Node's `isMainThread` in a web `Worker` that it is the main thread. The class of the
 * global object tells the truth there.
 */
export function isMainThread(): boolean {
  const { WorkerGlobalScope, Bun } = globalThis as Host;
  if (typeof WorkerGlobalScope === 'function' && globalThis instanceof WorkerGlobalScope) {
    return false;
  }
  return isNodeMainThread && Bun?.isMainThread !== false;
}
