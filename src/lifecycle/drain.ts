/**
 * Drain: refuse writes from now on, and wait for those under way. It does not stop anything.
 *
 * @module
 */

import { monotonicMs } from './clock.ts';
import { LifecycleError, shown } from './errors.ts';
import { Phase } from './phase.ts';
import type { Seat } from './seat.ts';
import type { WaitOptions } from './wakeups.ts';

/** How a drain ended. */
export interface DrainResult {
  /** No write permit is out, and none will be. */
  drained: boolean;
  /** Integer milliseconds. */
  waitedMs: number;
  /** Write permits still out when the time was up. */
  left: number;
  /** The members that have them. */
  members: { member: number; writes: number }[];
}

/**
 * Begins the drain if nobody has, and waits until no write permit is out.
 *
 * @throws {LifecycleError} `nothing_to_drain` in Starting
 */
export async function drain(
  seat: Seat,
  markDraining: () => boolean,
  options: WaitOptions = {},
): Promise<DrainResult> {
  checkWait(options);
  // Again, if another thread made it Ready between the two: a wait in Ready would prove nothing.
  while (!markDraining()) {
    const phase = seat.core.phase();
    if (phase === Phase.Starting) {
      throw new LifecycleError('nothing_to_drain', 'Cannot drain: the lifecycle is still starting');
    }
    if (phase !== Phase.Ready) break;
  }
  return writesReturned(seat, options);
}

/** Waits until no write permit is out. The phase must be past Ready, else more can come. */
export async function writesReturned(seat: Seat, options: WaitOptions): Promise<DrainResult> {
  const began = monotonicMs();
  const none = (): true | undefined => (seat.core.writesOut() === 0 ? true : undefined);
  const drained = (await seat.wakeups.until(none, options)) === true;
  const waitedMs = Math.max(0, Math.round(monotonicMs() - began));
  const members = drained ? [] : writers(seat);
  const left = members.reduce((sum, { writes }) => sum + writes, 0);
  return { drained, waitedMs, left, members };
}

/** Waits until no query permit is out; false on time-out. */
export async function queriesReturned(seat: Seat, options: WaitOptions): Promise<boolean> {
  const none = (): true | undefined => (seat.core.queriesOut() === 0 ? true : undefined);
  return (await seat.wakeups.until(none, options)) === true;
}

/** @throws {LifecycleError} `invalid_argument` */
export function checkWait({ timeoutMs, signal }: WaitOptions): void {
  if (timeoutMs !== undefined && !(typeof timeoutMs === 'number' && timeoutMs >= 0)) {
    throw new LifecycleError('invalid_argument', `Cannot wait for ${shown(timeoutMs)} ms`);
  }
  if (signal !== undefined && typeof signal.addEventListener !== 'function') {
    throw new LifecycleError('invalid_argument', 'Cannot wait: signal is not an AbortSignal');
  }
}

function writers(seat: Seat): { member: number; writes: number }[] {
  const members: { member: number; writes: number }[] = [];
  for (let member = 0; member < seat.core.membersUsed(); member++) {
    const writes = seat.core.writesOf(member);
    if (writes > 0) members.push({ member, writes });
  }
  return members;
}
