/**
 * What happens to an error that a `fetch` handler throws: the application is told, or it becomes a
 * line in the journal. It sends nothing.
 *
 * @module
 */

import { journal } from '../lifecycle/journal.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import type { WebRequest, WebResponse } from '../lifecycle/platform.ts';
import { sendable } from './answer.ts';

/** Hears of an error; resolves with the response in place of the 500, if there is one. Never rejects. */
export type OnFailure = (error: unknown, request: WebRequest) => Promise<WebResponse | undefined>;

/** By what the application asked for: see `ServeOptions.onError`. */
export function onFailure(
  lifecycle: Lifecycle,
  onError: ((error: unknown, request: WebRequest) => unknown) | undefined,
): OnFailure {
  const write = (message: string, error: unknown): void =>
    journal(lifecycle, { type: 'fetch_failed', message, error });
  return async (error, request) => {
    if (onError === undefined) {
      write('fetch failed', error);
      return undefined;
    }
    try {
      const instead: unknown = await onError(error, request);
      return instead instanceof Response ? sendable(instead) : undefined;
    } catch (thrown) {
      write('fetch failed', error);
      write('onError failed', thrown);
      return undefined;
    }
  };
}
