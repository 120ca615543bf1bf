/**
 * The script of the status page, which the build bundles into the page: it fetches the page again
 * and replaces what has changed. Only the service renders, so there is one form of everything, and
 * what was escaped stays escaped. The buttons are in `act.ts`. It runs in browsers; no module
 * imports it.
 *
 * @module
 */

import { listen } from './act.ts';

/** Often enough to see the steps of a shutdown end one by one. */
const INTERVAL_MS = 500;
/** A service that takes longer is as good as gone. */
const TIMEOUT_MS = 5_000;

const main = document.querySelector('main') as HTMLElement;
const heading = document.querySelector('h1') as HTMLElement;
const note = document.querySelector('#note') as HTMLElement;
const pause = document.querySelector('#pause') as HTMLButtonElement;
// Not location.href: the user and password of a URL may not be in that of a request.
const url = location.origin + location.pathname + location.search;
let title = document.title;
let isPaused = false;
let lostAt = '';

// What does nothing without a script is shown from here on.
document.body.className = 'live';
listen(main);
pause.hidden = false;
pause.onclick = () => {
  isPaused = !isPaused;
  pause.textContent = isPaused ? 'Resume updates' : 'Pause updates';
  say(isPaused ? 'Paused.' : '');
};
setTimeout(turn, INTERVAL_MS);

async function turn(): Promise<void> {
  // A page that nobody looks at asks for nothing.
  if (!isPaused && !document.hidden) await refresh();
  setTimeout(turn, INTERVAL_MS);
}

async function refresh(): Promise<void> {
  try {
    const response = await fetch(url, {
      headers: { accept: 'text/html' },
      cache: 'no-store',
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) throw `It answered ${response.status}`;
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    const fresh = page.querySelector('main');
    const called = page.querySelector('h1');
    if (fresh === null || called === null) throw 'Something else answers';
    if (isPaused) return;
    lostAt = '';
    main.classList.remove('stale');
    title = page.title;
    document.title = title;
    // The next process may be of another version.
    lay(heading, called);
    lay(main, fresh);
    say('');
  } catch (error) {
    if (isPaused) return;
    lostAt ||= new Date().toLocaleTimeString();
    main.classList.add('stale');
    document.title = `gone? ${title}`;
    const what = typeof error === 'string' ? error : 'No answer';
    say(
      `${what} since ${lostAt}: the process may be gone. What you see is what it last said. Still trying.`,
    );
  }
}

/** Only what differs: a live region must not speak of what it has said. */
function say(text: string): void {
  if (note.textContent !== text) note.textContent = text;
}

/**
 * Makes the one tree like the other, and touches nothing that is like it already: no flicker, and
 * focus, selection and scroll position stay where they are. Rows only ever come at an end.
 */
function lay(old: Node, fresh: Node): void {
  const children = [...fresh.childNodes];
  for (const [index, child] of children.entries()) {
    const present = old.childNodes[index];
    if (present === undefined) old.appendChild(document.importNode(child, true));
    else if (present.nodeName !== child.nodeName) {
      old.replaceChild(document.importNode(child, true), present);
    } else if (present instanceof Element && child instanceof Element) {
      layAttributes(present, child);
      lay(present, child);
    } else if (present.nodeValue !== child.nodeValue) present.nodeValue = child.nodeValue;
  }
  while (old.childNodes.length > children.length) old.lastChild?.remove();
}

function layAttributes(old: Element, fresh: Element): void {
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
}
