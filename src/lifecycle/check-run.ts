/**
 * One run of a check against the clock. What its outcome leads to is in `checks.ts`.
 *
 * @module
 */

import { added } from '../core/backends.ts';
import { monotonicMs } from './clock.ts';
import { messageOf } from './errors.ts';
import type { Signal } from './platform.ts';
import { unreference } from './quiet-timer.ts';

/** What a check is run with. */
export interface CheckContext {
  /** Aborts when the run's time is up, and when the check is removed or the process is leaving. */
  readonly signal: Signal;
}

/** Parts that a time-out is counted in. */
const PARTS = 4;

/**
 * Runs it, at once. Time in which the loop does not turn counts as a part of the time-out at most: a
 * check that blocks the loop must not make all others fail, which have their answers waiting. What the
 * run blocks before it first returns is its own, and counts.
 *
 * @param failed hears why, once, when it fails or its time is up
 * @param ended hears the end, whenever that is; `isOk` unless it has failed
 * @returns what aborts it
 */
export function runCheck(
  run: (context: CheckContext) => unknown,
  timeoutMs: number,
  failed: (error: string) => void,
  ended: (isOk: boolean) => void,
): (reason: unknown) => void {
  const controller = new AbortController();
  added.allowListeners?.(controller.signal);
  const began = monotonicMs();
  let parts = 0;
  let isOk = true;
  const fail = (error: string): void => {
    clearTimeout(timer);
    if (isOk) failed(error);
    isOk = false;
  };
  const timeOut = (): void => {
    const error = `timed out after ${timeoutMs} ms`;
    fail(error);
    controller.abort(new DOMException(error, 'TimeoutError'));
  };
  const arm = (): ReturnType<typeof setTimeout> =>
    unreference(
      setTimeout(() => {
        parts += 1;
        if (parts < PARTS) timer = arm();
        else timeOut();
      }, timeoutMs / PARTS),
    );
  let timer = arm();
  const end = (): void => {
    clearTimeout(timer);
    ended(isOk);
  };
  const start = async (): Promise<unknown> => run({ signal: controller.signal });
  start().then(end, (thrown: unknown) => {
    fail(messageOf(thrown));
    end();
  });
  if (monotonicMs() - began > timeoutMs) timeOut();
  return (reason) => {
    clearTimeout(timer);
    controller.abort(reason);
  };
}
