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
  /** Of each call of `handleSignals` that has not been undone. */
  readonly lists: Set<readonly string[]>;
  readonly listeners: Set<HeardListener>;
}

const entries: WeakMap<Lifecycle, Entry> = new WeakMap();

/** Notes what is listened to from now on, beside what is already. Returns the undo. */
export function heard(lifecycle: Lifecycle, names: readonly string[]): () => void {
  const entry = entryOf(lifecycle);
  // A list of its own, so that the undo takes back this one and no equal one.
  const list = [...names];
  entry.lists.add(list);
  tell(entry);
  return () => {
    if (entry.lists.delete(list)) tell(entry);
  };
}

/** Tells `listener` now, if there are any, and at every change. Returns the undo. */
export function onHeard(lifecycle: Lifecycle, listener: HeardListener): () => void {
  const entry = entryOf(lifecycle);
  entry.listeners.add(listener);
  if (entry.lists.size > 0) listener(namesIn(entry));
  return () => {
    entry.listeners.delete(listener);
  };
}

function tell(entry: Entry): void {
  for (const listener of entry.listeners) listener(namesIn(entry));
}

function namesIn({ lists }: Entry): readonly string[] {
  return [...new Set([...lists].flat())];
}

function entryOf(lifecycle: Lifecycle): Entry {
  const entry = entries.get(lifecycle) ?? { lists: new Set(), listeners: new Set() };
  entries.set(lifecycle, entry);
  return entry;
}
