/**
 * Worker threads on Node: their exit is the proof of death that `reap` asks for.
 *
 * @module
 */

import { LifecycleError } from '../lifecycle/errors.ts';
import { isLifecycle } from '../lifecycle/is-lifecycle.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import type { Member } from '../lifecycle/seat.ts';
import type { MemberSnapshot } from '../lifecycle/snapshot.ts';

/** The part of a `worker_threads.Worker` that is used here. */
export interface WatchedWorker {
  readonly threadId: number;
  once(event: 'exit', listener: () => void): unknown;
  off(event: 'exit', listener: () => void): unknown;
}

/**
 * Reaps whatever a worker had in this lifecycle when it exits: its permits, its claims, the
 * shutdown if it hosted it. Call it as soon as the worker was made; it does not matter whether, or
 * when, the worker attaches.
 *
 * @returns the undo
 * @throws {LifecycleError} `invalid_argument` for what is no worker, or one that has exited
 * @see https://nodejs.org/api/worker_threads.html#event-exit
 */
export function watchWorker(lifecycle: Lifecycle, worker: WatchedWorker): () => void {
  if (!isLifecycle(lifecycle)) throw invalid('lifecycle must be a Lifecycle');
  // Once it has exited its number is -1, so it is asked for now.
  const threadId: unknown = worker?.threadId;
  if (typeof threadId !== 'number' || threadId <= 0 || typeof worker.once !== 'function') {
    throw invalid(threadId === -1 ? 'it has exited' : 'this is no worker');
  }
  const onExit = (): void => {
    for (const { threadId: owner, member: number, incarnation } of membersOf(lifecycle)) {
      if (owner === threadId) reapQuietly(lifecycle, { number, incarnation });
    }
  };
  worker.once('exit', onExit);
  return () => {
    worker.off('exit', onExit);
  };
}

/** Reaps from where nobody can catch: a thread that has detached has no say any more. */
export function reapQuietly(lifecycle: Lifecycle, member: Member): void {
  try {
    lifecycle.reap(member);
  } catch (error) {
    if (!isDetached(error)) throw error;
  }
}

function membersOf(lifecycle: Lifecycle): readonly MemberSnapshot[] {
  try {
    return lifecycle.snapshot().members;
  } catch (error) {
    if (!isDetached(error)) throw error;
    return [];
  }
}

function invalid(why: string): LifecycleError {
  return new LifecycleError('invalid_argument', `Cannot watch the worker: ${why}`);
}

function isDetached(error: unknown): boolean {
  return error instanceof LifecycleError && error.code === 'detached';
}
