/**
 * The shutdown as lines for a terminal: what asked for it, how it went, and each step.
 *
 * @module
 */

import { elapsed } from '../http/elapsed.ts';
import type { ReportOnWire, ShutdownOnWire, StepOnWire } from '../http/status.ts';
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

/** The steps that run, and those that are to come. */
export function waitingLines(shutdown: ShutdownOnWire, terminal: Terminal): string[] {
  const line = (what: string, name: string): string =>
    `  ${terminal.paint('between', what.padEnd(9))}  ${plain(name)}`;
  return [
    ...shutdown.running.map((name) => line('running', name)),
    ...shutdown.pending.map((name) => line('to come', name)),
  ];
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
