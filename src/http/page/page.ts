/**
 * The status page: one document, from one snapshot, whole without its script. Its style and its
 * script are in `assets.ts`; what is shown where is in the parts below.
 *
 * @module
 */

import { preferred } from '../accept.ts';
import { elapsed } from '../elapsed.ts';
import type { Answer } from '../respond.ts';
import type { Status } from '../status.ts';
import { POLICY, SCRIPT, STYLE } from './assets.ts';
import { foreign, Html, html, type Part } from './html.ts';
import { bootPart, shutdownPart, threadsPart } from './tables.ts';

const JSON_TYPE = 'application/json';
const HTML_TYPE = 'text/html';

/** True if the client would rather have the page than JSON, which is for whoever does not say. */
export function wantsPage(accept: string | null): boolean {
  return preferred(accept, [JSON_TYPE, HTML_TYPE]) === HTML_TYPE;
}

/**
 * The headers of the page: nothing is loaded but what it asks of its own service, nothing of it is
 * framed, sent elsewhere or kept, and no script runs but the one whose hash is named.
 */
const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
};

/** Seconds between two loads where scripts do not run. */
const RELOAD_SECONDS = 5;

const PHASES = [
  ['starting', 'started_at_ms'],
  ['ready', 'ready_at_ms'],
  ['draining', 'draining_at_ms'],
  ['shutting_down', 'shutting_down_at_ms'],
  ['stopped', 'stopped_at_ms'],
] as const;

/** The page as an answer. */
export function pageOf(status: Status): Answer {
  const body = whole(status).text;
  return { status: 200, type: `${HTML_TYPE}; charset=utf-8`, body, headers: HEADERS };
}

function whole(status: Status): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${worded(status.phase)} · ${status.name ?? 'tidegate'}</title>
<noscript><meta http-equiv="refresh" content="${RELOAD_SECONDS}"></noscript>
<style>${new Html(STYLE)}</style>
</head>
<body>
<header>
<h1>${heading(status)}</h1>
<button type="button" hidden>Pause updates</button>
<p id="note" role="status"></p>
<noscript><p>Loads itself anew every ${RELOAD_SECONDS} seconds.</p></noscript>
</header>
<main>
${phasePart(status)}
${bootPart(status)}
${threadsPart(status)}
${shutdownPart(status)}
</main>
<script>${new Html(SCRIPT)}</script>
</body>
</html>
`;
}

/** What the service is called; without a name it is this package that speaks. */
function heading({ name, version }: Status): Part {
  const called = name === undefined ? 'tidegate' : foreign(name);
  return version === undefined ? called : html`${called} <small>${foreign(version)}</small>`;
}

function phasePart(status: Status): Html {
  const { phase, reason, holds, in_flight: out, at_ms: now } = status;
  const since = status[PHASES.find(([name]) => name === phase)?.[1] ?? 'started_at_ms'] ?? 0;
  const facts: [name: string, value: Part][] = [
    ['Time in phase', since > 0 ? elapsed(Math.max(0, now - since)) : 'a time not known yet'],
    ['Write holds', holds.length > 0 ? holds.map(worded).join(', ') : 'none'],
    ['In flight', `writes ${out.writes}, queries ${out.queries}`],
    ['Backend', foreign(status.backend)],
  ];
  return html`<section aria-labelledby="phase">
<h2 id="phase">Phase</h2>
<p class="phase ${phase}" role="status"><strong>${worded(phase)}</strong>${
    reason === null ? '' : html`: ${foreign(reason)}`
  }</p>
<ol aria-label="Phases">${PHASES.map(
    ([name, at]) =>
      html`<li${name === phase ? new Html(' aria-current="step"') : ''}><span>${worded(name)}</span> <small>${entered(
        status,
        status[at],
      )}</small></li>`,
  )}</ol>
<dl>${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
</section>`;
}

/** When a phase was entered, counted from the creation: a wall clock needs a time zone to be read. */
function entered({ started_at_ms: start }: Status, at: number | null): string {
  if (at === null) return 'not entered';
  return at > start ? `after ${elapsed(at - start)}` : 'at the start';
}

/** A wire name as words. */
function worded(name: string): string {
  return name.replaceAll('_', ' ');
}
