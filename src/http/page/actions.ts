/**
 * What an operator can do from the status page: the buttons, the question that each asks first, and the
 * command that does the same, for those without scripts. It does nothing itself: `live.ts` sends.
 *
 * @module
 */

import type { Status } from '../status.ts';
import { type Html, html } from './html.ts';

/** One thing to do. */
export interface Action {
  /** The last part of its path. */
  readonly path: 'drain' | 'readonly' | 'shutdown';
  readonly body: string;
  readonly label: string;
  /** What is asked before it is done. */
  readonly question: string;
  /** What it will do. */
  readonly warning: string;
  /** What to say when it is done. */
  readonly done: string;
  readonly command: string;
  /** There is something left to do. */
  readonly isOpen: boolean;
}

/** Paths that mean nothing to a shell; a host may have more than these in an address. */
const PLAIN_URL = /^https?:\/\/[\w.:[\]-]+(\/[\w./~-]*)?$/;
const PATH = '/admin/status';

/** The three, as they stand. */
export function actionsOf(status: Status, url: string): readonly Action[] {
  const { phase, holds, host, name = 'this service' } = status;
  const service = host === undefined ? name : `${name} on ${host}`;
  const base = baseOf(url);
  const isHeld = holds.includes('read_only');
  return [
    {
      path: 'readonly',
      body: JSON.stringify({ enabled: !isHeld }),
      label: isHeld ? 'Allow writes' : 'Make read-only',
      question: isHeld ? `Allow writes to ${service}?` : `Make ${service} read-only?`,
      warning: isHeld
        ? 'Lifts the read-only hold. Writes are admitted again unless something else refuses them.'
        : 'New writes are refused until you allow them again. Queries go on.',
      done: isHeld ? 'The read-only hold is lifted.' : 'It is read-only now.',
      command: `npx tidegate readonly ${isHeld ? 'off' : 'on'} ${base}`,
      isOpen: phase === 'starting' || phase === 'ready',
    },
    {
      path: 'drain',
      body: '',
      label: 'Drain',
      question: `Drain ${service}?`,
      warning:
        'New writes are refused from now on, and queries go on. This cannot be undone: only a new process takes writes again.',
      done: 'It is draining.',
      command: `npx tidegate drain ${base}`,
      isOpen: phase === 'ready',
    },
    {
      path: 'shutdown',
      body: '',
      label: 'Shut down',
      question: `Shut down ${service}?`,
      warning:
        'Requests in flight may finish, the steps of the shutdown run, and the process ends. This cannot be undone.',
      done: 'The shutdown went well.',
      command: `npx tidegate shutdown ${base}`,
      isOpen: !status.shutdown_requested && phase !== 'shutting_down' && phase !== 'stopped',
    },
  ];
}

/** Without a script they do nothing, and are not shown. */
export function buttonsOf(actions: readonly Action[]): Html[] {
  return actions.map(
    ({ path, body, label, question, warning, done, command, isOpen }) =>
      html`<button type="button" class="${path}" aria-haspopup="dialog" aria-disabled="${String(
        !isOpen,
      )}" data-path="${path}" data-body="${body}" data-question="${question}" data-warning="${warning}" data-done="${done}" data-command="${command}">${label}…</button>`,
  );
}

/** What to copy where there is no script. */
export function commandsPart(actions: readonly Action[]): Html {
  const open = actions.filter(({ isOpen }) => isOpen);
  return html`<section aria-labelledby="commands">
<h2 id="commands">Actions</h2>
<p>${
    open.length === 0
      ? 'There is nothing left to do.'
      : 'Copy a command to a terminal. The token is read from TIDEGATE_ADMIN_TOKEN, or from a file with --token-file.'
  }</p>
<dl class="commands">${open.map(
    ({ label, command, warning }) =>
      html`<div><dt>${label}</dt><dd><code>${command}</code><small>${warning}</small></dd></div>`,
  )}</dl>
</section>`;
}

/** Filled and opened by the script. */
export function confirmPart(): Html {
  return html`<dialog aria-labelledby="ask" aria-describedby="warning">
<h2 id="ask">Are you sure?</h2>
<p id="warning"></p>
<p><small>The same from a terminal:</small> <code></code></p>
<div class="actions"><button type="button" id="cancel">Cancel</button><button type="button" id="confirm">Do it</button></div>
</dialog>`;
}

/** Of what a shell could take for more than an address, nothing is shown to be copied. */
function baseOf(url: string): string {
  const address = url.split(/[?#]/, 1)[0] ?? '';
  const base = address.endsWith(PATH) ? address.slice(0, -PATH.length) : address;
  return PLAIN_URL.test(base) ? base : 'http://HOST:PORT';
}
