/**
 * Waiting for a phase, asynchronously or blocking the thread. How a thread is woken is `wakeups.ts`.
 *
 * @module
 */

import { isWithin, must } from './check.ts';
import { isPhase, type Phase, phaseFromU8 } from './phase.ts';
import type { Seat } from './seat.ts';
import { checkWait, type WaitOptions } from './wakeups.ts';

const ACTION = 'wait';

/** See `Lifecycle.waitFor`. */
export async function waitFor(
  seat: Seat,
  phase: Phase,
  options: WaitOptions,
): Promise<Phase | null> {
  checkWait(ACTION, options);
  return (await seat.wakeups.until(reached(seat, phase), options)) ?? null;
}

/** See `Lifecycle.waitForSync`. */
export function waitForSync(seat: Seat, phase: Phase, timeoutMs: number): Phase | null {
  const isTime = isWithin(timeoutMs, 0, Infinity);
  must(isTime, ACTION, 'timeoutMs must be 0 or more', timeoutMs);
  return seat.blockUntil(reached(seat, phase), timeoutMs);
}

function reached({ core }: Seat, phase: Phase): () => Phase | false {
  must(isPhase(phase), ACTION, 'the phase must be a value of Phase', phase);
  return () => {
    const now = phaseFromU8(core.phase());
    return now >= phase && now;
  };
}
