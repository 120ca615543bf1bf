/**
 * `wait --for draining` and `wait --for stopped`: waits until a process has reached that phase, or
 * is gone.
 *
 * @module
 */

import { elapsed } from '../../http/elapsed.ts';
import { elapsedMs, monotonicMs } from '../../lifecycle/clock.ts';
import { PHASE_NAMES } from '../../lifecycle/phase.ts';
import { isProbeAnswer, type ProbeAnswer, strange } from '../answers.ts';
import type { Call, End } from '../arguments.ts';
import { ask } from '../ask.ts';
import { CommandError, Exit, type Outcome } from '../exit.ts';
import { PROBES } from '../target.ts';
import type { Terminal } from '../terminal.ts';

/** Between two looks: a process may be Stopped for a moment only. */
const LOOK_MS = 100;
/** One look that hangs must not be the last. */
const LOOK_TIMEOUT_MS = 2_000;

/**
 * Looks at the startup probe, whose answer has the phase and counts for no load balancer. A process has
 * gone if nobody listens on its port, or a younger one answers: a script that waits after `shutdown` may
 * be too late to see it.
 *
 * @throws {CommandError} `TimedOut`, with what was last seen
 */
export async function waitForEnd(call: Call, end: End, terminal: Terminal): Promise<Outcome> {
  const began = monotonicMs();
  let seen: ProbeAnswer | undefined;
  let why = 'it was not looked at';
  const reached = (what: string, phase: string): Outcome => ({
    exit: Exit.Ok,
    text: `${what}, after ${elapsed(elapsedMs(began))}`,
    json: { ok: true, phase },
  });
  while (true) {
    const left = Math.max(0, call.timeoutMs - elapsedMs(began));
    try {
      const now = await look(call, Math.max(1, Math.min(LOOK_TIMEOUT_MS, left)));
      if (isAtOrPast(now, end)) return reached(now.phase, now.phase);
      if (seen !== undefined && isYounger(now, seen)) {
        return reached('gone, and another process has its place', 'gone');
      }
      seen = now;
      why = `it is ${now.phase}`;
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      if (error.isRefused) return reached('gone, nobody listens there', 'gone');
      // The last look is cut short: what the one before it saw says more.
      if (error.exit !== Exit.TimedOut || left >= LOOK_TIMEOUT_MS) why = error.message;
    }
    const passed = elapsedMs(began);
    const all = elapsed(call.timeoutMs);
    if (passed >= call.timeoutMs) {
      throw new CommandError(Exit.TimedOut, `${end} was not reached in ${all}: ${why}`);
    }
    terminal.progress(`Waiting for ${end}`, why, `${elapsed(passed)} of ${all}`);
    await new Promise((resolve) => setTimeout(resolve, Math.min(LOOK_MS, call.timeoutMs - passed)));
  }
}

async function look({ target }: Call, timeoutMs: number): Promise<ProbeAnswer> {
  const url = target.base + PROBES.startup;
  const answer = await ask({ url, timeoutMs });
  const { status, body } = answer;
  if (isProbeAnswer(body) && (status === 200 || status === 503)) return body;
  throw new CommandError(Exit.Unreachable, strange(url, answer));
}

function isAtOrPast({ phase }: ProbeAnswer, end: End): boolean {
  return PHASE_NAMES.indexOf(phase) >= PHASE_NAMES.indexOf(end);
}

/** Ages only grow, but for that of the next process. */
function isYounger(now: ProbeAnswer, before: ProbeAnswer): boolean {
  return (now.since_secs ?? 0) < (before.since_secs ?? 0);
}
