/**
 * The heartbeat of this thread: a timer that stores one while the event loop runs, and keeps no
 * process alive. What a missing one means is decided by the reader.
 *
 * @module
 */

import { must } from '../lifecycle/check.ts';
import { HEARTBEAT_MS } from '../lifecycle/heartbeat.ts';
import { isLifecycle } from '../lifecycle/is-lifecycle.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { unreference } from '../lifecycle/quiet-timer.ts';

/**
 * Begins at once.
 *
 * @returns the undo
 * @throws {LifecycleError} `invalid_argument`, `detached`
 */
export function startHeartbeat(lifecycle: Lifecycle): () => void {
  const rule = 'lifecycle must be a Lifecycle';
  must(isLifecycle(lifecycle), 'start the heartbeat', rule, lifecycle);
  lifecycle.beat();
  const beat = (): void => {
    try {
      lifecycle.beat();
    } catch {
      // Detached: there is nobody to speak for any more.
      clearInterval(timer);
    }
  };
  const timer = unreference(setInterval(beat, HEARTBEAT_MS));
  return () => clearInterval(timer);
}
