/**
 * Acceptance: the moment at which somebody asks for the shutdown, and from which its budget counts.
 * Its wall-clock time and its budget are stamped once, by the first caller.
 *
 * @module
 */

import { SHUTTING_DOWN, TRIGGER_BYTES } from '../../assembly/layout.ts';
import { BUDGET_MS } from './pipeline.ts';
import type { Seat } from './seat.ts';

/** Accepts a shutdown, unless one was accepted or it is too late for one. */
export function accept(seat: Seat, trigger: string | undefined): void {
  const { core, member, staging, wakeups } = seat;
  // From ShuttingDown on there is nothing to accept: the application runs it, or it is over.
  if (core.phase() >= SHUTTING_DOWN) return;
  if (core.isAccepted() === 0) {
    seat.mustLive();
    core.acceptShutdown(member.number, staging.put(trigger, TRIGGER_BYTES));
  }
  stamp(seat);
  wakeups.wake();
}

/**
 * Stamps what has not been: now, and the budget of the present host. A thread that dies between its
 * acceptance and its stamps leaves them to the next one that looks.
 */
export function stamp(seat: Seat, budgetMs?: number): void {
  const { core } = seat;
  if (core.sinceAcceptance(0, 0) > 0 && core.stampBudget(0) > 0) return;
  // The count begins, unless another thread's has.
  core.sinceAcceptance(1, 0);
  core.stampAcceptedAt(seat.closingTime());
  // Without a host, the member that becomes it says how long it may take.
  core.stampBudget(budgetMs === undefined ? core.hostBudget() : budgetMs + 1);
}

/** What asked for the accepted shutdown; `null` if nobody said. */
export function readTrigger({ core, member, staging }: Seat): string | null {
  return staging.get(core.readTrigger(member.number));
}

/**
 * Milliseconds since the acceptance; 0 while there is none. A thread counts from its first look, so
 * a thread that may have to go by it looks as soon as there is an acceptance.
 */
export function sinceAcceptanceMs(seat: Seat): number {
  return seat.core.sinceAcceptance(0, 0) === 0 ? 0 : seat.since.now() - 1;
}

/** What is left of the budget, negative when it is overspent; `null` while none is in force. */
export function leftMs(seat: Seat): number | null {
  const { core } = seat;
  // A shutdown that a dead owner left behind has stamps, but was never accepted.
  if (core.isAccepted() === 0 && core.sinceAcceptance(0, 0) === 0) return null;
  stamp(seat);
  return budgetMs(seat) - sinceAcceptanceMs(seat);
}

/** The budget in force, or without one that of the present host. */
export function budgetMs({ core }: Seat): number {
  return (core.stampBudget(0) || core.hostBudget() || BUDGET_MS + 1) - 1;
}
