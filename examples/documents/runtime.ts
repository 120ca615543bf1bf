/**
 * The adapter of this runtime, chosen by which server there is. Nothing else here knows where it runs.
 *
 * @module
 */

import type { handleSignals, serve, serveProbes, watchWorker } from 'tidegate/node';

/** What the three adapters have in common. */
export interface Adapter {
  readonly serve: typeof serve;
  readonly serveProbes: typeof serveProbes;
  readonly handleSignals: typeof handleSignals;
  /** Only where a worker's exit proves its death; without that nobody could be told of one. */
  readonly watchWorker?: typeof watchWorker;
}

/** Loads the adapter of the runtime that this is. */
export async function loadAdapter(): Promise<Adapter> {
  const { Deno, Bun } = globalThis as Partial<Record<'Deno' | 'Bun', { serve?: unknown }>>;
  if (typeof Deno?.serve === 'function') return import('tidegate/deno');
  if (typeof Bun?.serve === 'function') return import('tidegate/bun');
  return import('tidegate/node');
}
