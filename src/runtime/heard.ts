/**
 * Which signals ask for a lifecycle's shutdown at present: told to a thread that can hear them while
 * the main loop is blocked. It listens to no signal itself.
 *
 * @module
 */

import type { Lifecycle } from '../lifecycle/lifecycle.ts';

/** Hears the names whenever they change. */
export type HeardListener = (names: readonly string[]) => void;

interface Entry {
  names: readonly string[];
  readonly listeners: Set<HeardListener>;
}

const entries: WeakMap<Lifecycle, Entry> = new WeakMap();

/** Notes what is listened to from now on; none takes it back. */
export function heard(lifecycle: Lifecycle, names: readonly string[]): void {
  const entry = entryOf(lifecycle);
  entry.names = names;
  for (const listener of entry.listeners) listener(names);
}

/** Tells `listener` now, if there are any, and at every change. Returns the undo. */
export function onHeard(lifecycle: Lifecycle, listener: HeardListener): () => void {
  const { names, listeners } = entryOf(lifecycle);
  listeners.add(listener);
  if (names.length > 0) listener(names);
  return () => {
    listeners.delete(listener);
  };
}

function entryOf(lifecycle: Lifecycle): Entry {
  const entry = entries.get(lifecycle) ?? { names: [], listeners: new Set<HeardListener>() };
  entries.set(lifecycle, entry);
  return entry;
}
