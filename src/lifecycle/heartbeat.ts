/**
 * Heartbeats: how often a thread stores one, and what its silence says. A missing heartbeat is
 * reported, never taken for death.
 *
 * @module
 */

import { monotonicMs } from './clock.ts';

/** Milliseconds between two heartbeats of a thread whose loop turns. */
export const HEARTBEAT_MS = 100;

/** A busy machine is late by as much now and then; a loop that is later than this is blocked. */
const TOLERANCE_MS = 150;

/** For how long a thread has been silent beyond its interval, in milliseconds; 0 if it is not. */
export function silentMs(lastBeatAtMs: number): number {
  const silent = Math.round(monotonicMs() - lastBeatAtMs - HEARTBEAT_MS);
  return silent > TOLERANCE_MS ? silent : 0;
}
