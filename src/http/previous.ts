/**
 * How the run before this one ended, in a line. The page and the command line say the same.
 *
 * @module
 */

import { elapsed } from './elapsed.ts';
import type { PreviousRunOnWire, Status } from './status.ts';
import { worded } from './verdict.ts';

/** One line, parts of which are the application's own texts; `null` where nothing is known. */
export function previousRun({ previous_run: run, at_ms }: Status): string | null {
  if (run === null) return null;
  const ended = run.ended_at_ms ?? run.last_seen_at_ms;
  // A clock that was set back since says nothing.
  const ago = ended > 0 && ended <= at_ms ? `${elapsed(at_ms - ended)} ago` : undefined;
  const seen = run.ended_at_ms === null ? `last seen ${ago ?? 'at an unknown time'}` : ago;
  return [endOf(run), seen].filter((part) => part !== undefined).join(', ');
}

/** True if it ended as it should have. */
export function wasClean({ previous_run: run }: Status): boolean {
  return run?.outcome === 'clean';
}

function endOf(run: PreviousRunOnWire): string {
  const { outcome, phase, step, step_status, trigger, exit_code, error } = run;
  const asked = trigger === null ? '' : `, asked by ${trigger}`;
  const at = step === null ? `while ${worded(phase)}` : `in step ${step}`;
  const faulty = step_status === 'failed' || step_status === 'timed_out';
  switch (outcome) {
    case 'clean':
      return `ended cleanly${asked}`;
    case 'failed': {
      const why = step !== null && faulty ? `step ${step} ${worded(step_status)}` : undefined;
      const code = exit_code === null ? '' : ` with exit code ${exit_code}`;
      return `stopped${code}, but not all went well${why === undefined ? '' : `: ${why}`}${asked}`;
    }
    case 'crashed':
      return `crashed ${at}${error === null ? '' : `: ${error}`}`;
    case 'exited':
      return `exited ${at}${exit_code === null ? '' : `, with exit code ${exit_code}`}`;
    case 'out_of_budget':
      return `killed at the end of its budget, ${at}${asked}`;
    case 'killed':
      return `killed ${at}`;
    case 'running':
      return `still ${worded(phase)} when this one started`;
  }
}
