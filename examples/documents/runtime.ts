/**
 * The one place that knows where it runs: the adapter of this runtime.
 *
 * @module
 */

import type { handleSignals, serve } from 'tidegate/node';

/** What the three adapters have in common. */
export interface Adapter {
  readonly serve: typeof serve;
  readonly handleSignals: typeof handleSignals;
}

/** Loads the adapter of the runtime that this is. */
export async function loadAdapter(): Promise<Adapter> {
  if ('Deno' in globalThis) return import('tidegate/deno');
  if ('Bun' in globalThis) return import('tidegate/bun');
  return import('tidegate/node');
}
