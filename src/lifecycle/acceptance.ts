/**
 * Acceptance: the moment at which somebody asks for the shutdown, and from which its budget counts.
 * All three stamps (age, wall clock, budget) are set once, by whoever comes first.
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
  wakeups.poke();
}

/**
 * Stamps what has not been: now, and the budget of the present host. A thread that dies between its
 * acceptance and its stamps leaves them to the next one that looks.
 *
 * @returns the age at which it was accepted
 */
export function stamp(seat: Seat, budgetMs?: number): number {
  const { core } = seat;
  const stamped = core.stampAcceptedAge(0);
  if (stamped > 0 && core.stampBudget(0) > 0) return stamped - 1;
  // The age is in AGE before the stamp, so that no thread finds it to be in its future.
  const accepted = core.stampAcceptedAge(Math.floor(seat.age.now(0)) + 1) - 1;
  core.stampAcceptedAt(seat.closingTime());
  // Without a host, whoever becomes it says how long it may take.
  core.stampBudget(budgetMs === undefined ? core.hostBudget() : budgetMs + 1);
  return accepted;
}

/** What asked for the accepted shutdown; `null` if nobody said. */
export function readTrigger({ core, member, staging }: Seat): string | null {
  return staging.get(core.readTrigger(member.number));
}

/** Milliseconds since the acceptance; 0 while there is none. */
export function sinceAcceptanceMs(seat: Seat): number {
  const stamped = seat.core.stampAcceptedAge(0);
  return stamped === 0 ? 0 : Math.max(0, seat.age.now() - (stamped - 1));
}

/** What is left of the budget, negative when it is overspent; `null` while none is in force. */
export function leftMs(seat: Seat): number | null {
  const { core } = seat;
  // A shutdown that a dead owner left behind has stamps, but was never accepted.
  if (core.isAccepted() === 0 && core.stampAcceptedAge(0) === 0) return null;
  stamp(seat);
  const budget = core.stampBudget(0) || core.hostBudget() || BUDGET_MS + 1;
  return budget - 1 - sinceAcceptanceMs(seat);
}
