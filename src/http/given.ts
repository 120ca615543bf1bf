/**
 * Functions that an application passes, which are called at each request. Whatever they do, the
 * request goes on. What they return is used elsewhere.
 *
 * @module
 */

import { journal, type LogEventType } from '../lifecycle/journal.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { isThenable } from '../lifecycle/thenable.ts';

/**
 * Makes a function of the application safe to call. What it throws, or what `taken` throws over what it
 * returned, is an event of the journal and `undefined`. It is logged once, until it works again: probes come
 * every second.
 *
 * @param name of the option
 * @param ask not awaited: a promise is for `taken` to refuse
 * @param taken makes of the result what is used
 */
export function given<T>(
  lifecycle: Lifecycle,
  type: LogEventType,
  name: string,
  ask: () => unknown,
  taken: (value: unknown) => T,
): () => T | undefined {
  let isFailing = false;
  return () => {
    try {
      const value = ask();
      // Nobody awaits it, and its rejection must not end the process.
      if (isThenable(value)) value.then(ignore, ignore);
      const result = taken(value);
      isFailing = false;
      return result;
    } catch (error) {
      if (!isFailing) journal(lifecycle, { type, message: `${name} failed`, error });
      isFailing = true;
      return undefined;
    }
  };
}

function ignore(): void {}
