/**
 * How one step is run against the clock. Which steps there are, and when each runs, is `schedule.ts`.
 *
 * @module
 */

import { added } from '../core/backends.ts';
import { elapsedMs, monotonicMs } from './clock.ts';
import { messageOf } from './errors.ts';
import type { StepReport, StepStatus } from './report.ts';
import type { Step } from './steps.ts';

/** How a step ended. */
export interface StepEnd {
  readonly step: StepReport;
  /** What it threw, or was aborted with; `undefined` if it ended ok. */
  readonly thrown?: unknown;
}

/** What a step returns that had nothing to do: it is recorded as skipped. */
export const SKIPPED: symbol = /* @__PURE__ */ Symbol();

/** A step that runs. */
export interface RunningStep {
  /** Never rejects. */
  readonly ended: Promise<StepEnd>;
  /** Ends it now, as timed out. */
  cut(): void;
}

/**
 * Runs a step for at most `limitMs`. It never hangs: a step that ignores its signal is left to itself
 * when its time is up.
 *
 * @param hint what the error of a time-out says besides
 */
export function runStep(
  step: Step,
  limitMs: number,
  ready: boolean,
  hint: () => string,
): RunningStep {
  const controller = new AbortController();
  added.allowListeners?.(controller.signal);
  const began = monotonicMs();
  let cut = (): void => {};
  const ended = new Promise<StepEnd>((resolve) => {
    const end = (status: StepStatus, error?: string, thrown?: unknown): void => {
      clearTimeout(timer);
      const report = { name: step.name, status, durationMs: elapsedMs(began) };
      resolve({ step: { ...report, ...(error !== undefined && { error }) }, thrown });
    };
    const timeOut = (error: string): void => {
      const reason = new DOMException(`${step.name} ${error}`, 'TimeoutError');
      end('timed_out', error, reason);
      controller.abort(reason);
    };
    // Whole milliseconds, for timers may be early by a part of one.
    const timer = setTimeout(
      () => timeOut(`timed out after ${Math.round(limitMs)} ms${hint()}`),
      Math.ceil(limitMs),
    );
    if (limitMs <= 0) {
      timeOut('no time was left');
      return;
    }
    cut = () => timeOut(`timed out after ${elapsedMs(began)} ms, at the end of the drain`);
    const run = async (): Promise<unknown> => step.run({ signal: controller.signal, ready });
    run().then(
      (result) => end(result === SKIPPED ? 'skipped' : 'ok'),
      (thrown: unknown) => end('failed', messageOf(thrown), thrown),
    );
  });
  return { ended, cut: () => cut() };
}
