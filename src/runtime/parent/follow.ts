/**
 * Connects the main thread to the `tidegate run` above it. What the connection does is in `link.ts`,
 * which a process without a parent never loads.
 *
 * @module
 */

import type { Lifecycle } from '../../lifecycle/lifecycle.ts';
import { onHeard } from '../heard-signals.ts';
import { serversOf } from '../open-servers.ts';
import type { Link } from './link.ts';

/**
 * How long connections have to be told that they end, or to be seen idle, before the gate closes. A response
 * in flight that takes longer is waited for by the shutdown, as ever.
 */
const RETIRE_MS = 2_000;

/** From the next turn of the loop on, so that what is set up in this one is in the first message. Returns the undo. */
export function follow(lifecycle: Lifecycle, path: string): () => void {
  let isOver = false;
  let link: Link | undefined;
  let names: readonly string[] = [];
  const forget = onHeard(lifecycle, (heard) => {
    names = heard.names;
    link?.tell();
  });
  void import('./link.ts').then(({ linkToParent }) => {
    if (isOver) return;
    const retire = (stop: () => void): void => void closedFirst(lifecycle).then(stop);
    try {
      link = linkToParent(lifecycle, path, { thread: 'main', names: () => names, retire });
    } catch {
      // It was detached meanwhile: there is nothing to tell.
    }
  });
  return () => {
    isOver = true;
    forget();
    link?.end();
  };
}

/** While the gate is open, so that nothing that comes on an open connection is refused. */
async function closedFirst(lifecycle: Lifecycle): Promise<void> {
  const closed = Promise.allSettled(serversOf(lifecycle).map((server) => server.close()));
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, RETIRE_MS);
  });
  await Promise.race([closed, late]);
  clearTimeout(timer);
}
