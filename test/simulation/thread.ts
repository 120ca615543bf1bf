/**
 * A simulated thread: its queue of jobs, timers, sleeps and messages. What it calls its globals is in
 * `realm.ts`; what runs when is decided by the world.
 *
 * @module
 */

import { isStirred, type Sleep, type Sleeps } from './futex.ts';
import type { SimulatedProcess } from './process.ts';

/** A timer, as Node has them. */
interface Timer {
  readonly order: number;
  readonly run: () => void;
  readonly everyMs: number | undefined;
  dueMs: number;
  isKept: boolean;
}

/** What all threads have in common. */
export interface Surroundings {
  /** True time. */
  nowMs(): number;
  /** Wall-clock time. */
  wallMs(): number;
  /** How much later than asked a timer goes off. */
  latenessMs(): number;
  /** Numbers that only grow. */
  next(): number;
  readonly process: SimulatedProcess;
  /** What is printed to stderr. */
  print(thread: number, text: string): void;
}

/** A piece of work that a thread could do next. */
export type Work = () => void;

/** One thread. */
export class Thread {
  readonly number: number;
  isAlive = true;
  /** Until then its loop does not turn. */
  stalledUntilMs = 0;
  readonly around: Surroundings;
  /** When it began, by true time. */
  readonly bornMs: number;
  readonly sleeps: Sleeps = new Set();
  readonly process: object;
  readonly #jobs: Work[] = [];
  #head = 0;
  readonly #messages: Work[] = [];
  readonly #timers: Set<Timer> = new Set();
  readonly #unheard: Map<object, unknown> = new Map();

  constructor(number: number, around: Surroundings) {
    this.number = number;
    this.around = around;
    this.bornMs = around.nowMs();
    this.process = around.process.forThread(number);
  }

  /** Runs it on this thread, as an event of its own. */
  post(work: Work): void {
    this.#messages.push(work);
  }

  /** A job of a promise, after those before it. */
  put(job: Work): void {
    this.#jobs.push(job);
  }

  /** A promise was rejected and nobody listens yet; or somebody does now. */
  unheard(promise: object, reason: unknown, isUnheard: boolean): void {
    if (isUnheard) this.#unheard.set(promise, reason);
    else this.#unheard.delete(promise);
  }

  /** Starts a timer, as Node has them. */
  timer(run: Work, ms: number, isRepeated: boolean): object {
    // At least one millisecond, whole ones (Node's documentation of setTimeout).
    const delayMs = Math.max(1, Math.trunc(Number(ms)) || 0);
    const dueMs = this.around.nowMs() + delayMs + this.around.latenessMs();
    const everyMs = isRepeated ? delayMs : undefined;
    const timer: Timer = { order: this.around.next(), run, everyMs, dueMs, isKept: true };
    this.#timers.add(timer);
    const handle = {
      timer,
      ref: () => {
        timer.isKept = true;
        return handle;
      },
      unref: () => {
        timer.isKept = false;
        return handle;
      },
    };
    return handle;
  }

  /** Stops one. */
  clear(handle: unknown): void {
    const { timer } = (handle ?? {}) as { readonly timer?: Timer };
    if (timer !== undefined) this.#timers.delete(timer);
  }

  /** Nothing of it runs any more. */
  die(): void {
    this.isAlive = false;
    this.#jobs.length = 0;
    this.#head = 0;
    this.#messages.length = 0;
    this.#timers.clear();
    this.sleeps.clear();
    this.#unheard.clear();
  }

  /** How many timers keep the process alive. */
  keeping(): number {
    let count = 0;
    for (const { isKept } of this.#timers) count += Number(isKept);
    return count;
  }

  /** True if there is something to do now. */
  isReady(): boolean {
    if (!this.isAlive || this.stalledUntilMs > this.around.nowMs()) return false;
    if (this.#head < this.#jobs.length || this.#messages.length > 0) return true;
    return this.#due() !== undefined || this.#stirred() !== undefined;
  }

  /** When there will be something to do, if nothing else happens. */
  nextMs(): number {
    if (!this.isAlive) return Infinity;
    const isWaiting = this.#head < this.#jobs.length || this.#messages.length > 0;
    let next = isWaiting || this.#stirred() !== undefined ? 0 : Infinity;
    for (const { dueMs } of this.#timers) next = Math.min(next, dueMs);
    for (const { endsAtMs } of this.sleeps) next = Math.min(next, endsAtMs);
    return Math.max(next, this.stalledUntilMs);
  }

  /** Does one thing: a job of a promise if there is one, else an event. */
  turn(choose: (count: number) => number): void {
    const job = this.#jobs[this.#head];
    if (job !== undefined) {
      this.#head += 1;
      if (this.#head === this.#jobs.length) {
        this.#jobs.length = 0;
        this.#head = 0;
      }
      job();
      if (this.#jobs.length === 0) this.#tellUnheard();
      return;
    }
    const events: Work[] = [];
    const [message] = this.#messages;
    if (message !== undefined) events.push(() => (this.#messages.shift() as Work)());
    const due = this.#due();
    if (due !== undefined) events.push(due);
    const stirred = this.#stirred();
    if (stirred !== undefined) events.push(() => stirred.wake('ok'));
    events[choose(events.length)]?.();
    if (this.#jobs.length === 0) this.#tellUnheard();
  }

  /** Ends a sleep for no reason. */
  wakeSpuriously(): void {
    const [sleep] = this.sleeps;
    sleep?.wake('ok');
  }

  /** The timer or sleep whose time is over; the earliest first. */
  #due(): Work | undefined {
    const nowMs = this.around.nowMs();
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs > nowMs) continue;
      const isEarlier =
        first === undefined ||
        timer.dueMs < first.dueMs ||
        (timer.dueMs === first.dueMs && timer.order < first.order);
      if (isEarlier) first = timer;
    }
    if (first !== undefined) return () => this.#goOff(first);
    for (const sleep of this.sleeps) {
      if (sleep.endsAtMs <= nowMs) return () => sleep.wake('timed-out');
    }
    return undefined;
  }

  #stirred(): Sleep | undefined {
    for (const sleep of this.sleeps) if (isStirred(sleep)) return sleep;
    return undefined;
  }

  #goOff(timer: Timer): void {
    if (timer.everyMs === undefined) this.#timers.delete(timer);
    else timer.dueMs = this.around.nowMs() + timer.everyMs + this.around.latenessMs();
    timer.run();
  }

  /** As Node does: when no job is left, what was rejected and has no listener is told. */
  #tellUnheard(): void {
    if (this.#unheard.size === 0) return;
    const reasons = [...this.#unheard.values()];
    this.#unheard.clear();
    for (const reason of reasons) this.around.process.rejected(reason);
  }
}
