/**
 * Notices that the lifecycle is Stopped. It does not keep the process alive; an open server does.
 *
 * @module
 */

import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { Phase } from '../lifecycle/phase.ts';

/**
 * Calls `then` once when the lifecycle is Stopped, at the earliest after this call has returned.
 *
 * @returns the undo
 */
export function whenStopped(lifecycle: Lifecycle, then: () => void): () => void {
  let wanted = true;
  const once = (): void => {
    if (!wanted) return;
    wanted = false;
    then();
  };
  // Listen first, look second: a move between the two is heard.
  const forget = lifecycle.onTransition(({ to }) => {
    if (to === Phase.Stopped) once();
  });
  if (lifecycle.phase() === Phase.Stopped) queueMicrotask(once);
  return () => {
    wanted = false;
    forget();
  };
}
