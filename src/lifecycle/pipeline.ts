/**
 * The flush pipeline: its steps and its budget, checked, and how one step is run against the
 * clock. Who runs it, and when, is `shutdown.ts`.
 *
 * @module
 */

import { check, isObject, isWhole, isWithin } from './check.ts';
import { elapsedMs, monotonicMs, TIMER_MAX_MS } from './clock.ts';
import type { Signal } from './platform.ts';
import { checkStepName, STEPS_MAX, type StepReport, type StepStatus } from './report.ts';

/** One step. It may be run again by an heir if its host died, so it must be idempotent. */
export interface PipelineStep {
  /**
   * 1 to 32 UTF-8 bytes, unique. `flush_wal`, `final_checkpoint` and `backup` set the booleans of
   * the report.
   */
  readonly name: string;
  /** Does the work. The signal aborts when the step's time is up; what comes later is ignored. */
  readonly run: (context: { readonly signal: Signal }) => unknown;
  /** Milliseconds this step may take, within what is left of the budget. */
  readonly timeoutMs?: number | undefined;
}

/** What `pipeline` takes. */
export interface PipelineOptions {
  readonly steps: readonly PipelineStep[];
  /** Milliseconds for all of the shutdown, from its acceptance to Stopped; default 25 000. */
  readonly budgetMs?: number | undefined;
  /** Milliseconds between acceptance and Draining, for load balancers to leave; default 0. */
  readonly preDrainMs?: number | undefined;
  /**
   * Ends the pre-drain once this many readiness probes have seen the failure, if that is sooner than
   * `preDrainMs`: without that time there is no pre-drain to end.
   */
  readonly preDrainProbes?: number | undefined;
  /** Milliseconds to wait for permits; default half of what is left of the budget by then. */
  readonly drainTimeoutMs?: number | undefined;
}

/** {@link PipelineOptions} after the check, defaults filled in. */
export interface Pipeline {
  readonly steps: readonly PipelineStep[];
  readonly budgetMs: number;
  readonly preDrainMs: number;
  readonly preDrainProbes: number | undefined;
  readonly drainTimeoutMs: number | undefined;
}

/** Below the 30 s that Kubernetes and systemd users usually leave between SIGTERM and SIGKILL. */
export const BUDGET_MS = 25_000;

/**
 * Checks what an application asks for, and copies it.
 *
 * @throws {LifecycleError} `invalid_argument`
 */
export function checkPipeline(options: PipelineOptions): Pipeline {
  check(isObject(options), 'the pipeline', options);
  const { steps, budgetMs, preDrainMs, preDrainProbes, drainTimeoutMs } = options;
  check(Array.isArray(steps) && steps.length <= STEPS_MAX, 'steps', steps);
  const names = new Set<string>();
  const copies = steps.map((step: PipelineStep) => {
    check(isObject(step), 'a step', step);
    const { run, timeoutMs } = step;
    const name = checkStepName(step.name);
    check(!names.has(name), 'two steps of one name', name);
    check(typeof run === 'function', 'run', run);
    names.add(name);
    // Bound, because a step may be an object with a method.
    return { name, run: run.bind(step), timeoutMs: duration('timeoutMs', timeoutMs) };
  });
  const isCount = preDrainProbes === undefined || isWhole(preDrainProbes, 1);
  check(isCount, 'preDrainProbes', preDrainProbes);
  return {
    steps: copies,
    budgetMs: duration('budgetMs', budgetMs) ?? BUDGET_MS,
    preDrainMs: duration('preDrainMs', preDrainMs) ?? 0,
    preDrainProbes,
    drainTimeoutMs: duration('drainTimeoutMs', drainTimeoutMs),
  };
}

/**
 * Runs one step for at most min(`timeoutMs`, `leftMs`). Never rejects and never hangs: a step that
 * ignores its signal is left to itself when its time is up.
 */
export function runStep(step: PipelineStep, leftMs: number): Promise<StepReport> {
  const limitMs = Math.min(step.timeoutMs ?? leftMs, leftMs);
  const controller = new AbortController();
  const began = monotonicMs();
  return new Promise((resolve) => {
    const end = (status: StepStatus, error?: string): void => {
      clearTimeout(timer);
      const durationMs = elapsedMs(began);
      resolve({ name: step.name, status, durationMs, ...(error !== undefined && { error }) });
    };
    const timer = setTimeout(() => {
      const error = `timed out after ${Math.round(limitMs)} ms`;
      end('timed_out', error);
      controller.abort(new DOMException(`${step.name} ${error}`, 'TimeoutError'));
    }, Math.ceil(limitMs));
    if (limitMs <= 0) {
      end('timed_out', 'no time was left');
      return;
    }
    const run = async (): Promise<unknown> => step.run({ signal: controller.signal });
    run().then(
      () => end('ok'),
      (thrown: unknown) => end('failed', messageOf(thrown)),
    );
  });
}

/** Anything can be thrown, including what cannot be turned into a string. */
function messageOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
  } catch {
    return 'an object without a string form';
  }
}

function duration(name: string, value: number | undefined): number | undefined {
  check(value === undefined || isWithin(value, 0, TIMER_MAX_MS), name, value);
  return value;
}
