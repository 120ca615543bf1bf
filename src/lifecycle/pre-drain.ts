/**
 * The pre-drain: the time between acceptance and Draining in which load balancers learn that this
 * process is leaving, while it still serves. It moves nothing.
 *
 * @module
 */

import { SHUTTING_DOWN, STARTING } from '../../assembly/layout.ts';
import { sinceAcceptanceMs } from './acceptance.ts';
import { monotonicMs } from './clock.ts';
import type { Pipeline } from './pipeline.ts';
import type { Seat } from './seat.ts';

/**
 * From the answer to the last probe that is waited for to Draining: for a load balancer to read it,
 * and for what it had sent until then to arrive, on a machine that is busy.
 */
const PROBE_SETTLE_MS = 100;

/**
 * Of the budget, what a pre-drain leaves for what comes behind it: one as long as the budget would take the
 * time of every step.
 */
const RESERVE = 0.2;
/** It is waited in slices, to notice that the loop was held up. */
const SLICE_MS = 50;

/** See `Lifecycle.noteReadinessProbe`. */
export function noteReadinessProbe({ core, wakeups }: Seat): void {
  core.noteProbe();
  wakeups.wake();
}

/** See `Lifecycle.endPreDrain`. */
export function endPreDrain({ core, wakeups }: Seat): void {
  core.endPreDrain();
  wakeups.wake();
}

/**
 * Until load balancers have left: a fixed time, or enough probes that saw us leaving. A probe is
 * counted when its answer is made. Until it is read and acted upon, requests are still sent here,
 * and they are admitted: hence the settling.
 *
 * Time in which this loop did not turn (a container out of its CPU quota, a machine that was
 * suspended) is not time in which a prober could be answered, so of a long slice only a part counts; the
 * budget goes on.
 */
export async function preDrain(
  seat: Seat,
  { budgetMs, preDrainMs, preDrainProbes = Infinity }: Pipeline,
  isSuccessor: boolean,
  leftMs: () => number,
): Promise<void> {
  const { core, wakeups } = seat;
  // A process that never was Ready has no load balancer to tell.
  if (core.phase() === STARTING) return;
  // A successor goes on where the first host was. A first host begins here: between the acceptance and
  // this line its loop may have been held up, and no prober was answered in that time.
  let passedMs = isSuccessor ? sinceAcceptanceMs(seat) : 0;
  // The application goes on by itself, or somebody ended it by hand.
  const isOff = (): boolean => core.isPreDrainEnded() === 1 || core.phase() >= SHUTTING_DOWN;
  const wait = async (isOver: () => boolean, ms: number): Promise<void> => {
    let restMs = Math.min(preDrainMs - passedMs, ms);
    const spareMs = (): number => leftMs() - budgetMs * RESERVE;
    while (restMs > 0 && spareMs() > 0) {
      const beganMs = monotonicMs();
      const timeoutMs = Math.min(restMs, spareMs(), SLICE_MS);
      const ended = await wakeups.until(() => isOff() || isOver(), { timeoutMs });
      const sliceMs = Math.min(monotonicMs() - beganMs, 2 * SLICE_MS);
      passedMs += sliceMs;
      restMs -= sliceMs;
      if (ended === true) return;
    }
  };
  await wait(() => core.probesSeen() >= preDrainProbes, Infinity);
  await wait(() => false, PROBE_SETTLE_MS);
}
