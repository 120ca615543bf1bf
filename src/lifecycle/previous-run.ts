/**
 * How the run of this service before this one ended, as an adapter has found it out. It reads and
 * writes nothing itself: where a record is kept, and by what, is the adapter's business.
 *
 * @module
 */

import type { PhaseName } from './phase.ts';
import type { StepStatus } from './report.ts';

/** How a run ended. */
export type RunOutcome =
  /** It reached Stopped, all went well, and the exit code was 0. */
  | 'clean'
  /** It reached Stopped, but a step failed, the drain timed out, or the exit code was not 0. */
  | 'failed'
  /** An uncaught error ended it. */
  | 'crashed'
  /** The process ended itself before it was Stopped: `process.exit()`, or nothing left to do. */
  | 'exited'
  /** The probe thread killed it, because its time was up. */
  | 'out_of_budget'
  /** It was gone from one moment to the next: SIGKILL, the out-of-memory killer, a power cut. */
  | 'killed'
  /** It had not ended when this one started. */
  | 'running';

/** How the previous run ended. Times are wall-clock milliseconds, as that run saw them. */
export interface PreviousRun {
  /** How it ended. */
  readonly outcome: RunOutcome;
  /** Its process. */
  readonly pid: number;
  /** When its lifecycle was created. */
  readonly startedAtMs: number;
  /** `null` if it never became Ready. */
  readonly readyAtMs: number | null;
  /** When a shutdown was accepted; `null` if none was. */
  readonly acceptedAtMs: number | null;
  /** When it ended; `null` where nothing was left to note that: `killed`, `running`. */
  readonly endedAtMs: number | null;
  /** When the record was written to for the last time: it ended then or later. */
  readonly lastSeenAtMs: number;
  /** What asked for the shutdown; `null` if nobody did, or said. */
  readonly trigger: string | null;
  /** The last phase that was recorded. */
  readonly phase: PhaseName;
  /** The step in which it ended; or else the first that failed; or else the last one. */
  readonly step: string | null;
  /** How that step ended; `running` if it had not. */
  readonly stepStatus: StepStatus | 'running' | null;
  /** `null` if the process did not end itself. */
  readonly exitCode: number | null;
  /** The first line of the first uncaught error. */
  readonly error: string | null;
}

const found: WeakMap<object, PreviousRun> = new WeakMap();

/** Says what the previous run of a lifecycle's service was. */
export function keepPreviousRun(lifecycle: object, run: PreviousRun): void {
  found.set(lifecycle, Object.freeze({ ...run }));
}

/** What was said; else `null`. */
export function previousRunOf(lifecycle: object): PreviousRun | null {
  return found.get(lifecycle) ?? null;
}
