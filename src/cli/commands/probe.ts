/**
 * `probe` shows what one probe answers; `wait` asks again until the answer is yes.
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
  let why: string | undefined;
  while (true) {
    const left = Math.max(0, call.timeoutMs - elapsedMs(began));
    if (why !== undefined && left === 0) {
      throw new CommandError(Exit.TimedOut, `${call.probe} was not reached in ${all}: ${why}`);
    }
    const seen = await lookOrError(call, Math.min(LOOK_TIMEOUT_MS, left));
    const passed = elapsed(elapsedMs(began));
    if (seen.exit === Exit.Ok) return { ...seen, text: `${seen.text}, after ${passed}` };
    // The last look is cut short: what the one before it saw says more.
    const isCut = seen.exit === Exit.TimedOut && left < LOOK_TIMEOUT_MS;
    why = isCut && why !== undefined ? why : seen.text;
    terminal.progress(`Waiting for ${call.probe}`, why, `${passed} of ${all}`);
    const pauseMs = Math.min(LOOK_MS, Math.max(0, call.timeoutMs - elapsedMs(began)));
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

async function lookOrError(call: Call, timeoutMs: number): Promise<Outcome> {
  try {
    return await look(call, timeoutMs);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { exit: error.exit, text: error.message, json: undefined };
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
