/**
 * The tables of the status page: checks, cold start, threads, and what all tables share.
 *
 * @module
 */

import { elapsed } from '../elapsed.ts';
import type { CheckOnWire, MemberOnWire, Status } from '../status.ts';
import { threadName } from '../verdict.ts';
import { type Bar, waterfall } from '../waterfall.ts';
import { foreign, type Html, html, type Part } from './html.ts';

/** One row; the first cell is its header. */
export interface Row {
  readonly cells: readonly Part[];
  /** A line of its own below it: it may be as long as the page is wide. */
  readonly error?: Part | undefined;
}

/** The dependencies that are looked at, and what each affects. */
export function checksPart(status: Status): Html {
  const { checks = [] } = status;
  const rows = checks.map(
    ({ name, healthy, since_ms, affects, error }): Row => ({
      cells: [
        foreign(name),
        html`<span class="${healthy ? 'ok' : 'failed'}">${healthy ? 'healthy' : 'failing'}</span>`,
        elapsed(since_ms),
        AFFECTS[affects],
      ],
      error: error === null ? undefined : foreign(error),
    }),
  );
  const isOver = status.shutdown_requested || status.phase === 'shutting_down';
  const text =
    rows.length === 0
      ? 'None registered.'
      : isOver
        ? 'Checks no longer run: a shutdown was accepted. This is how they last came out.'
        : '';
  const columns = ['Check', 'State', 'For', 'Affects'];
  return section('checks', 'Checks', 'Checks of dependencies', columns, rows, html`<p>${text}</p>`);
}

const AFFECTS: Readonly<Record<CheckOnWire['affects'], string>> = {
  ready: 'readiness',
  write: 'writes',
  nothing: 'nothing',
};

/** The waterfall of the cold start. The bars are for the eye; the text next to them says the same. */
export function bootPart(status: Status): Html {
  const rows = waterfall(status).map(
    (bar): Row => ({ cells: [foreign(bar.name), drawn(bar), spoken(bar)] }),
  );
  const text = rows.length > 0 ? '' : 'No stages yet.';
  const columns = ['Stage', 'Timeline', 'Time'];
  return section('boot', 'Cold start', 'Stages of the boot', columns, rows, html`<p>${text}</p>`);
}

/** A bar of the line from 0 to 1. */
export function drawn({ state, from, to }: Pick<Bar, 'from' | 'to'> & { state: string }): Html {
  const x = (from * 100).toFixed(2);
  // Something that took no time is still seen, at the end of the line too.
  const width = Math.max(0.5, (to - from) * 100);
  const start = Math.min(Number(x), 100 - width).toFixed(2);
  const bar =
    to > 0
      ? html`<rect class="${state}" x="${start}" width="${width.toFixed(2)}" height="10"/>`
      : '';
  return html`<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">${bar}</svg>`;
}

function spoken({ state, ms }: Bar): string {
  const time = ms === null ? '' : elapsed(ms);
  return state === 'done' ? time : `${state} ${time}`;
}

/** What each thread has in flight, and whether its loop turns. */
export function threadsPart({ members }: Status): Html {
  const rows = members.map(
    (each): Row => ({
      cells: [
        html`${threadName(each)} <small>member ${each.member}</small>`,
        each.writes,
        each.queries,
        loopOf(each),
      ],
    }),
  );
  const columns = ['Thread', 'Writes', 'Queries', 'Event loop'];
  const text = rows.length > 0 ? '' : 'No thread is attached.';
  return section('threads', 'Threads', 'In flight, by thread', columns, rows, html`<p>${text}</p>`);
}

function loopOf({ blocked_ms }: MemberOnWire): Part {
  if (blocked_ms === null) return 'not monitored';
  if (blocked_ms === 0) return 'responsive';
  return html`<span class="failed">blocked for ${elapsed(blocked_ms)}</span>`;
}

/** A section with a text and a table, or without one where there is nothing to show. */
export function section(
  id: string,
  title: string,
  caption: string,
  columns: readonly string[],
  rows: readonly Row[],
  text: Html,
): Html {
  const head = columns.map((column) => html`<th scope="col">${column}</th>`);
  const body = rows.map(
    ({ cells: [first = '', ...cells], error }) =>
      html`<tr><th scope="row">${first}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>${
        error === undefined
          ? ''
          : html`<tr class="error"><td colspan="${columns.length}">${error}</td></tr>`
      }`,
  );
  const table = html`<table>
<caption>${caption}</caption>
<thead><tr>${head}</tr></thead>
<tbody>${body}</tbody>
</table>`;
  return html`<section aria-labelledby="${id}">
<h2 id="${id}">${title}</h2>
${text}
${rows.length > 0 ? table : ''}
</section>`;
}
