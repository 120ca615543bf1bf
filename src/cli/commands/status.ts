/**
 * `status`: the whole snapshot, for people.
 *
 * @module
 */

import { elapsed } from '../../http/elapsed.ts';
import { leaseText } from '../../http/leases.ts';
import { previousRun, wasClean } from '../../http/previous.ts';
import type { CheckOnWire, MemberOnWire, Status } from '../../http/status.ts';
import { fleetOf, threadName, verdictOf } from '../../http/verdict.ts';
import type { PhaseName } from '../../lifecycle/phase.ts';
import { admitted, isStatus } from '../answers.ts';
import type { Call } from '../arguments.ts';
import { ask } from '../ask.ts';
import { chartLines } from '../chart.ts';
import { Exit, type Outcome } from '../exit.ts';
import { plain } from '../plain.ts';
import { counts, deadlineLine, progress, stepLines, summary, waitingLines } from '../report.ts';
import type { Colour, Terminal } from '../terminal.ts';

const COLOURS: Readonly<Record<ReturnType<typeof verdictOf>['tone'], Colour>> = {
  good: 'good',
  between: 'between',
  bad: 'bad',
  over: 'faint',
};
/** Columns before a value. */
const INDENT = 11;

/** `status`. Any answer is a success, whatever it says. */
export async function status(
  call: Call,
  token: string | undefined,
  terminal: Terminal,
): Promise<Outcome> {
  const url = `${call.target.base}/admin/status`;
  const answer = await ask({ url, token, timeoutMs: call.timeoutMs });
  const seen = admitted(url, answer, isStatus, token !== undefined);
  return { exit: Exit.Ok, text: statusText(seen, terminal), json: seen };
}

/** All of a status, in parts with an empty line between them. */
export function statusText(seen: Status, terminal: Terminal): string {
  const parts = [
    head(seen, terminal),
    checks(seen, terminal),
    end(seen, terminal),
    boot(seen, terminal),
    threads(seen, terminal),
  ];
  const text = parts.filter((lines) => lines.length > 0).map((lines) => lines.join('\n'));
  return text.join('\n\n');
}

function head(seen: Status, terminal: Terminal): string[] {
  const { phase, holds, in_flight: out, host, pid, runtime } = seen;
  const since = enteredAt(seen);
  const time = since === null ? '' : ` for ${elapsed(Math.max(0, seen.at_ms - since))}`;
  const accepted = seen.shutdown_requested && phase !== 'stopped' ? ', shutdown accepted' : '';
  const { tone, text, reason, note } = verdictOf(seen);
  const colour = COLOURS[tone];
  const fields: (readonly [name: string, value: string, colour?: Colour | undefined])[] = [
    ['service', [seen.name, seen.version].filter((part) => part !== undefined).join(' ')],
    ['phase', `${terminal.paint(colour, phase)}${time}${accepted}`],
    ['verdict', text, colour],
    ['reason', reason ?? ''],
    ['note', note ?? ''],
    [
      'holds',
      holds.length === 0 ? 'none' : holds.join(', '),
      holds.length === 0 ? undefined : 'between',
    ],
    ['leases', (seen.leases ?? []).map(leaseText).join('; ')],
    ['in flight', counts(out)],
    ['fleet', fleetOf(seen) ?? '', seen.fleet?.reachable === false ? 'between' : undefined],
    ['last run', previousRun(seen) ?? '', wasClean(seen) ? undefined : 'between'],
    [
      'process',
      [host, pid === undefined ? undefined : `process ${pid}`, runtime]
        .filter((part) => part !== undefined)
        .join(', '),
    ],
  ];
  return fields.flatMap(([name, value, colour]) => {
    if (value === '') return [];
    // The phase is painted already, and has nothing of the application's own.
    const shown = name === 'phase' ? value : terminal.wrap(plain(value), INDENT, colour);
    return [name.padEnd(INDENT) + shown];
  });
}

function enteredAt(seen: Status): number | null {
  const times: Readonly<Record<PhaseName, number | null>> = {
    starting: seen.started_at_ms === 0 ? null : seen.started_at_ms,
    ready: seen.ready_at_ms,
    draining: seen.draining_at_ms,
    shutting_down: seen.shutting_down_at_ms,
    stopped: seen.stopped_at_ms,
  };
  return times[seen.phase];
}

const AFFECTS: Readonly<Record<CheckOnWire['affects'], string>> = {
  ready: 'affects readiness',
  write: 'affects writes',
  nothing: 'affects nothing',
};

/** A line a check, and one more for its error. */
function checks({ checks: all = [] }: Status, terminal: Terminal): string[] {
  const width = Math.max(0, ...all.map(({ name }) => plain(name).length));
  const lines = all.flatMap(({ name, healthy, since_ms, affects, error }) => {
    const state = terminal.paint(healthy ? 'good' : 'bad', healthy ? 'healthy' : 'failing');
    const time = elapsed(since_ms).padStart(9);
    const line = `  ${state}  ${plain(name).padEnd(width)}  ${time}  ${AFFECTS[affects]}`;
    return error === null ? [line] : [line, `           ${terminal.wrap(plain(error), INDENT)}`];
  });
  return lines.length === 0 ? [] : ['checks', ...lines];
}

function boot(seen: Status, terminal: Terminal): string[] {
  const lines = chartLines(seen, terminal);
  return lines.length === 0 ? [] : ['cold start', ...lines];
}

/** In columns, numbers to the right; on a narrow screen two lines a thread. */
function threads({ members }: Status, terminal: Terminal): string[] {
  const names = members.map(threadName);
  const width = Math.max('thread'.length, ...names.map((name) => name.length));
  const isNarrow = terminal.columns < width + NUMBERS;
  const line = (name: string, numbers: readonly string[], loop: string): string =>
    `  ${name.padEnd(width)}  ${numbers.join('  ')}  ${loop}`;
  const rows = members.flatMap((each, index) => {
    const name = names[index] ?? '';
    const loop = loopOf(each, terminal);
    if (isNarrow) return [`  ${name}: ${counts(each)}`, `    ${loop}`];
    const numbers = [each.member, each.writes, each.queries].map((number, at) =>
      `${number}`.padStart((NAMES[at] ?? '').length),
    );
    return [line(name, numbers, loop)];
  });
  if (members.length === 0) return [];
  return ['threads', ...(isNarrow ? [] : [line('thread', NAMES, 'event loop')]), ...rows];
}

const NAMES = ['member', 'writes', 'queries'];
/** Columns of all but the name of a thread. */
const NUMBERS = 48;

function loopOf({ blocked_ms }: MemberOnWire, terminal: Terminal): string {
  if (blocked_ms === null) return 'not monitored';
  if (blocked_ms === 0) return 'responsive';
  return terminal.paint('bad', `blocked for ${elapsed(blocked_ms)}`);
}

function end(seen: Status, terminal: Terminal): string[] {
  const { report, shutdown, steps } = seen;
  if (report !== null) return [`shutdown   ${summary(report)}`, ...stepLines(steps, terminal)];
  if (shutdown === null) return [];
  const title = `shutdown   ${progress(shutdown)}`;
  return [
    title,
    ...deadlineLine(seen, terminal),
    ...stepLines(steps, terminal),
    ...waitingLines(seen, terminal),
  ];
}
