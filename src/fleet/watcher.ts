/**
 * Starts the thread that watches the time of this thread's leases, and tells it when that is over. What
 * the thread does is `watcher-thread.ts`.
 *
 * The clocks of two threads count from different moments. So the watcher sends what its clock says, and
 * when that is read here, its clock says at least as much: {@link Watcher.untilOf} of a time of ours is
 * at that time or before it, by as much as the fastest message took. The hold is set early by that much,
 * which is a fraction of a millisecond where the machine is idle, and late by no more than the system is
 * late to run a thread whose sleep is over.
 *
 * @module
 */

import { NO_END } from '../core/lease-cells.ts';
import { monotonicMs } from '../lifecycle/clock.ts';
import { unreference } from '../lifecycle/quiet-timer.ts';
import type { Seat } from '../lifecycle/seat.ts';
import { WATCHER_SOURCE } from './watcher-source.ts';
import type { WatcherData } from './watcher-thread.ts';
import { AT_ENDED, AT_WAKE, CONTROL_WORDS, MICROSECONDS } from './watcher-words.ts';

/** How often the clocks are compared before the first lease is held. */
const FIRST_MESSAGES = 4;
/** For how long a thread is waited for; without it the lease is held all the same. */
const START_MS = 5_000;

/** The part of a `Worker` that is used. */
interface Thread {
  on(event: 'message', listener: (clockMs: number) => void): unknown;
  once(event: 'error', listener: (error: unknown) => void): unknown;
  once(event: 'exit', listener: () => void): unknown;
  unref(): void;
  terminate(): unknown;
}

const watchers: WeakMap<Seat, Watcher> = new WeakMap();

/** What watches the leases of one thread. */
export class Watcher {
  readonly #seat: Seat;
  readonly #control: Int32Array<SharedArrayBuffer>;
  /** Of those that use it. */
  #users = 0;
  /** What is added to this thread's clock, at most, to have that of the watcher. */
  #offsetMs = Number.NEGATIVE_INFINITY;
  #messages = 0;
  #isEnded = false;
  #terminate = (): void => {};
  #ready = (): void => {};
  readonly #whenReady: Promise<void>;

  private constructor(seat: Seat, memory: SharedArrayBuffer) {
    this.#seat = seat;
    this.#control = new Int32Array(
      new SharedArrayBuffer(CONTROL_WORDS * Int32Array.BYTES_PER_ELEMENT),
    );
    this.#whenReady = new Promise((resolve) => {
      this.#ready = resolve;
    });
    const { number, incarnation } = seat.member;
    const control = this.#control.buffer;
    this.#start({ memory, control, member: { number, incarnation } }).catch((error) =>
      this.#fail(error),
    );
  }

  /**
   * The watcher of a seat, started if need be; `undefined` where memory is not shared, and no other
   * thread could watch anything.
   */
  static of(seat: Seat): Watcher | undefined {
    const { buffer, shared } = seat.memory;
    if (!shared) return undefined;
    // It is one: so it was made.
    const watcher = watchers.get(seat) ?? new Watcher(seat, buffer as SharedArrayBuffer);
    watchers.set(seat, watcher);
    watcher.#users += 1;
    return watcher;
  }

  /** Resolves when it watches, or it is clear that it will not. */
  get whenReady(): Promise<void> {
    return this.#whenReady;
  }

  /** A time of this thread in microseconds of the watcher's; without a watcher it never comes. */
  untilOf(untilMs: number): bigint {
    const ms = untilMs + this.#offsetMs;
    return Number.isFinite(ms) ? BigInt(Math.floor(ms * MICROSECONDS)) : NO_END;
  }

  /** Makes it look at the cells again. */
  readonly wake = (): void => {
    Atomics.add(this.#control, AT_WAKE, 1);
    Atomics.notify(this.#control, AT_WAKE);
  };

  /** One who used it does so no more; the last one ends it. */
  end(): void {
    this.#users -= 1;
    if (this.#users === 0) this.#stop();
  }

  async #start(workerData: WatcherData): Promise<void> {
    // What a page or an isolate does not have is no reason to fail there.
    const { Worker } = await import('node:worker_threads');
    if (this.#isEnded) return;
    const source = new URL(`data:text/javascript,${encodeURIComponent(WATCHER_SOURCE)}`);
    const thread: Thread = new Worker(source, {
      workerData,
      name: 'tidegate-leases',
      execArgv: [],
    });
    thread.once('error', (error) => this.#fail(error));
    thread.once('exit', () => this.#fail(new Error('the thread ended')));
    thread.on('message', (clockMs) => this.#hear(clockMs));
    thread.unref();
    unreference(setTimeout(this.#ready, START_MS));
    this.#terminate = () => void thread.terminate();
  }

  #hear(clockMs: number): void {
    this.#offsetMs = Math.max(this.#offsetMs, clockMs - monotonicMs());
    this.#messages += 1;
    if (this.#messages < FIRST_MESSAGES) this.wake();
    else this.#ready();
  }

  /** From here on a blocked loop is noticed when it turns again. */
  #fail(error: unknown): void {
    this.#offsetMs = Number.NEGATIVE_INFINITY;
    this.#ready();
    if (this.#isEnded) return;
    const message =
      'Leases are not watched: a blocked event loop admits writes after the lease has expired';
    this.#seat.journal.write({ type: 'lease_failed', message, error });
    this.#stop();
  }

  #stop(): void {
    this.#isEnded = true;
    if (watchers.get(this.#seat) === this) watchers.delete(this.#seat);
    Atomics.store(this.#control, AT_ENDED, 1);
    this.wake();
    this.#terminate();
  }
}
