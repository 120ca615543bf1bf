/**
 * `probe` and `wait`: what one probe says, and asking until it says yes.
 *
 * @module
 */

import { elapsed } from '../../http/elapsed.ts';
import { elapsedMs, monotonicMs } from '../../lifecycle/clock.ts';
import { isProbeAnswer, strange } from '../answers.ts';
import type { Call } from '../arguments.ts';
import { type Answer, ask } from '../ask.ts';
import { CommandError, Exit, type Outcome } from '../exit.ts';
import { plain } from '../plain.ts';
import { PROBES } from '../target.ts';
import type { Terminal } from '../terminal.ts';

/** Between two looks: soon enough for a script, and nothing to a service. */
const LOOK_MS = 200;
/** One look that hangs must not be the last. */
const LOOK_TIMEOUT_MS = 2_000;

/** `probe`: one look. */
export async function probe(call: Call): Promise<Outcome> {
  return look(call, call.timeoutMs);
}

/**
 * `wait`: looks until the probe says yes, whatever it says before: a service that comes up is
 * refused, hangs, and is answered for by a proxy, in turn; and one that goes may come again.
 *
 * @throws {CommandError} `TimedOut`, with what was last in the way
 */
export async function wait(call: Call, terminal: Terminal): Promise<Outcome> {
  const began = monotonicMs();
  const all = elapsed(call.timeoutMs);
  while (true) {
    const left = call.timeoutMs - elapsedMs(began);
    const seen = await lookOrWhy(call, Math.min(LOOK_TIMEOUT_MS, left));
    const passed = elapsedMs(began);
    if (typeof seen !== 'string' && seen.exit === Exit.Ok) {
      return { ...seen, text: `${seen.text}, after ${elapsed(passed)}` };
    }
    const why = typeof seen === 'string' ? seen : seen.text;
    if (call.timeoutMs - passed <= 0) {
      throw new CommandError(Exit.TimedOut, `${call.probe} was not reached in ${all}: ${why}`);
    }
    terminal.progress(`Waiting for ${call.probe}: ${why}`, `${elapsed(passed)} of ${all}`);
    await new Promise((resolve) => setTimeout(resolve, Math.min(LOOK_MS, call.timeoutMs - passed)));
  }
}

async function lookOrWhy(call: Call, timeoutMs: number): Promise<Outcome | string> {
  try {
    return await look(call, Math.max(1, timeoutMs));
  } catch (error) {
    if (error instanceof CommandError) return error.message;
    throw error;
  }
}

async function look({ target, probe }: Call, timeoutMs: number): Promise<Outcome> {
  const url = target.base + PROBES[probe];
  const answer = await ask({ url, timeoutMs });
  const { status, body } = answer;
  // 404 and 502 come from whoever else may answer there; a probe says 200 or 503.
  if (!isProbeAnswer(body) || (status !== 200 && status !== 503)) {
    throw new CommandError(Exit.Unreachable, strange(url, answer));
  }
  return outcomeOf(answer, body.phase, plain(body.reason ?? body.status));
}

function outcomeOf({ status, body }: Answer, phase: string, why: string): Outcome {
  const isOk = status === 200;
  const text = why === phase || isOk ? why : `${why} (${phase})`;
  return { exit: isOk ? Exit.Ok : Exit.Failed, text, json: body };
}
