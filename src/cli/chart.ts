/**
 * The waterfall of the cold start in characters, as wide as the terminal is.
 *
 * @module
 */

import { elapsed } from '../http/elapsed.ts';
import type { Status } from '../http/status.ts';
import { type Bar, waterfall } from '../http/waterfall.ts';
import { plain } from './plain.ts';
import type { Terminal } from './terminal.ts';

/** Narrower than this a bar says nothing. */
const BAR_MIN = 8;
/** Wider than this it is only far to look. */
const BAR_MAX = 60;

/** A line a stage. */
export function chartLines(status: Status, terminal: Terminal): string[] {
  const bars = waterfall(status);
  const rows = bars.map((bar) => [bar, plain(bar.name), labelOf(bar)] as const);
  const names = Math.max(0, ...rows.map(([, name]) => name.length));
  const labels = Math.max(0, ...rows.map(([, , label]) => label.length));
  const room = terminal.columns - names - labels - 6;
  const width = Math.min(BAR_MAX, Math.max(BAR_MIN, room));
  return rows.map(
    ([bar, name, label]) =>
      `  ${name.padEnd(names)}  ${drawn(bar, width, terminal)}  ${label.padStart(labels)}`,
  );
}

/** What has ended is solid, what has not is shaded; something that took no time is still seen. */
function drawn({ state, from, to }: Bar, width: number, terminal: Terminal): string {
  if (state === 'waiting' || state === 'unclear') return terminal.paint('faint', '·'.repeat(width));
  const start = Math.min(width - 1, Math.floor(from * width));
  const length = Math.max(1, Math.round(to * width) - start);
  const bar = (state === 'done' ? '█' : '▒').repeat(length);
  const colour = state === 'done' ? 'good' : 'between';
  const rest = ' '.repeat(Math.max(0, width - start - length));
  return ' '.repeat(start) + terminal.paint(colour, bar) + rest;
}

function labelOf({ state, ms }: Bar): string {
  const time = ms === null ? '' : elapsed(ms);
  return state === 'done' ? time : `${state} ${time}`.trimEnd();
}
