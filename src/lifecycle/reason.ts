/**
 * The starting reason: why a process that is Starting is not ready yet. In any other phase there is
 * none.
 *
 * @module
 */

import { STARTING, TEXT_BYTES } from '../../assembly/layout.ts';
import { must } from './check.ts';
import type { Seat } from './seat.ts';

/** See `Lifecycle.setStartingReason`. */
export function setReason(seat: Seat, text: string): void {
  must(typeof text === 'string', 'set the starting reason', 'it must be a string', text);
  seat.mustLive();
  const { core, member, staging } = seat;
  core.publishReason(member.number, staging.put(text, TEXT_BYTES));
}

/** See `Lifecycle.notReadyReason`. */
export function readReason(seat: Seat): string | null {
  const { core, member, staging } = seat;
  if (core.phase() !== STARTING) return null;
  seat.mustLive();
  return staging.get(core.readReason(member.number));
}
