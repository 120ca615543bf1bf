/**
 * The flush pipeline: its steps and its budget, checked, and how one step is run against the
 * clock. Who runs it, and when, is `shutdown.ts`.
 *
 * @module
 */

import { monotonicMs } from './clock.ts';
import { LifecycleError, shown } from './errors.ts';
import { isStepName, STEPS_MAX, type StepReport } from './report.ts';

/** One step. It may be run again by an heir if its host died, so it must be idempotent. */
export interface PipelineStep {
  /**
   * 1 to 32 UTF-8 bytes, unique. `flush_wal`, `final_checkpoint` and `backup` set the booleans of
   * the report.
   */
  readonly name: string;
  /** Does the work. The signal aborts when the step's time is up; what comes later is ignored. */
  readonly run: (context: { readonly signal: AbortSignal }) => unknown;
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
  /** Ends the pre-drain once this many readiness probes have seen the failure. */
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
/** Longest delay of a timer (ECMAScript hosts keep it in 31 bits). */
const TIMER_MAX_MS = 2 ** 31 - 1;

/**
 * Checks what an application asks for, and copies it.
 *
 * @throws {LifecycleError} `invalid_argument`
 */
export function checkPipeline(options: PipelineOptions): Pipeline {
  if (typeof options !== 'object' || options === null || !Array.isArray(options.steps)) {
    throw invalid('steps is not an array');
  }
  if (options.steps.length > STEPS_MAX) throw invalid(`it has more than ${STEPS_MAX} steps`);
  const names = new Set<string>();
  const steps = options.steps.map((step: PipelineStep) => {
    if (typeof step !== 'object' || step === null) throw invalid(`a step is ${shown(step)}`);
    const { name, run, timeoutMs } = step;
    if (!isStepName(name)) throw invalid(`a step's name is ${shown(name)}`);
    if (names.has(name)) throw invalid(`two steps have the name ${name}`);
    if (typeof run !== 'function') throw invalid(`run of ${name} is ${shown(run)}`);
    names.add(name);
    // Bound, because a step may be an object with a method.
    return { name, run: run.bind(step), timeoutMs: duration(`timeoutMs of ${name}`, timeoutMs) };
  });
  const { preDrainProbes } = options;
  if (preDrainProbes !== undefined && !(Number.isInteger(preDrainProbes) && preDrainProbes > 0)) {
    throw invalid(`preDrainProbes is ${shown(preDrainProbes)}, not an integer above 0`);
  }
  return {
    steps,
    budgetMs: duration('budgetMs', options.budgetMs) ?? BUDGET_MS,
    preDrainMs: duration('preDrainMs', options.preDrainMs) ?? 0,
    preDrainProbes,
    drainTimeoutMs: duration('drainTimeoutMs', options.drainTimeoutMs),
  };
}

/** What a thread runs that was asked to shut down while there is no pipeline. */
export const EMPTY_PIPELINE: Pipeline = Object.freeze({
  steps: [],
  budgetMs: BUDGET_MS,
  preDrainMs: 0,
  preDrainProbes: undefined,
  drainTimeoutMs: undefined,
});

/**
 * Runs one step for at most min(`timeoutMs`, `leftMs`). Never throws and never hangs: a step that
 * ignores its signal is left to itself when its time is up.
 */
export async function runStep(step: PipelineStep, leftMs: number): Promise<StepReport> {
  const { name } = step;
  const limitMs = Math.min(step.timeoutMs ?? Number.POSITIVE_INFINITY, leftMs);
  if (limitMs <= 0) {
    return { name, status: 'timed_out', durationMs: 0, error: 'no time was left' };
  }
  const began = monotonicMs();
  const elapsed = (): number => Math.max(0, Math.round(monotonicMs() - began));
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timedOut = new Promise<StepReport>((resolve) => {
    timer = setTimeout(() => {
      const error = `timed out after ${Math.round(limitMs)} ms`;
      resolve({ name, status: 'timed_out', durationMs: elapsed(), error });
      controller.abort(new DOMException(`${name} ${error}`, 'TimeoutError'));
    }, Math.ceil(limitMs));
  });
  const ended = (async (): Promise<StepReport> => {
    try {
      await step.run({ signal: controller.signal });
      return { name, status: 'ok', durationMs: elapsed() };
    } catch (thrown) {
      return { name, status: 'failed', durationMs: elapsed(), error: messageOf(thrown) };
    }
  })();
  try {
    return await Promise.race([ended, timedOut]);
  } finally {
    clearTimeout(timer);
  }
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
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !(value >= 0 && value <= TIMER_MAX_MS)) {
    throw invalid(`${name} is ${shown(value)}, not milliseconds in 0 … 2^31-1`);
  }
  return value;
}

function invalid(what: string): LifecycleError {
  return new LifecycleError('invalid_argument', `Cannot install the pipeline: ${what}`);
}
