/**
 * `status`: the whole snapshot, for people.
 *
 * @module
 */

import { elapsed } from '../../http/elapsed.ts';
import type { MemberOnWire, Status } from '../../http/status.ts';
import type { PhaseName } from '../../lifecycle/phase.ts';
import { admitted, isStatus } from '../answers.ts';
import type { Call } from '../arguments.ts';
import { ask } from '../ask.ts';
import { chartLines } from '../chart.ts';
import { Exit, type Outcome } from '../exit.ts';
import { plain } from '../plain.ts';
import { progress, stepLines, summary, waitingLines } from '../report.ts';
import type { Colour, Terminal } from '../terminal.ts';

const COLOURS: Readonly<Record<PhaseName, Colour>> = {
  starting: 'between',
  ready: 'good',
  draining: 'between',
  shutting_down: 'between',
  stopped: 'bad',
};

/** `status`. That it was told is a success, whatever it says. */
export async function status(
  call: Call,
  token: string | undefined,
  terminal: Terminal,
): Promise<Outcome> {
  const url = `${call.target.base}/admin/status`;
  const answer = await ask({ url, token, timeoutMs: call.timeoutMs });
  const seen = admitted(url, answer, isStatus, token !== undefined);
  const parts = [head(seen, terminal), boot(seen, terminal), threads(seen), end(seen, terminal)];
  const text = parts.filter((lines) => lines.length > 0).map((lines) => lines.join('\n'));
  return { exit: Exit.Ok, text: text.join('\n\n'), json: seen };
}

function head(seen: Status, terminal: Terminal): string[] {
  const { phase, reason, holds, in_flight: out } = seen;
  const since = enteredAt(seen);
  const time = since === null ? '' : ` for ${elapsed(Math.max(0, seen.at_ms - since))}`;
  const accepted = seen.shutdown_requested && phase !== 'stopped' ? ', shutdown accepted' : '';
  const service = [seen.name, seen.version].filter((part) => part !== undefined).join(' ');
  return [
    ...(service === '' ? [] : [`service    ${plain(service)}`]),
    `phase      ${terminal.paint(COLOURS[phase], phase)}${time}${accepted}`,
    ...(reason === null ? [] : [`reason     ${plain(reason)}`]),
    `holds      ${holds.length === 0 ? 'none' : terminal.paint('between', holds.join(', '))}`,
    `in flight  ${counts(out)}`,
  ];
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

function boot(seen: Status, terminal: Terminal): string[] {
  const lines = chartLines(seen, terminal);
  return lines.length === 0 ? [] : ['cold start', ...lines];
}

/** In columns, numbers to the right. */
function threads({ members }: Status): string[] {
  const rows = [
    ['member', 'thread', 'writes', 'queries', 'loop'],
    ...members.map((each) => [
      `${each.member}`,
      each.thread_id === null ? '-' : `${each.thread_id}`,
      `${each.writes}`,
      `${each.queries}`,
      loopOf(each),
    ]),
  ];
  return members.length === 0 ? [] : ['threads', ...rows.map(aligned)];
}

function aligned(cells: readonly string[]): string {
  const numbers = cells.slice(0, -1).map((cell) => cell.padStart(7));
  return `  ${numbers.join('  ')}  ${cells.at(-1)}`;
}

function loopOf({ blocked_ms }: MemberOnWire): string {
  if (blocked_ms === null) return 'not monitored';
  return blocked_ms === 0 ? 'responsive' : `blocked for ${elapsed(blocked_ms)}`;
}

function end({ report, shutdown, steps }: Status, terminal: Terminal): string[] {
  if (report !== null) return [`shutdown   ${summary(report)}`, ...stepLines(steps, terminal)];
  if (shutdown === null) return [];
  const title = `shutdown   ${progress(shutdown)}`;
  return [title, ...stepLines(steps, terminal), ...waitingLines(shutdown, terminal)];
}

/** `1 write, 2 queries`. */
export function counts({ writes, queries }: Status['in_flight']): string {
  return `${writes} ${writes === 1 ? 'write' : 'writes'}, ${queries} ${queries === 1 ? 'query' : 'queries'}`;
}
