/**
 * What a listener of `onShutdown` is called with: the events of a shutdown, on the thread that hosts it.
 *
 * @module
 */

import type { ShutdownReport, StepStatus } from './report.ts';

/** One event of a shutdown. */
export type ShutdownEvent =
  /** Somebody asked for it. */
  | { readonly type: 'accepted'; readonly trigger: string | null }
  /** The pre-drain has ended: writes are refused from now on. */
  | { readonly type: 'draining' }
  /** What was in progress has ended, or timed out: `left` permits are still held. */
  | { readonly type: 'drained'; readonly left: number }
  /** A step starts to run. */
  | { readonly type: 'step_started'; readonly step: string }
  /** A step has ended, in whatever way. */
  | {
      readonly type: 'step_ended';
      readonly step: string;
      readonly status: StepStatus;
      /** Integer milliseconds. */
      readonly durationMs: number;
      /** What the step threw, uncut; for a time-out, a `TimeoutError`. */
      readonly error?: unknown;
    }
  /** The phase is Stopped: nothing follows. */
  | { readonly type: 'stopped'; readonly report: ShutdownReport };

/** Is called with the events of a shutdown, in order. */
export type ShutdownListener = (event: ShutdownEvent) => unknown;
