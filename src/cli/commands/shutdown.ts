/**
 * `shutdown`: asks for the shutdown, or joins the one under way, and shows the report. While it
 * waits it looks at the status, to say what the wait is for. A probe thread accepts and does not wait:
 * it is asked again until there is a report.
 *
 * @module
 */

import { elapsed } from '../../http/elapsed.ts';
import type { Status } from '../../http/status.ts';
import { elapsedMs, monotonicMs } from '../../lifecycle/clock.ts';
import { admitted, isAcceptance, isShutdownAnswer, isStatus } from '../answers.ts';
import type { Call } from '../arguments.ts';
import { type Answer, ask } from '../ask.ts';
import { CommandError, Exit, type Outcome } from '../exit.ts';
import { plain } from '../plain.ts';
import { counts, stepLines, summary } from '../report.ts';
import type { Terminal } from '../terminal.ts';

/** RFC 9110 §15.3.3: it is not over yet. */
const ACCEPTED = 202;
/** Between two looks at the status. */
const LOOK_MS = 250;
/** A busy service answers late; one that does not answer has nothing to show. */
const LOOK_TIMEOUT_MS = 5_000;

/** `shutdown`. @throws {CommandError} `TimedOut` if there is no report by then; it still goes on */
export async function shutdown(
  call: Call,
  token: string | undefined,
  terminal: Terminal,
): Promise<Outcome> {
  const { base } = call.target;
  const url = `${base}/admin/shutdown`;
  const over = new AbortController();
  void watch(`${base}/admin/status`, token, terminal, over.signal);
  const asked = untilReported(url, token, call.timeoutMs);
  const answer = await asked.finally(() => over.abort()).catch(explain);
  const body = admitted(url, answer, isShutdownAnswer, token !== undefined);
  const how = body.ok ? 'stopped, and all went well' : 'stopped, but not all went well';
  const text = [`${how}: ${summary(body)}`, ...stepLines(body.steps, terminal)];
  return { exit: body.ok ? Exit.Ok : Exit.Failed, text: text.join('\n'), json: body };
}

async function untilReported(
  url: string,
  token: string | undefined,
  timeoutMs: number,
): Promise<Answer> {
  const began = monotonicMs();
  const askAgain = (): Promise<Answer> => {
    const left = Math.max(0, timeoutMs - elapsedMs(began));
    return ask({ url, method: 'POST', token, timeoutMs: left });
  };
  let answer = await askAgain();
  while (answer.status === ACCEPTED && isAcceptance(answer.body)) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    answer = await askAgain().catch(gone);
  }
  return answer;
}

/** Who accepted is the process itself: it may end as soon as it has a report. */
function gone(error: unknown): never {
  if (error instanceof CommandError && error.exit === Exit.Unreachable) {
    const what = 'The shutdown was accepted, and the process ended before it said how';
    throw new CommandError(Exit.Unreachable, `${what}: ${error.message}`);
  }
  throw error;
}

function explain(error: unknown): never {
  if (error instanceof CommandError && error.exit === Exit.TimedOut) {
    throw new CommandError(Exit.TimedOut, `${error.message}; a shutdown that was accepted goes on`);
  }
  throw error;
}

/** Shows what the shutdown is at until it is over. A look that fails says nothing. */
async function watch(
  url: string,
  token: string | undefined,
  terminal: Terminal,
  over: AbortSignal,
): Promise<void> {
  const began = monotonicMs();
  while (true) {
    await pause(over);
    if (over.aborted) return;
    const answer = await ask({ url, token, timeoutMs: LOOK_TIMEOUT_MS }).catch(() => undefined);
    if (over.aborted) return;
    if (isStatus(answer?.body)) {
      terminal.progress('Shutting down', doing(answer.body), elapsed(elapsedMs(began)));
    }
  }
}

function doing({ phase, in_flight: out, steps }: Status): string {
  const last = steps.at(-1);
  if (last !== undefined) return `${phase}, after ${plain(last.name)}`;
  return out.writes + out.queries === 0 ? phase : `${phase}, ${counts(out)} in flight`;
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, LOOK_MS);
    signal.addEventListener('abort', done);
  });
}
