/**
 * Connects the main thread to the `tidegate run` above it. What the connection does is in `link.ts`,
 * which a process without a parent never loads.
 *
 * @module
 */

import type { Lifecycle } from '../../lifecycle/lifecycle.ts';
import { onHeard } from '../heard-signals.ts';
import type { Link } from './link.ts';

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
    if (!isOver) link = linkToParent(lifecycle, path, { thread: 'main', names: () => names });
  });
  return () => {
    isOver = true;
    forget();
    link?.end();
  };
}
