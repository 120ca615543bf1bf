/**
 * Lets any number of listeners wait for one of our signals. Node 20 warns of a leak at the
 * eleventh, and `lifecycle.leaving` is for every request, timer and consumer of a process.
 *
 * @module
 */

import { added } from '../core/backends.ts';

interface NodeGlobals {
  readonly Deno?: unknown;
  readonly Bun?: unknown;
  readonly process?: {
    readonly getBuiltinModule?: (name: string) => NodeEvents | undefined;
  };
}

/** The part of `node:events` that is used here. */
interface NodeEvents {
  readonly setMaxListeners?: (most: number, signal: AbortSignal) => void;
}

/** What Node before 20.16, which gives no module without an import, calls the limit. */
const LIMIT = 'events.maxEventTargetListeners';

/**
 * Lifts the limit. Only Node has one; Deno would load its whole Node layer at a look at `process`.
 *
 * @see https://nodejs.org/api/events.html#eventssetmaxlistenersn-eventtargets
 */
function allowListeners(signal: AbortSignal): void {
  const { Deno, Bun, process } = globalThis as NodeGlobals;
  if (Deno !== undefined || Bun !== undefined) return;
  const events = process?.getBuiltinModule?.('node:events');
  if (events !== undefined) {
    events.setMaxListeners?.(0, signal);
    return;
  }
  const limit = Object.getOwnPropertySymbols(signal).find(
    ({ description }) => description === LIMIT,
  );
  if (limit !== undefined) Object.assign(signal, { [limit]: 0 });
}

/** Brings it: no page or isolate warns. */
export function useListeners(): void {
  added.allowListeners = allowListeners;
}
