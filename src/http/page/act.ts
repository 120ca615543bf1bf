/**
 * The buttons of the status page: each asks once more, in a dialog, and then sends its call. Like all of
 * the script it runs in browsers only; what the buttons are is `actions.ts`.
 *
 * @module
 */

import { PAGE_HEADER } from '../authorization.ts';

/** Of this one the answer comes when the process is about to end. */
const ACCEPTED = 202;

const dialog = document.querySelector('dialog') as HTMLDialogElement;
const [ask, warning, command, confirm] = ['#ask', '#warning', 'code', '#confirm'].map((each) =>
  dialog.querySelector(each),
) as [HTMLElement, HTMLElement, HTMLElement, HTMLButtonElement];
const said = document.querySelector('#said') as HTMLElement;
// As for the page itself: without the user and the password of its URL.
const folder = location.origin + location.pathname.replace(/[^/]*$/, '');
let chosen: DOMStringMap = {};
let label = '';

/** Listens to the buttons in there, also to those that an update brings. */
export function listen(main: HTMLElement): void {
  main.addEventListener('click', ({ target }) => {
    const button = target instanceof Element ? target.closest('button') : null;
    // One that is off keeps the focus, as a disabled one would not.
    if (button === null || button.ariaDisabled === 'true') return;
    // Copied: what the button is for may change while its question is open.
    chosen = { ...button.dataset };
    label = (button.textContent ?? '').replace('…', '');
    ask.textContent = chosen.question ?? '';
    warning.textContent = chosen.warning ?? '';
    command.textContent = chosen.command ?? '';
    confirm.textContent = label;
    confirm.className = button.className;
    dialog.showModal();
  });
  (dialog.querySelector('#cancel') as HTMLElement).onclick = () => dialog.close();
  confirm.onclick = () => {
    dialog.close();
    void send();
  };
}

async function send(): Promise<void> {
  const { path, body, done } = chosen;
  const what = label;
  said.textContent = `${what}: sent, waiting for the answer.`;
  try {
    const response = await fetch(folder + path, {
      method: 'POST',
      headers: { [PAGE_HEADER]: '1' },
      body: body || null,
      redirect: 'error',
    });
    const answer: { ok?: boolean; error?: string } = await response.json();
    if (response.status === ACCEPTED) said.textContent = 'The shutdown was accepted.';
    else if (answer.ok === true) said.textContent = done ?? '';
    else if (response.status === 401) said.textContent = `${what}: refused. ${REFUSED}`;
    else said.textContent = `${what}: ${answer.error ?? 'it did not go well; see below.'}`;
  } catch {
    said.textContent = `${what}: no answer came. What is shown here says whether it was done.`;
  }
}

/** A password that opened the page opens this, unless the request does not look like the page's own. */
const REFUSED =
  'The token was changed, or a proxy hides which site this page is of; the command line still works.';
