/**
 * Waiting without polling: for EPOCH to change, whichever thread changes it.
 *
 * Where memory is shared the thread sleeps on the futex (`Atomics.waitAsync`); where there is one
 * thread only, what changes something calls `wake`. Every sleep has a bound, so a lost wake-up
 * (a thread that died between a change and its notify) costs milliseconds.
 *
 * @module
 */

import { AT_EPOCH } from '../../assembly/layout.ts';
import { isWithin, must } from './check.ts';
import { monotonicMs, TIMER_MAX_MS } from './clock.ts';
import { checkKeys } from './known-keys.ts';
import type { Signal } from './platform.ts';
import { unreference } from './quiet-timer.ts';

/** Longest sleep on the futex before the words are read again. */
const BOUND_MS = 250;
/** The same where there is no `Atomics.waitAsync` to sleep on. */
const POLL_MS = 10;

/** How long to wait, and what ends it early. */
export interface WaitOptions {
  /** How long to wait, in milliseconds, 0 or more. By default there is no limit. */
  readonly timeoutMs?: number | undefined;
  /** Aborts the wait, which then rejects with the signal's reason. */
  readonly signal?: Signal | undefined;
  /** Whether the wait keeps the process alive; default true. */
  readonly keepAlive?: boolean;
}

/** @throws {LifecycleError} `invalid_argument`, for what cannot be waited with */
export function checkWait(action: string, options: WaitOptions): void {
  checkKeys(action, options, ['timeoutMs', 'signal', 'keepAlive']);
  const { timeoutMs, signal } = options;
  const isTime = timeoutMs === undefined || isWithin(timeoutMs, 0, Infinity);
  must(isTime, action, 'timeoutMs must be 0 or more', timeoutMs);
  // By its youngest method: a page's frame has an `AbortSignal` of its own.
  const isSignal = signal === undefined || typeof signal?.throwIfAborted === 'function';
  must(isSignal, action, 'signal must be an AbortSignal', signal);
}

type WaitAsync = (
  words: Int32Array,
  index: number,
  expected: number,
  timeoutMs: number,
) => { async: boolean; value: Promise<string> | string };

/** The waiters of one thread. They share a single sleep, however many they are. */
export class Wakeups {
  readonly #epoch: () => number;
  readonly #words: Int32Array | undefined;
  readonly #waiters: Set<() => void> = new Set();
  #sleeping = false;

  /** @param shared the memory's buffer, if other threads may change it */
  constructor(epoch: () => number, shared: ArrayBufferLike | undefined) {
    this.#epoch = epoch;
    this.#words = shared === undefined ? undefined : new Int32Array(shared);
  }

  /** Says that this thread changed something; needed only where memory is not shared. */
  wake(): void {
    if (this.#words === undefined) this.#wakeAll();
  }

  /**
   * Reads until `read` finds something, and returns it; `undefined` on time-out. `false` is
   * nothing.
   *
   * EPOCH is loaded before `read` looks: a change after the look finds us asleep on an older
   * EPOCH, which wakes us.
   */
  async until<T>(read: () => T | false, options: WaitOptions = {}): Promise<T | undefined> {
    const { timeoutMs, signal, keepAlive = true } = options;
    const endsAt = monotonicMs() + (timeoutMs ?? Infinity);
    // A sleep on the futex does not keep a process alive, so a timer does while it must be.
    const anchor = keepAlive ? setInterval(() => {}, TIMER_MAX_MS) : undefined;
    try {
      while (true) {
        signal?.throwIfAborted();
        const seen = this.#epoch();
        const found = read();
        if (found !== false) return found;
        const left = endsAt - monotonicMs();
        if (left <= 0) return undefined;
        await this.#change(seen, left, signal);
      }
    } finally {
      clearInterval(anchor);
    }
  }

  /**
   * Looks now and at every change, until `look` is true or throws, or the signal aborts. It keeps no
   * process alive.
   *
   * Where there is one thread only, what changes something makes us look. No promise is waited
   * for: on the edge one that a request has made goes nowhere once that request has been answered,
   * and a watch outlasts the request that began it.
   */
  watch(look: () => boolean, signal: Signal): void {
    if (this.#words !== undefined) {
      // It rejects when it is aborted, or the seat was given back; both end it.
      this.until(look, { signal, keepAlive: false }).catch(() => {});
      return;
    }
    let isQueued = false;
    const again = (): void => {
      isQueued = false;
      let isOver = true;
      try {
        isOver = signal.aborted || look();
      } catch {
        // The seat was given back.
      }
      if (isOver) this.#waiters.delete(wake);
    };
    // Later, as a promise would have it: nobody expects to be called back from within a move.
    // Once, however much changes before: each release of a permit is a change.
    const wake = (): void => {
      if (!isQueued) queueMicrotask(again);
      isQueued = true;
    };
    this.#waiters.add(wake);
    signal.addEventListener('abort', () => this.#waiters.delete(wake));
    again();
  }

  /** Resolves when EPOCH is not `seen`, after `left` ms, or when the signal aborts. */
  #change(seen: number, left: number, signal: Signal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiters.delete(wake);
        signal?.removeEventListener('abort', wake);
        clearTimeout(timer);
        resolve();
      };
      const timer =
        left < Infinity ? setTimeout(wake, Math.min(Math.ceil(left), TIMER_MAX_MS)) : undefined;
      this.#waiters.add(wake);
      signal?.addEventListener('abort', wake);
      if (this.#words !== undefined && !this.#sleeping) this.#sleep(this.#words, seen);
    });
  }

  /** One sleep for all waiters. Those that come while it lasts are woken by its end. */
  #sleep(words: Int32Array, seen: number): void {
    this.#sleeping = true;
    const woken = (): void => {
      this.#sleeping = false;
      this.#wakeAll();
    };
    const { waitAsync } = Atomics as { waitAsync?: WaitAsync };
    if (waitAsync === undefined) {
      unreference(setTimeout(woken, POLL_MS));
      return;
    }
    const slept = waitAsync.call(Atomics, words, AT_EPOCH >> 2, seen, BOUND_MS);
    void Promise.resolve(slept.value).then(woken);
  }

  #wakeAll(): void {
    for (const wake of [...this.#waiters]) wake();
  }
}
