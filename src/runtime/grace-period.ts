/**
 * How long responses in flight may take once the lifecycle is Stopped: what the shutdown has left
 * of its budget. It waits for nothing itself.
 *
 * @module
 */

import type { Lifecycle } from '../lifecycle/lifecycle.ts';

/** A shutdown that used up its budget is answered even so: the admin's own call is in flight. */
export const LEAST_GRACE_MS = 2_000;
/** A reader that is slower than this is taken for dead, however quick the shutdown was. */
export const MOST_GRACE_MS = 10_000;

/** How long a connection that is no longer HTTP may stay after its server has closed. */
const UPGRADED_MS = 2_000;
/** Of the time for responses in flight, so that the cut comes before nobody waits any more. */
const UPGRADED_SHARE = 0.75;

/** The same within a time for responses in flight. */
export function upgradedForMs(inFlightMs: number): number {
  return Math.min(UPGRADED_MS, inFlightMs * UPGRADED_SHARE);
}

/**
 * Milliseconds from now. With the default budget of 25 s the process is gone within the 30 s that
 * Kubernetes leaves between SIGTERM and SIGKILL, whatever takes longest.
 */
export function graceMs(lifecycle: Lifecycle): number {
  const leftMs = shutdownLeftMs(lifecycle) ?? Number.POSITIVE_INFINITY;
  return Math.min(Math.max(leftMs, LEAST_GRACE_MS), MOST_GRACE_MS);
}

/** `null` without a shutdown: the application closed the server, or ends it all by itself. */
function shutdownLeftMs(lifecycle: Lifecycle): number | null {
  try {
    return lifecycle.shutdownLeftMs();
  } catch {
    // Detached: nothing is known.
    return null;
  }
}
