/**
 * A life as text: its time line for a person, and a number that tells two lives apart.
 *
 * @module
 */

import type { Line } from './world.ts';

/** One line for each thing that happened. */
export function timeline(trace: readonly Line[]): string {
  return trace.map(lineOf).join('\n');
}

/** FNV-1a of the time lines: equal on every engine, or the lives are not the same. */
export function digest(traces: Iterable<readonly Line[]>): number {
  let hash = 0x811c9dc5;
  for (const trace of traces) {
    for (const line of trace) {
      for (const char of lineOf(line)) {
        hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
      }
    }
  }
  return hash;
}

function lineOf({ atMs, thread, text }: Line): string {
  return `${String(atMs).padStart(7)} ms  ${thread === null ? 'world   ' : `thread ${thread}`}  ${text}`;
}
