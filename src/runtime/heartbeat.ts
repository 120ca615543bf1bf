/**
 * The heartbeat of this thread: a timer that stores one while the loop turns, and keeps no process
 * alive. What silence means is the reader's business.
 *
 * @module
 */

import { HEARTBEAT_MS } from '../lifecycle/heartbeat.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';

/** Begins at once. Returns the undo. */
export function startHeartbeat(lifecycle: Lifecycle): () => void {
  const beat = (): void => {
    try {
      lifecycle.beat();
    } catch {
      // Detached: there is nobody to speak for any more.
      clearInterval(timer);
    }
  };
  const timer = setInterval(beat, HEARTBEAT_MS);
  unreference(timer);
  beat();
  return () => clearInterval(timer);
}

/** Node and Bun have it on the timer, Deno by the timer's number. */
function unreference(timer: ReturnType<typeof setInterval>): void {
  const { Deno } = globalThis as { readonly Deno?: { unrefTimer(id: number): void } };
  if (typeof timer === 'object') timer.unref();
  else Deno?.unrefTimer(timer);
}
