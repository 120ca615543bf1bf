/**
 * The door of the runtime that this process runs on, for services that are the same source on
 * Node, Deno and Bun, and how they speak to their parent: a JSON object a line.
 *
 * @module
 */

import type * as entry from '../../src/bun.ts';

/** What all three doors have. */
export type Door = Pick<typeof entry, 'serve' | 'adopt' | 'handleSignals' | 'serveProbes'>;

export const runtime: 'node' | 'deno' | 'bun' =
  'Deno' in globalThis ? 'deno' : 'Bun' in globalThis ? 'bun' : 'node';

export const door: Door =
  runtime === 'deno'
    ? await import('../../src/deno.ts')
    : runtime === 'bun'
      ? await import('../../src/bun.ts')
      : await import('../../src/node.ts');

/** Tells the parent what happened, and when: comparable with `Date.now()` there. */
export function say(event: string, more: object = {}): void {
  const atMs = performance.timeOrigin + performance.now();
  console.log(JSON.stringify({ event, atMs, ...more }));
}
