/**
 * When an instance that was asked to end must be gone: by the grace period, and earlier by the budget
 * that it has told. It kills nothing.
 *
 * @module
 */

import type { LinkState } from '../runtime/parent/wire.ts';

/** What a process has told, and when. */
export interface Told {
  readonly state: LinkState;
  readonly atMs: number;
}

/** When it must be gone, and what is said if it is not. */
export interface Deadline {
  readonly atMs: number;
  readonly why: string;
}

/** A host that keeps to its budget has its report by then. The probe thread waits 75 ms less, and goes first. */
const LATE_MS = 225;
/** The same for the waits after Stopped, which have their own limit; a probe thread kills 1 s after it. */
const EXIT_LATE_MS = 1_250;

/**
 * The earlier of the two.
 *
 * @param askedAtMs when it was asked to end
 * @param graceMs how long it has in any case
 * @param told the last that each of its connections has told
 */
export function deadlineOf(askedAtMs: number, graceMs: number, told: readonly Told[]): Deadline {
  const limit = { atMs: askedAtMs + graceMs, why: `did not end within ${graceMs / 1_000} s` };
  const [latest] = [...told].sort((one, other) => other.atMs - one.atMs);
  if (latest === undefined) return limit;
  const own = ownDeadline(askedAtMs, latest);
  return own.atMs < limit.atMs ? own : limit;
}

function ownDeadline(askedAtMs: number, { state, atMs }: Told): Deadline {
  const { phase, budget_ms: budgetMs, left_ms: leftMs } = state;
  if (phase === 'stopped') {
    const why = 'shut down but did not exit';
    return { atMs: atMs + (leftMs ?? Number.POSITIVE_INFINITY) + EXIT_LATE_MS, why };
  }
  const why = `had not shut down when its budget of ${budgetMs / 1_000} s ran out`;
  // Not accepted yet: its loop is blocked, and the budget counts from when it was asked.
  const endMs = leftMs === null ? askedAtMs + budgetMs : atMs + leftMs;
  return { atMs: endMs + LATE_MS, why };
}
