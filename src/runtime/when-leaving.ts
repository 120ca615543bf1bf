/**
 * Notices the acceptance of a shutdown as early as this thread can. It keeps no process alive.
 *
 * @module
 */

import type { Lifecycle } from '../lifecycle/lifecycle.ts';

/**
 * Calls `then` once: at once if a shutdown is accepted already.
 *
 * The signal of `leaving` is for every thread, and may abort some turns after the acceptance. The
 * thread that hosts the shutdown hears of it before the first step runs.
 *
 * @returns the undo
 * @throws {LifecycleError} `detached`
 */
export function whenLeaving(lifecycle: Lifecycle, then: () => void): () => void {
  const { leaving } = lifecycle;
  let isWanted = true;
  const once = (): void => {
    if (!isWanted) return;
    undo();
    then();
  };
  const forget = lifecycle.onShutdown(({ type }) => {
    if (type === 'accepted') once();
  });
  const undo = (): void => {
    isWanted = false;
    forget();
    leaving.removeEventListener('abort', once);
  };
  if (leaving.aborted) once();
  else leaving.addEventListener('abort', once);
  return undo;
}
