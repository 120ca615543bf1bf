/**
 * Drain: refuse writes from now on, and wait for those in progress. It stops nothing.
 *
 * @module
 */

import { READY, STARTING } from '../../assembly/layout.ts';
import { elapsedMs, monotonicMs } from './clock.ts';
import { LifecycleError } from './errors.ts';
import { markDraining } from './moves.ts';
import type { Seat } from './seat.ts';
import { checkWait, type WaitOptions } from './wakeups.ts';

/** How a drain ended. */
export interface DrainResult {
  /** No write permit is held, and none will be. */
  drained: boolean;
  /** How long it waited, in integer milliseconds. */
  waitedMs: number;
  /** Write permits still held when it timed out; 0 if it drained. */
  left: number;
  /** The members that hold them, by number. */
  members: { member: number; writes: number }[];
}

/** What can be in progress. */
export type PermitCount = 'writesOut' | 'queriesOut' | 'bootsOut';

/**
 * Begins the drain if nobody has, and waits until no write permit is held. Options that are refused,
 * and a signal that is aborted already, leave the phase as it is.
 *
 * @throws {LifecycleError} `nothing_to_drain` in Starting
 */
export async function drain(seat: Seat, options: WaitOptions = {}): Promise<DrainResult> {
  checkWait('drain', options);
  options.signal?.throwIfAborted();
  // Again, if another thread made it Ready between the two: a wait in Ready would prove nothing.
  while (!markDraining(seat)) {
    const phase = seat.core.phase();
    if (phase === STARTING) {
      throw new LifecycleError('nothing_to_drain', 'Cannot drain: the lifecycle is still starting');
    }
    if (phase !== READY) break;
  }
  const began = monotonicMs();
  const drained = await returned(seat, 'writesOut', options);
  const waitedMs = elapsedMs(began);
  const members = drained ? [] : writers(seat);
  const left = members.reduce((sum, { writes }) => sum + writes, 0);
  return { drained, waitedMs, left, members };
}

/**
 * Waits until nothing of a kind is in progress; false on time-out. The phase must be one that admits
 * no more of it, else it can come.
 */
export async function returned(
  { core, wakeups }: Seat,
  out: PermitCount,
  options: WaitOptions,
): Promise<boolean> {
  return (await wakeups.until(() => core[out]() === 0, options)) === true;
}

function writers(seat: Seat): { member: number; writes: number }[] {
  const members: { member: number; writes: number }[] = [];
  for (let member = 0; member < seat.core.membersUsed(); member++) {
    const writes = seat.core.writesOf(member);
    if (writes > 0) members.push({ member, writes });
  }
  return members;
}
