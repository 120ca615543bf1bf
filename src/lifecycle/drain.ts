/**
 * Drain: refuse writes from now on, and wait for those under way. It does not stop anything.
 *
 * @module
 */

import { check, isObject, isWithin } from './check.ts';
import { elapsedMs, monotonicMs } from './clock.ts';
import { LifecycleError } from './errors.ts';
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
      throw new LifecycleError('nothing_to_drain', 'Cannot drain: it is still starting');
    }
    if (phase !== Phase.Ready) break;
  }
  const began = monotonicMs();
  const drained = await returned(seat, 'writesOut', options);
  const waitedMs = elapsedMs(began);
  const members = drained ? [] : writers(seat);
  const left = members.reduce((sum, { writes }) => sum + writes, 0);
  return { drained, waitedMs, left, members };
}

/**
 * Waits until no permit of a kind is out; false on time-out. The phase must be one that admits no
 * more of them, else they can come.
 */
export async function returned(
  { core, wakeups }: Seat,
  out: 'writesOut' | 'queriesOut',
  options: WaitOptions,
): Promise<boolean> {
  return (await wakeups.until(() => core[out]() === 0, options)) === true;
}

/** @throws {LifecycleError} `invalid_argument` */
export function checkWait(options: WaitOptions): void {
  check(isObject(options), 'the options', options);
  const { timeoutMs, signal } = options;
  const isTime = timeoutMs === undefined || isWithin(timeoutMs, 0, Number.POSITIVE_INFINITY);
  check(isTime, 'timeoutMs', timeoutMs);
  // By its youngest method: a page's frame has an `AbortSignal` of its own.
  const isSignal = signal === undefined || typeof signal?.throwIfAborted === 'function';
  check(isSignal, 'signal', signal);
}

function writers(seat: Seat): { member: number; writes: number }[] {
  const members: { member: number; writes: number }[] = [];
  for (let member = 0; member < seat.core.membersUsed(); member++) {
    const writes = seat.core.writesOf(member);
    if (writes > 0) members.push({ member, writes });
  }
  return members;
}
