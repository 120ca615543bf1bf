/**
 * The shutdown on the status page: who asked, what runs, what is left of the budget, and the waterfall.
 *
 * @module
 */

import { courseOf, deadlineOf, type Leg } from '../course.ts';
import { elapsed } from '../elapsed.ts';
import type { Status } from '../status.ts';
import { worded } from '../verdict.ts';
import { foreign, type Html, html, type Part } from './html.ts';
import { drawn, type Row, section } from './tables.ts';

/** What asked for the shutdown, how it goes or went, and each leg of it. */
export function shutdownPart(status: Status): Html {
  const rows = courseOf(status).map(
    (leg): Row => ({
      cells: [isWait(leg) ? leg.name : foreign(leg.name), drawn(leg), said(leg), timeOf(leg)],
      error: leg.error === undefined ? undefined : html`${foreign(leg.error)}`,
    }),
  );
  const columns = ['Step', 'Timeline', 'Result', 'Time'];
  const text = html`${summary(status)}${deadlinePart(status)}`;
  return section('shutdown', 'Shutdown', 'Steps of the shutdown', columns, rows, text);
}

function isWait({ state }: Leg): boolean {
  return state === 'done' || state === 'waiting';
}

function said({ state }: Leg): Part {
  if (state === 'done') return '';
  return html`<span class="${state}">${state === 'pending' ? 'to come' : worded(state)}</span>`;
}

function timeOf({ ms }: Leg): string {
  return ms === null ? '' : elapsed(ms);
}

function summary(status: Status): Html {
  const { report, shutdown, phase } = status;
  if (report !== null) {
    const asked = askedBy(report.trigger);
    const drained = report.drained
      ? 'everything in flight had finished'
      : 'something in flight had not finished';
    const failed = report.failed ? ' It was reported as failed.' : '';
    const heir = report.taken_over ? ' It was taken over from a thread that died.' : '';
    return html`<p>${asked} Completed in ${elapsed(report.duration_ms)}; ${drained}.${failed}${heir}</p>`;
  }
  if (shutdown === null) return html`<p>Not requested.</p>`;
  const { trigger, running, pending } = shutdown;
  const steps = pending.length === 1 ? '1 step' : `${pending.length} steps`;
  const toCome = pending.length === 0 ? 'none to come' : `${steps} to come`;
  const now =
    running.length > 0
      ? html`Running: ${running.map((name, index) => html`${index > 0 ? ', ' : ''}${foreign(name)}`)}; ${toCome}.`
      : phase === 'ready'
        ? html`Waiting for load balancers to leave; ${toCome}.`
        : phase === 'shutting_down'
          ? html`In progress; ${toCome}.`
          : html`Waiting for requests to finish; ${toCome}.`;
  return html`<p>${askedBy(trigger)} ${now}</p>`;
}

function askedBy(trigger: string | null): Html {
  return trigger === null
    ? html`Trigger: none given.`
    : html`Trigger: <strong>${foreign(trigger)}</strong>.`;
}

/** The bar is for the eye; the text next to it says the same. */
function deadlinePart(status: Status): Part {
  const deadline = deadlineOf(status);
  if (deadline === null) return '';
  const { leftMs, budgetMs, used } = deadline;
  const of = budgetMs === null ? '' : ` of ${elapsed(budgetMs)}`;
  const words =
    leftMs < 0
      ? html`<span class="failed">${elapsed(-leftMs)} past the deadline</span>`
      : html`${elapsed(leftMs)}${of} left until the deadline`;
  const state = leftMs < 0 ? 'failed' : used > 0.75 ? 'running' : 'done';
  return html`<div class="deadline"><p>${words}</p>${drawn({ state, from: 0, to: used })}</div>`;
}
