/**
 * The end of a shutdown that an application runs by itself: its report, and the move to Stopped. A
 * shutdown that runs a pipeline ends in `run.ts`.
 *
 * @module
 */

import { CLAIM_FINISHER, STOPPED } from '../../assembly/layout.ts';
import { LifecycleError } from './errors.ts';
import { moved } from './moves.ts';
import { putEnded, putHead } from './records.ts';
import { checkReport, type ShutdownReportInput } from './report.ts';
import { reaped, type Seat } from './seat.ts';

/** How often a finisher looks again while every report slot is being filled by others. */
const CLAIM_TRIES = 10_000_000;

/**
 * Writes the report where only this thread writes, and moves to Stopped with it in one step.
 *
 * @returns true if this call made the move, false if another had
 * @throws {LifecycleError} `invalid_argument` if the report is invalid, `reaped`, `reports_busy`
 */
export function finish(seat: Seat, report: ShutdownReportInput): boolean {
  const checked = checkReport(report);
  const { core } = seat;
  const { number, incarnation } = seat.member;
  const now = seat.closingTime();
  seat.mustLive();
  // A slot is free unless as many other threads finish at this very moment as there are slots.
  for (let tries = 0; tries < CLAIM_TRIES; tries++) {
    if (core.phase() === STOPPED) return moved(seat, 0);
    const slot = core.claimReport(number, incarnation, CLAIM_FINISHER);
    if (slot < 0) continue;
    checked.steps.forEach((step, index) => {
      putEnded(seat, slot, index, index + 1, { step, endMs: null });
    });
    putHead(seat, slot, checked);
    const made = core.finishShutdown(now, slot, number, incarnation, CLAIM_FINISHER);
    if (made < 0) throw reaped();
    return moved(seat, made);
  }
  throw new LifecycleError('reports_busy', 'Cannot finish: all report slots are being filled');
}
