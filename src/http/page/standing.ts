/**
 * The first part of the status page: the verdict, the phase of the process, and what an operator
 * can do.
 *
 * @module
 */

import { elapsed } from '../elapsed.ts';
import { leaseText } from '../leases.ts';
import { previousRun, wasClean } from '../previous.ts';
import type { Status } from '../status.ts';
import { fleetOf, verdictOf, worded } from '../verdict.ts';
import { type Action, buttonsOf } from './actions.ts';
import { foreign, Html, html, type Part } from './html.ts';

const PHASES = [
  ['starting', 'started_at_ms'],
  ['ready', 'ready_at_ms'],
  ['draining', 'draining_at_ms'],
  ['shutting_down', 'shutting_down_at_ms'],
  ['stopped', 'stopped_at_ms'],
] as const;

/** The verdict, the phases, and the facts in a line. */
export function standingPart(status: Status, actions: readonly Action[]): Html {
  const { phase } = status;
  return html`<section aria-labelledby="phase">
<h2 id="phase">Status</h2>
${verdictPart(status)}
<div class="actions">${buttonsOf(actions)}</div>
<ol aria-label="Phases">${PHASES.map(
    ([name, at]) =>
      html`<li${name === phase ? new Html(' aria-current="step"') : status[at] === null ? new Html(' class="ahead"') : ''}><span>${worded(name)}</span> <small>${entered(
        status,
        status[at],
      )}</small></li>`,
  )}</ol>
<dl>${factsOf(status).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
${previousPart(status)}
</section>`;
}

/** One line; what is not clean stands out. */
function previousPart(status: Status): Part {
  const text = previousRun(status);
  if (text === null) return '';
  return html`<p>Previous run: <span class="${wasClean(status) ? 'ok' : 'skipped'}">${foreign(text)}</span>.</p>`;
}

/** A live region: it changes only when there is something to say. */
function verdictPart(status: Status): Html {
  const { tone, text, reason, note } = verdictOf(status);
  return html`<p class="phase ${status.phase} ${tone}" role="status"><strong>${worded(
    status.phase,
  )}</strong> <span>${text}${reason === null ? '' : html` (${foreign(reason)})`}</span>${
    note === null ? '' : html` <small>${note}.</small>`
  }</p>`;
}

function factsOf(status: Status): [name: string, value: Part][] {
  const { phase, holds, in_flight: out, at_ms: now } = status;
  const since = status[PHASES.find(([name]) => name === phase)?.[1] ?? 'started_at_ms'] ?? 0;
  const fleet = fleetOf(status);
  const followed: [name: string, value: Part][] = fleet === null ? [] : [['Fleet', foreign(fleet)]];
  const takesQueries = phase === 'ready' || phase === 'draining';
  return [
    ['Time in phase', since > 0 ? elapsed(Math.max(0, now - since)) : 'not known yet'],
    ['Queries', takesQueries ? 'admitted' : 'refused'],
    ['Writes in flight', out.writes],
    ['Queries in flight', out.queries],
    ['Write holds', holds.length > 0 ? holds.map(worded).join(', ') : 'none'],
    ...(status.leases ?? []).map((lease): [string, Part] => ['Lease', foreign(leaseText(lease))]),
    ...followed,
    ['Backend', foreign(status.backend)],
  ];
}

/** When a phase was entered, counted from the creation: a wall clock needs a time zone to be read. */
function entered({ started_at_ms: start }: Status, at: number | null): string {
  if (at === null) return 'not yet';
  return at > start ? `after ${elapsed(at - start)}` : 'at the start';
}
