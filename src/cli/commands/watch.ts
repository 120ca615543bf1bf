/**
 * `status --watch`: shows the status again and again until Ctrl-C. A terminal is redrawn; any other
 * output gets one line for each change, as text or as JSON. When the process is gone, it says so
 * and waits for the next one.
 *
 * @module
 */

import type { Status } from '../../http/status.ts';
import { verdictOf } from '../../http/verdict.ts';
import { admitted, isStatus } from '../answers.ts';
import type { Call } from '../arguments.ts';
import { ask } from '../ask.ts';
import { CommandError, Exit } from '../exit.ts';
import { plain, plainJson } from '../plain.ts';
import { counts } from '../report.ts';
import type { Terminal } from '../terminal.ts';
import { statusText } from './status.ts';

/** Often enough to see the steps of a shutdown end one by one. */
const LOOK_MS = 500;

/** What of a status changes all the time. */
const CLOCKS: ReadonlySet<string> = new Set(['at_ms', 'left_ms', 'since_ms']);

/**
 * Watches. It ends by a signal, or by an answer that will not become another: a wrong token, a service
 * that is not ours.
 *
 * @throws {CommandError}
 */
export async function watch(
  call: Call,
  token: string | undefined,
  terminal: Terminal,
): Promise<never> {
  const url = `${call.target.base}/admin/status`;
  let last: Status | undefined;
  let said = '';
  let lostAt: Date | undefined;
  while (true) {
    try {
      const answer = await ask({ url, token, timeoutMs: call.timeoutMs });
      last = admitted(url, answer, isStatus, token !== undefined);
      lostAt = undefined;
      const [key, line] = call.json
        ? [steady(last), plainJson(last)]
        : [inALine(last), inALine(last)];
      if (terminal.canRedraw && !call.json) terminal.redraw(statusText(last, terminal));
      else if (key !== said) await terminal.print(stamped(call, line));
      said = key;
    } catch (error) {
      if (!isPassing(error)) throw error;
      lostAt ??= new Date();
      const gone =
        last === undefined ? error.message : `gone (it was ${last.phase}): ${error.message}`;
      if (terminal.canRedraw && !call.json) {
        const since = `since ${lostAt.toLocaleTimeString()}, still trying`;
        const shown = last === undefined ? '' : `\n\n${statusText(last, terminal)}`;
        terminal.redraw(`${terminal.wrap(`${gone}, ${since}`, 0, 'bad')}${shown}`);
      } else if (gone !== said) {
        const refusal = { ok: false, error: error.message, exit_code: error.exit };
        await terminal.print(
          stamped(call, call.json ? plainJson(refusal) : `${gone}; still trying`),
        );
      }
      said = gone;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** It did not answer, or not in time; whoever answers otherwise will not change. */
function isPassing(error: unknown): error is CommandError {
  return (
    error instanceof CommandError &&
    (error.exit === Exit.Unreachable || error.exit === Exit.TimedOut)
  );
}

/** JSON has its own time, `at_ms`. */
function stamped({ json }: Call, line: string): string {
  return json ? line : `${new Date().toISOString()} ${line}`;
}

/** `ready: Writes are admitted; 1 write, 2 queries in flight`. */
function inALine(status: Status): string {
  const { phase, in_flight: out, shutdown } = status;
  const { text, reason, note } = verdictOf(status);
  const running = shutdown?.running ?? [];
  return [
    `${phase}: ${text}${reason === null ? '' : ` (${plain(reason)})`}`,
    ...(note === null ? [] : [plain(note)]),
    ...(running.length === 0 ? [] : [`running ${running.map(plain).join(', ')}`]),
    `${counts(out)} in flight`,
  ].join('; ');
}

function steady(status: Status): string {
  return JSON.stringify(status, (key, value: unknown) => {
    // Whether it is blocked, not for how long.
    if (key === 'blocked_ms' && value !== null) return Number(value) > 0;
    return CLOCKS.has(key) ? undefined : value;
  });
}
