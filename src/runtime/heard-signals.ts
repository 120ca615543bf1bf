/**
 * The signals that ask for a lifecycle's shutdown at present, for a thread that can receive them
 * while the main loop is blocked. It listens to no signal itself.
 *
 * @module
 */

import type { Lifecycle } from '../lifecycle/lifecycle.ts';

/** What one call of `handleSignals` asks for. */
export interface Heard {
  /** The signals that ask for the shutdown. */
  readonly names: readonly string[];
  /** Nothing is to be logged. */
  readonly isSilent: boolean;
  /** The file of the record. */
  readonly record?: string | undefined;
  /** The socket of the `tidegate run` above this process. */
  readonly parent?: string | undefined;
}

/** Hears what all calls together ask for, whenever it changes. */
export type HeardListener = (heard: Heard) => void;

interface Entry {
  /** Of each call of `handleSignals` that has not been undone. */
  readonly calls: Set<Heard>;
  readonly listeners: Set<HeardListener>;
}

const entries: WeakMap<Lifecycle, Entry> = new WeakMap();

/** Notes what is listened to from now on, in addition to what is already. Returns the undo. */
export function heard(lifecycle: Lifecycle, asked: Heard): () => void {
  const entry = entryOf(lifecycle);
  // An object of its own, so that the undo takes back this one and no equal one.
  const call = { ...asked };
  entry.calls.add(call);
  tell(entry);
  return () => {
    if (entry.calls.delete(call)) tell(entry);
  };
}

/** Tells `listener` now, if there is anything, and at every change. Returns the undo. */
export function onHeard(lifecycle: Lifecycle, listener: HeardListener): () => void {
  const entry = entryOf(lifecycle);
  entry.listeners.add(listener);
  if (entry.calls.size > 0) listener(together(entry));
  return () => {
    entry.listeners.delete(listener);
  };
}

/** Tells what is asked for once more, since something else that goes with it has changed. */
export function retell(lifecycle: Lifecycle): void {
  tell(entryOf(lifecycle));
}

function tell(entry: Entry): void {
  for (const listener of entry.listeners) listener(together(entry));
}

function together({ calls }: Entry): Heard {
  const all = [...calls];
  return {
    names: [...new Set(all.flatMap(({ names }) => names))],
    isSilent: all.length > 0 && all.every(({ isSilent }) => isSilent),
    record: all.find(({ record }) => record !== undefined)?.record,
    parent: all.find(({ parent }) => parent !== undefined)?.parent,
  };
}

function entryOf(lifecycle: Lifecycle): Entry {
  const entry = entries.get(lifecycle) ?? { calls: new Set(), listeners: new Set() };
  entries.set(lifecycle, entry);
  return entry;
}
