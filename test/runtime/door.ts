/**
 * The door of the runtime that this process runs on, for services that are the same source on
 * Node, Deno and Bun, and how they speak to their parent: a JSON object a line.
 *
 * @module
 */

import type { Lifecycle } from '../../src/index.ts';
import type { ServeOptions, Server, SignalOptions } from '../../src/runtime/node.ts';

/** What all three doors have. */
export interface Door {
  serve(options: ServeOptions): Promise<Server>;
  handleSignals(lifecycle: Lifecycle, options?: SignalOptions): () => void;
}

export const runtime: 'node' | 'deno' | 'bun' =
  'Deno' in globalThis ? 'deno' : 'Bun' in globalThis ? 'bun' : 'node';

export const door: Door =
  runtime === 'deno'
    ? await import('../../src/runtime/deno.ts')
    : runtime === 'bun'
      ? await import('../../src/runtime/bun.ts')
      : await import('../../src/runtime/node.ts');

/** Tells the parent what happened, and when: comparable with `Date.now()` there. */
export function say(event: string, more: object = {}): void {
  const atMs = performance.timeOrigin + performance.now();
  console.log(JSON.stringify({ event, atMs, ...more }));
}
