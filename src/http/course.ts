/**
 * The course of a shutdown: what was waited for and which steps ran, from where to where, as parts of
 * one line, and how much of the budget is used. The page and the terminal draw it, each in its own way.
 *
 * @module
 */

import type { Status, StepOnWire } from './status.ts';

/** One row: a wait, or a step. */
export interface Leg {
  readonly name: string;
  /** `done` and `waiting` are of waits, the others of steps. */
  readonly state: StepOnWire['status'] | 'running' | 'pending' | 'done' | 'waiting';
  /** So far, if it is not over; `null` if there is nothing to show. */
  readonly ms: number | null;
  readonly error?: string | undefined;
  /** Where it begins and ends, 0 … 1 of the whole; both 0 where nothing can be drawn. */
  readonly from: number;
  readonly to: number;
}

/** The budget of a shutdown in progress. */
export interface Deadline {
  readonly leftMs: number;
  /** All of it; `null` where the acceptance has no time. */
  readonly budgetMs: number | null;
  /** What is used of it, 0 … 1. */
  readonly used: number;
}

/** A leg before it is known how long the line is; times in milliseconds after the acceptance. */
type Span = Omit<Leg, 'from' | 'to'> & { readonly start: number | null; readonly end: number };

/** The legs in the order of starting; those to come are last. Empty while nobody has asked. */
export function courseOf(status: Status): Leg[] {
  const now = passedMs(status);
  const spans = [...waits(status, now), ...steps(status, now)];
  const whole = Math.max(1, now ?? 0, ...spans.map(({ end }) => end));
  return spans.map(({ start, end, ...leg }) =>
    start === null ? { ...leg, from: 0, to: 0 } : { ...leg, from: start / whole, to: end / whole },
  );
}

/** What is left until the budget is over; `null` while no budget is in force. */
export function deadlineOf(status: Status): Deadline | null {
  const { shutdown } = status;
  if (shutdown === null || shutdown.left_ms === null) return null;
  const passed = passedMs(status);
  const leftMs = shutdown.left_ms;
  if (passed === null) return { leftMs, budgetMs: null, used: leftMs > 0 ? 0 : 1 };
  // Two clocks, each rounded: a budget is a rounder number than their sum.
  const budgetMs = Math.max(1, Math.round((passed + leftMs) / 100) * 100);
  return { leftMs, budgetMs, used: Math.min(1, Math.max(0, passed / budgetMs)) };
}

/** Since the acceptance, or from there to the end; `null` where one of the two has no time. */
function passedMs({ accepted_at_ms: accepted, at_ms, stopped_at_ms }: Status): number | null {
  return accepted === null ? null : Math.max(0, (stopped_at_ms ?? at_ms) - accepted);
}

/** Until load balancers have left, and until what was in flight has ended. */
function waits(status: Status, now: number | null): Span[] {
  const accepted = status.accepted_at_ms;
  if (accepted === null || now === null) return [];
  const after = (at: number | null): number | null =>
    at === null ? null : Math.max(0, at - accepted);
  const drain = after(status.draining_at_ms);
  const close = after(status.shutting_down_at_ms ?? status.stopped_at_ms);
  const wait = (
    name: string,
    start: number,
    end: number | null,
    state: Leg['state'] = 'done',
  ): Span => ({
    name,
    state: end === null ? 'waiting' : state,
    ms: Math.max(0, (end ?? now) - start),
    start,
    end: Math.max(start, end ?? now),
  });
  // A drain that somebody asked for long before belongs to it from the acceptance on.
  const began = drain ?? close;
  const hasDrain = status.draining_at_ms !== null;
  const end = status.report?.drained === false ? 'timed_out' : 'done';
  return [
    wait('load balancers leave', 0, began),
    ...(hasDrain ? [wait('requests finish', began ?? 0, close, end)] : []),
  ].filter(({ state, ms }) => state === 'waiting' || (ms ?? 0) > 0);
}

function steps(status: Status, now: number | null): Span[] {
  const { running = [], pending = [] } = status.shutdown ?? {};
  const ended = status.steps.map(({ name, status: state, duration_ms: ms, error }, index): Span => {
    const end = status.step_ends_ms[index] ?? null;
    const start = end === null ? null : Math.max(0, end - ms);
    return { name, state, ms, error, start, end: end ?? 0 };
  });
  return [
    ...ended,
    ...running.map((name, index): Span => {
      const start = status.running_since_ms[index] ?? null;
      const ms = start === null || now === null ? null : Math.max(0, now - start);
      return { name, state: 'running', ms, start, end: (start ?? 0) + (ms ?? 0) };
    }),
    ...pending.map((name): Span => ({ name, state: 'pending', ms: null, start: null, end: 0 })),
  ];
}
