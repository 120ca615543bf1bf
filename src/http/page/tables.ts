/**
 * The tables of the status page: cold start, threads, shutdown.
 *
 * @module
 */

import { elapsed } from '../elapsed.ts';
import type { MemberOnWire, Status } from '../status.ts';
import { type Bar, waterfall } from '../waterfall.ts';
import { foreign, type Html, html, type Part } from './html.ts';

/** The waterfall of the cold start. The bars are for the eye; the same is in words beside them. */
export function bootPart(status: Status): Html {
  const rows = waterfall(status).map((bar) => [foreign(bar.name), drawn(bar), spoken(bar)]);
  return part('boot', 'Cold start', 'Stages of the boot', ['Stage', 'Timeline', 'Time'], rows);
}

function drawn({ state, from, to }: Bar): Html {
  const x = (from * 100).toFixed(2);
  // Something that took no time is still seen.
  const width = Math.max(0.5, (to - from) * 100).toFixed(2);
  const bar = to > 0 ? html`<rect class="${state}" x="${x}" width="${width}" height="10"/>` : '';
  return html`<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">${bar}</svg>`;
}

function spoken({ state, ms }: Bar): string {
  const time = ms === null ? '' : elapsed(ms);
  return state === 'done' ? time : `${state} ${time}`;
}

/** What each thread has in flight, and whether its loop turns. */
export function threadsPart({ members }: Status): Html {
  const rows = members.map((each) => [
    each.member,
    each.thread_id ?? 'none',
    each.writes,
    each.queries,
    loopOf(each),
  ]);
  const columns = ['Member', 'Thread', 'Writes', 'Queries', 'Loop'];
  return part('threads', 'Threads', 'In flight, by thread', columns, rows);
}

function loopOf({ blocked_ms }: MemberOnWire): string {
  if (blocked_ms === null) return 'not monitored';
  return blocked_ms === 0 ? 'responsive' : `blocked for ${elapsed(blocked_ms)}`;
}

/** What asked for the shutdown, how it went, and each step: ended, running, to come. */
export function shutdownPart(status: Status): Html {
  const { running = [], pending = [] } = status.shutdown ?? {};
  const waiting = (what: string) => (name: string) => [foreign(name), what, '', ''];
  const rows = [
    ...status.steps.map(({ name, status: end, duration_ms, error }) => [
      foreign(name),
      html`<span class="${end}">${end.replace('_', ' ')}</span>`,
      elapsed(duration_ms),
      error === undefined ? '' : foreign(error),
    ]),
    ...running.map(waiting('running')),
    ...pending.map(waiting('to come')),
  ];
  const columns = ['Step', 'Result', 'Time', 'Error'];
  return part('shutdown', 'Shutdown', 'Steps of the shutdown', columns, rows, course(status));
}

function course({ phase, report, shutdown }: Status): Part {
  if (report === null) {
    if (shutdown === null) return 'Not requested.';
    const { trigger, left_ms } = shutdown;
    const state =
      phase === 'shutting_down' ? 'In progress' : 'Accepted: load balancers leave first';
    const left =
      left_ms === null
        ? ''
        : left_ms < 0
          ? `, ${elapsed(-left_ms)} over its budget`
          : `, ${elapsed(left_ms)} left`;
    return html`${state}${left}. Trigger: ${triggerOf(trigger)}.`;
  }
  const drained = report.drained ? 'drained' : 'not drained';
  const failed = report.failed ? ', failed' : '';
  const heir = report.taken_over ? ', taken over from a thread that died' : '';
  return html`Trigger: ${triggerOf(report.trigger)}. Completed in ${elapsed(
    report.duration_ms,
  )}, ${drained}${failed}${heir}.`;
}

function triggerOf(trigger: string | null): Part {
  return trigger === null ? 'none' : foreign(trigger);
}

/** A section with a table, or without one where there is nothing to show. */
function part(
  id: string,
  title: string,
  caption: string,
  columns: readonly string[],
  rows: readonly (readonly Part[])[],
  text?: Part,
): Html {
  const head = columns.map((column) => html`<th scope="col">${column}</th>`);
  const body = rows.map(
    ([first = '', ...cells]) =>
      html`<tr><th scope="row">${first}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`,
  );
  const table = html`<table>
<caption>${caption}</caption>
<thead><tr>${head}</tr></thead>
<tbody>${body}</tbody>
</table>`;
  return html`<section aria-labelledby="${id}">
<h2 id="${id}">${title}</h2>
<p>${text ?? (rows.length > 0 ? '' : 'Nothing yet.')}</p>
${rows.length > 0 ? table : ''}
</section>`;
}
