/**
 * The shutdown as lines for a terminal: what asked for it, how it went, and each step.
 *
 * @module
 */

import { courseOf, deadlineOf } from '../http/course.ts';
import { elapsed } from '../http/elapsed.ts';
import type { ReportOnWire, ShutdownOnWire, Status, StepOnWire } from '../http/status.ts';
import { plain } from './plain.ts';
import type { Colour, Terminal } from './terminal.ts';

const COLOURS: Readonly<Record<StepOnWire['status'], Colour>> = {
  ok: 'good',
  failed: 'bad',
  timed_out: 'bad',
  skipped: 'between',
};

/** `trigger http, drained, 1.2 s`, with what is out of the ordinary. */
export function summary(report: ReportOnWire): string {
  return [
    report.trigger === null ? 'no trigger' : `trigger ${plain(report.trigger)}`,
    report.drained ? 'drained' : 'not drained',
    ...(report.failed ? ['failed'] : []),
    ...(report.taken_over ? ['taken over from a thread that died'] : []),
    elapsed(report.duration_ms),
  ].join(', ');
}

/** The steps that run, since when, and those that are to come. */
export function waitingLines(status: Status, terminal: Terminal): string[] {
  const waiting = courseOf(status).filter(
    ({ state }) => state === 'running' || state === 'pending' || state === 'waiting',
  );
  const width = Math.max(0, ...waiting.map(({ name }) => plain(name).length));
  return waiting.map(({ name, state, ms }) => {
    const [colour, said] =
      state === 'pending' ? (['faint', 'to come'] as const) : (['between', state] as const);
    const time = ms === null ? '' : `  ${elapsed(ms).padStart(9)}`;
    return `  ${terminal.paint(colour, said.padEnd(9))}  ${plain(name).padEnd(width)}${time}`.trimEnd();
  });
}

/** The budget as a bar, where it is known. */
export function deadlineLine(status: Status, terminal: Terminal): string[] {
  const deadline = deadlineOf(status);
  if (deadline === null || deadline.budgetMs === null) return [];
  const { leftMs, budgetMs, used } = deadline;
  const words =
    leftMs < 0
      ? `${elapsed(-leftMs)} past the deadline`
      : `${elapsed(leftMs)} of ${elapsed(budgetMs)} left`;
  const width = Math.max(8, Math.min(40, terminal.columns - words.length - 6));
  const full = Math.min(width, Math.max(used > 0 ? 1 : 0, Math.round(used * width)));
  const colour = leftMs < 0 ? 'bad' : used > 0.75 ? 'between' : 'good';
  const bar = `${terminal.paint(colour, '█'.repeat(full))}${terminal.paint('faint', '·'.repeat(width - full))}`;
  return [`  ${bar}  ${words}`];
}

/** `1 write, 2 queries`. */
export function counts({ writes, queries }: Status['in_flight']): string {
  return `${writes} ${writes === 1 ? 'write' : 'writes'}, ${queries} ${queries === 1 ? 'query' : 'queries'}`;
}

/** `trigger SIGTERM, 12 s left`, of a shutdown in progress. */
export function progress({ trigger, left_ms }: ShutdownOnWire): string {
  const asked = trigger === null ? 'no trigger' : `trigger ${plain(trigger)}`;
  if (left_ms === null) return `${asked}, the application runs it`;
  return left_ms < 0
    ? `${asked}, ${elapsed(-left_ms)} over its budget`
    : `${asked}, ${elapsed(left_ms)} left`;
}

/** A line a step, and one more below it for its error, which may be as long as the line. */
export function stepLines(steps: readonly StepOnWire[], terminal: Terminal): string[] {
  const width = Math.max(0, ...steps.map(({ name }) => plain(name).length));
  return steps.flatMap(({ name, status, duration_ms, error }) => {
    const said = terminal.paint(COLOURS[status], status.padEnd(9));
    const time = elapsed(duration_ms).padStart(9);
    const line = `  ${said}  ${plain(name).padEnd(width)}  ${time}`;
    return error === undefined ? [line] : [line, `             ${plain(error)}`];
  });
}
