/**
 * The status page: one document, from one snapshot, whole without its script. Its style and its
 * script are in `assets.ts`; what is shown where is in the parts below.
 *
 * @module
 */

import { preferred } from '../accept.ts';
import type { Answer } from '../respond.ts';
import type { Status } from '../status.ts';
import { worded } from '../verdict.ts';
import { actionsOf, commandsPart, confirmPart } from './actions.ts';
import { POLICY, SCRIPT, STYLE } from './assets.ts';
import { foreign, Html, html, type Part } from './html.ts';
import { shutdownPart } from './shutdown.ts';
import { standingPart } from './standing.ts';
import { bootPart, checksPart, threadsPart } from './tables.ts';

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

/**
 * The page as an answer.
 *
 * @param url where it was asked for
 */
export function pageOf(status: Status, url: string): Answer {
  const body = whole(status, url).text;
  return { status: 200, type: `${HTML_TYPE}; charset=utf-8`, body, headers: HEADERS };
}

function whole(status: Status, url: string): Html {
  const actions = actionsOf(status, url);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title(status)}</title>
<noscript><meta http-equiv="refresh" content="${RELOAD_SECONDS}"></noscript>
<style>${new Html(STYLE)}</style>
</head>
<body>
<header>
<h1>${heading(status)}</h1>
<button type="button" id="pause" hidden>Pause updates</button>
<p id="note" role="status"></p>
<p id="said" role="status"></p>
<noscript><p>This page reloads every ${RELOAD_SECONDS} seconds.</p></noscript>
</header>
<main>
${standingPart(status, actions)}
${checksPart(status)}
${shutdownPart(status)}
${bootPart(status)}
${threadsPart(status)}
</main>
<noscript>${commandsPart(actions)}</noscript>
${confirmPart()}
<script>${new Html(SCRIPT)}</script>
</body>
</html>
`;
}

/** What matters comes first: the title of a tab is short. */
function title({ phase, name = 'tidegate', version, ...place }: Status): string {
  const service = version === undefined ? name : `${name} ${version}`;
  return [worded(phase), service, ...placeOf(place)].join(' · ');
}

/** What the service is called; without a name it is this package that speaks. */
function heading({ name, version, ...place }: Status): Part {
  const called = name === undefined ? 'tidegate' : foreign(name);
  const at = placeOf(place).map((each, index) => html`${index > 0 ? ' · ' : ''}${foreign(each)}`);
  return html`${called}${version === undefined ? '' : html` <small>${foreign(version)}</small>`}${
    at.length === 0 ? '' : html` <small class="place">${at}</small>`
  }`;
}

function placeOf({ host, pid, runtime }: Pick<Status, 'host' | 'pid' | 'runtime'>): string[] {
  const process = pid === undefined ? undefined : `process ${pid}`;
  return [host, process, runtime].filter((part) => part !== undefined);
}
