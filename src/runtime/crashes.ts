/**
 * Uncaught errors: logged, and passed on. It ends nothing; without its listeners the runtime would
 * end the process at the first one, in the middle of the flush.
 *
 * Node, Deno and Bun all have the two events on `process`. Both are needed: Bun does not pass an
 * unhandled rejection on to a listener for uncaught exceptions, as the others do. On Deno an
 * application that calls `preventDefault()` on the global event has the error to itself.
 *
 * @module
 */

import process from 'node:process';
import { LeavingError } from '../lifecycle/errors.ts';
import { journal, type LogEvent } from '../lifecycle/journal.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { whenLeaving } from './when-leaving.ts';

/** What runtimes call the two kinds, and what the shutdown that one of them causes is called. */
export type CrashTrigger = 'uncaughtException' | 'unhandledRejection';

/** What the two kinds are called in a line of the log. */
const CALLED: Record<CrashTrigger, string> = {
  uncaughtException: 'Uncaught exception',
  unhandledRejection: 'Unhandled rejection',
};

/**
 * Listens for uncaught errors: from now on if `atOnce`, else from the acceptance of a shutdown on.
 *
 * @param onCrash called for each, after it was logged
 * @returns the undo
 */
export function watchCrashes(
  lifecycle: Lifecycle,
  atOnce: boolean,
  onCrash: (trigger: CrashTrigger, error: unknown) => void,
): () => void {
  const crashed = (trigger: CrashTrigger, error: unknown): void => {
    // What a boot rejects with that was asked to stop, and stops: nothing went wrong.
    if (error instanceof LeavingError) return;
    const event: LogEvent = { type: 'uncaught', name: trigger, message: CALLED[trigger], error };
    journal(lifecycle, event);
    onCrash(trigger, error);
  };
  const onException = (error: unknown): void => crashed('uncaughtException', error);
  const onRejection = (reason: unknown): void => crashed('unhandledRejection', reason);
  const install = (): void => {
    process.on('uncaughtException', onException);
    process.on('unhandledRejection', onRejection);
  };
  if (atOnce) install();
  const forget = atOnce ? () => {} : whenLeaving(lifecycle, install);
  return () => {
    forget();
    process.off('uncaughtException', onException);
    process.off('unhandledRejection', onRejection);
  };
}
