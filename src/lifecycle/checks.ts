/**
 * Checks of what the process depends on: when each runs, and what its runs come to. They run in the
 * background, on the thread that has registered them; an answer to a probe reads the outcome.
 *
 * @module
 */

import { STARTING } from '../../assembly/layout.ts';
import { must } from './check.ts';
import { ACTION, type Checked, type CheckOptions, checkOptions } from './check-options.ts';
import { addRecord, type CheckSnapshot, checkReader, putOutcome } from './check-records.ts';
import { runCheck } from './check-run.ts';
import { monotonicMs } from './clock.ts';
import { isLeaving, type Leaving } from './leaving.ts';
import { unreference } from './quiet-timer.ts';
import type { Seat } from './seat.ts';

/** The checks of one thread. */
export class Checks {
  /** How all checks stand, of this thread and of the others. */
  readonly read: () => readonly CheckSnapshot[];
  readonly #seat: Seat;
  readonly #leaving: Leaving;
  readonly #running: Set<Check> = new Set();

  constructor(seat: Seat, leaving: Leaving) {
    this.#seat = seat;
    this.#leaving = leaving;
    this.read = checkReader(seat);
  }

  /** See `Lifecycle.check`. */
  add(options: CheckOptions): () => void {
    const checked = checkOptions(options);
    const { name } = checked;
    const isNew = [...this.#running].every((other) => other.name !== name);
    must(isNew, ACTION, 'name must be unique on this thread', name);
    const { signal } = this.#leaving;
    if (signal.aborted || isLeaving(this.#seat)) throw this.#leaving.error();
    const check = new Check(this.#seat, checked);
    this.#running.add(check);
    const halt = (): void => check.halt(signal.reason);
    signal.addEventListener('abort', halt);
    check.start();
    let isRemoved = false;
    return () => {
      if (isRemoved) return;
      isRemoved = true;
      signal.removeEventListener('abort', halt);
      if (this.#running.delete(check)) check.remove();
    };
  }

  /** Runs none any more, as the seat was given back: the cells went with it. */
  leave(): void {
    for (const check of this.#running) check.halt();
    this.#running.clear();
  }
}

class Check {
  readonly name: string;
  readonly #seat: Seat;
  readonly #options: Checked;
  readonly #cell: number;
  #isHealthy: boolean;
  #sinceMs: number;
  #error: string | null = null;
  /** Runs in a row that ended as the last one did: above 0 if that was well, below if not. */
  #row = 0;
  #isHalted = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #abort = (_reason: unknown): void => {};

  constructor(seat: Seat, options: Checked) {
    this.name = options.name;
    this.#seat = seat;
    this.#options = options;
    // Nobody waits yet for a process that starts; one that serves is not stopped by an addition.
    this.#isHealthy = seat.core.phase() !== STARTING;
    this.#sinceMs = seat.age.now(0);
    this.#cell = addRecord(seat, this.name, this.#outcome());
  }

  /** Runs it now. */
  start(): void {
    if (this.#isOver()) return;
    const { run, everyMs, timeoutMs } = this.#options;
    const began = monotonicMs();
    // While it hangs no other starts: what should have run meanwhile has failed, too.
    const hung = (error: string): void => {
      this.#note(error);
      this.#later(everyMs, () => hung(error));
    };
    this.#abort = runCheck(run, timeoutMs, hung, (isOk) => {
      if (isOk) this.#note(null);
      this.#later(Math.max(0, began + everyMs - monotonicMs()), () => this.start());
    });
    if (this.#isHalted) this.#abort(undefined);
  }

  /** Runs no more; how it stands stays. */
  halt(reason?: unknown): void {
    this.#isHalted = true;
    clearTimeout(this.#timer);
    this.#abort(reason);
  }

  /** Runs no more, and is no longer there. */
  remove(): void {
    const { core, member } = this.#seat;
    this.halt();
    core.dropCheck(this.#cell, member.number, member.incarnation);
  }

  #later(ms: number, then: () => void): void {
    clearTimeout(this.#timer);
    if (!this.#isHalted) this.#timer = unreference(setTimeout(then, Math.ceil(ms)));
  }

  /** A run that ended; `error` is why it failed. */
  #note(error: string | null): void {
    if (this.#isOver()) return;
    const { failures, successes } = this.#options;
    const isOk = error === null;
    this.#row = isOk ? Math.max(this.#row, 0) + 1 : Math.min(this.#row, 0) - 1;
    const turns = this.#isHealthy ? this.#row <= -failures : this.#row >= successes;
    if (turns) {
      this.#isHealthy = isOk;
      this.#sinceMs = this.#seat.age.now(0);
    }
    if (!turns && (this.#isHealthy || isOk || error === this.#error)) return;
    this.#error = error;
    try {
      putOutcome(this.#seat, this.#cell, this.#outcome());
    } catch {
      // Reaped: others have been told that this thread is gone, and its checks with it.
      this.halt();
    }
  }

  #outcome(): Parameters<typeof addRecord>[2] {
    return {
      healthy: this.#isHealthy,
      affects: this.#options.affects,
      sinceMs: this.#sinceMs,
      error: this.#error,
    };
  }

  /** Once the process is leaving, or this thread has left, none runs and none is told. */
  #isOver(): boolean {
    if (this.#isHalted) return true;
    try {
      if (!isLeaving(this.#seat)) return false;
    } catch {
      // The seat was given back.
    }
    this.halt();
    return true;
  }
}
