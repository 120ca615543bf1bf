/**
 * Health checks of what the process depends on: when each runs, and what its outcomes lead to. They
 * run in the background, on the thread that registered them; a probe reads the outcome.
 *
 * @module
 */

import { CHECK_NAME_BYTES, STARTING } from '../../assembly/layout.ts';
import { isWhole, isWithin, must } from './check.ts';
import {
  addRecord,
  type CheckEffect,
  type CheckSnapshot,
  checkReader,
  EFFECT_NAMES,
  putOutcome,
} from './check-records.ts';
import { type CheckContext, runCheck } from './check-run.ts';
import { monotonicMs, TIMER_MAX_MS } from './clock.ts';
import { checkKeys } from './known-keys.ts';
import { isLeaving, type Leaving } from './leaving.ts';
import { unreference } from './quiet-timer.ts';
import type { Seat } from './seat.ts';
import { utf8Length } from './staging.ts';

/** A check of something that the process depends on. */
export interface CheckOptions {
  /** 1 to 32 UTF-8 bytes, unique over the thread's checks. */
  readonly name: string;
  /**
   * Looks, and throws or rejects if all is not well; what it returns is not looked at. Watch `signal`:
   * a run that is late is not waited for, but the next one waits for its end.
   */
  readonly run: (context: CheckContext) => unknown;
  /** Milliseconds from the start of a run to the next, 1 to 2^31-1; default 10 000. */
  readonly everyMs?: number | undefined;
  /** Milliseconds that a run may take, 1 to 2^31-1; default 1 000. */
  readonly timeoutMs?: number | undefined;
  /** Failed runs in a row after which it fails, 1 or more; default 2. */
  readonly failures?: number | undefined;
  /** Good runs in a row after which it passes again, 1 or more; default 1. */
  readonly successes?: number | undefined;
  /**
   * What it does while it fails: `'ready'`, the default, fails readiness; `'write'` sets the hold
   * `unhealthy`; `'nothing'` is only shown.
   */
  readonly affects?: CheckEffect | undefined;
}

const ACTION = 'add the check';
const KNOWN = ['name', 'run', 'everyMs', 'timeoutMs', 'failures', 'successes', 'affects'];

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

/** {@link CheckOptions} after the check, defaults filled in. */
type Checked = { readonly [K in keyof CheckOptions]-?: NonNullable<CheckOptions[K]> };

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
      // Reaped: for the others this thread is gone, and its checks with it.
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

  /** Once the process is leaving, or this thread has left, no check runs and no outcome is published. */
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

function checkOptions(options: CheckOptions): Checked {
  checkKeys(ACTION, options, KNOWN);
  const { name, run, affects = 'ready', everyMs = 10_000, timeoutMs = 1_000 } = options;
  const { failures = 2, successes = 1 } = options;
  const isName = typeof name === 'string' && name !== '' && utf8Length(name) <= CHECK_NAME_BYTES;
  must(isName, ACTION, `name must have 1 to ${CHECK_NAME_BYTES} UTF-8 bytes`, name);
  must(typeof run === 'function', ACTION, 'run must be a function', run);
  const isEffect = EFFECT_NAMES.includes(affects);
  must(isEffect, ACTION, "affects must be 'ready', 'write' or 'nothing'", affects);
  for (const [key, ms] of Object.entries({ everyMs, timeoutMs })) {
    must(isWithin(ms, 1, TIMER_MAX_MS), ACTION, `${key} must be from 1 to ${TIMER_MAX_MS}`, ms);
  }
  for (const [key, runs] of Object.entries({ failures, successes })) {
    must(isWhole(runs, 1), ACTION, `${key} must be an integer of at least 1`, runs);
  }
  // Bound, because a check may be an object with a method.
  return { name, run: run.bind(options), affects, everyMs, timeoutMs, failures, successes };
}
