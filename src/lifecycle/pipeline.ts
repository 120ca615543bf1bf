/**
 * The pipeline: what a host runs a shutdown with, its budget and times, checked. Its steps are
 * `steps.ts`; who runs it, and when, is `shutdown.ts`.
 *
 * @module
 */

import { isWhole, must } from './check.ts';
import { checkKeys } from './known-keys.ts';
import { checkSteps } from './report.ts';
import { duration, type PipelineStep } from './steps.ts';

/** What `pipeline` takes. */
export interface PipelineOptions {
  /** At most 32. Others may be added by `lifecycle.step()`, before or after. */
  readonly steps: readonly PipelineStep[];
  /**
   * Milliseconds for all of the shutdown, from its acceptance to Stopped: 0 to 2^31-1, default
   * 25 000.
   */
  readonly budgetMs?: number | undefined;
  /** Milliseconds between acceptance and Draining, for load balancers to leave; default 0. */
  readonly preDrainMs?: number | undefined;
  /**
   * Ends the pre-drain once this many readiness probes have seen the failure, if that is sooner than
   * `preDrainMs`: without that time there is no pre-drain to end. Only probes of those count that
   * asked in the minute before the acceptance, too.
   */
  readonly preDrainProbes?: number | undefined;
  /** Milliseconds to wait for permits; default half of what is left of the budget by then. */
  readonly drainTimeoutMs?: number | undefined;
}

/** {@link PipelineOptions} after the check, defaults filled in, without the steps. */
export interface Pipeline {
  readonly budgetMs: number;
  readonly preDrainMs: number;
  readonly preDrainProbes: number | undefined;
  readonly drainTimeoutMs: number | undefined;
}

/** Below the 30 s that Kubernetes and systemd users usually leave between SIGTERM and SIGKILL. */
export const BUDGET_MS = 25_000;

/** Of a thread without a pipeline of its own. */
export const DEFAULT_PIPELINE: Pipeline = Object.freeze({
  budgetMs: BUDGET_MS,
  preDrainMs: 0,
  preDrainProbes: undefined,
  drainTimeoutMs: undefined,
});

const ACTION = 'install the pipeline';

/**
 * Checks what an application asks for, but for the steps.
 *
 * @throws {LifecycleError} `invalid_argument`
 */
export function checkPipeline(options: PipelineOptions): Pipeline {
  const known = ['steps', 'budgetMs', 'preDrainMs', 'preDrainProbes', 'drainTimeoutMs'];
  checkKeys(ACTION, options, known);
  const { steps, budgetMs, preDrainMs, preDrainProbes, drainTimeoutMs } = options;
  checkSteps(ACTION, steps);
  const isCount = preDrainProbes === undefined || isWhole(preDrainProbes, 1);
  must(isCount, ACTION, 'preDrainProbes must be an integer of at least 1', preDrainProbes);
  return {
    budgetMs: duration(ACTION, 'budgetMs', budgetMs) ?? BUDGET_MS,
    preDrainMs: duration(ACTION, 'preDrainMs', preDrainMs) ?? 0,
    preDrainProbes,
    drainTimeoutMs: duration(ACTION, 'drainTimeoutMs', drainTimeoutMs),
  };
}
