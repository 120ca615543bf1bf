/**
 * The number that the runtime gave this thread: a supervisor knows a dead worker by it. Nothing is
 * decided by it.
 *
 * @module
 */

import { added } from '../core/backends.ts';

/** What a runtime says of its threads, without an import that others do not have. */
interface Globals {
  /** The class of the global object of pages and of Deno's main thread. Workers do not have it. */
  readonly Window?: unknown;
  readonly Bun?: { readonly isMainThread?: boolean };
  readonly process?: {
    readonly getBuiltinModule?: (name: string) => { readonly threadId?: number } | undefined;
    readonly report?: {
      readonly getReport?: () => { readonly header?: { readonly threadId?: number } };
    };
  };
}

/** Of the main thread, which every runtime numbers 0. */
const MAIN_TAG = 1;
/** Bit of a thread that serves probes; no process numbers threads that far. */
const PROBES_TAG = 0x10000000;

/**
 * The number of this thread plus one; 0 where threads have none. (Node, Deno, Bun.)
 *
 * A main thread is known at sight where that can be: to look at `process` makes Deno load Node's
 * whole compatibility layer, half of a process's start, and Bun takes milliseconds for its threads.
 *
 * Node before 20.16 tells it in its diagnostic report only, which takes some milliseconds.
 *
 * @see https://nodejs.org/api/process.html#processgetbuiltinmoduleid
 */
function threadTag(): number {
  const scope = globalThis as Globals;
  if (scope.Window !== undefined || scope.Bun?.isMainThread === true) return MAIN_TAG;
  const { getBuiltinModule, report } = scope.process ?? {};
  const number =
    getBuiltinModule === undefined
      ? report?.getReport?.().header?.threadId
      : getBuiltinModule('node:worker_threads')?.threadId;
  return number === undefined ? 0 : number + MAIN_TAG;
}

/** Brings it: no page or isolate has numbers to tell. */
export function useThreadNumbers(): void {
  added.threadTag = threadTag;
}

/** Marks the tag of this thread as that of a probe thread, for whoever reads the members. */
export function tagAsProbes(): void {
  const tag = added.threadTag;
  added.threadTag = () => (tag?.() ?? 0) | PROBES_TAG;
}

/** The number that a tag was made of, `null` if there was none. */
export function threadOf(tag: number): number | null {
  const number = tag & ~PROBES_TAG;
  return number === 0 ? null : number - MAIN_TAG;
}

/** True if it is the tag of a probe thread. */
export function isProbes(tag: number): boolean {
  return (tag & PROBES_TAG) !== 0;
}
