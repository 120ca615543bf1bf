/**
 * What a listener of `onShutdown` hears: the course of a shutdown, on the thread that hosts it.
 *
 * @module
 */

import type { ShutdownReport, StepStatus } from './report.ts';

/** One event of a shutdown. */
export type ShutdownEvent =
  /** Somebody asked for it. */
  | { readonly type: 'accepted'; readonly trigger: string | null }
  /** The pre-drain is over: writes are refused from now on. */
  | { readonly type: 'draining' }
  /** What was in progress has ended, or was waited for long enough: `left` permits are still held. */
  | { readonly type: 'drained'; readonly left: number }
  | { readonly type: 'step_started'; readonly step: string }
  | {
      readonly type: 'step_ended';
      readonly step: string;
      readonly status: StepStatus;
      /** Integer milliseconds. */
      readonly durationMs: number;
      /** What the step threw, uncut; for a time-out, a `TimeoutError`. */
      readonly error?: unknown;
    }
  /** It is over. */
  | { readonly type: 'stopped'; readonly report: ShutdownReport };

/** Hears the events of a shutdown, in order. */
export type ShutdownListener = (event: ShutdownEvent) => unknown;
