/**
 * The first part of the facade: the phase, its moves, its times, and waiting for it. Each call passes
 * on to the module that does the work.
 *
 * @module
 */

import { DRAINING, READY, SHUTTING_DOWN, STARTING, STOPPED } from '../../assembly/layout.ts';
import { finish } from './finish.ts';
import { beginShutdown, markDraining, markReady } from './moves.ts';
import { type Phase, phaseFromU8 } from './phase.ts';
import { readReport } from './records.ts';
import type { ShutdownReport, ShutdownReportInput } from './report.ts';
import type { Seat } from './seat.ts';
import { ageMs, enteredAtMs } from './times.ts';
import { listen, type TransitionListener } from './transitions.ts';
import { waitFor, waitForSync } from './wait-for.ts';
import type { WaitOptions } from './wakeups.ts';

/**
 * What a lifecycle says of its phases.
 *
 * @internal
 */
export abstract class Timeline {
  readonly #seat: Seat;

  protected constructor(seat: Seat) {
    this.#seat = seat;
  }

  /**
   * The phase now. One atomic load, cheap enough for every request.
   *
   * @throws {LifecycleError} `detached`
   * @example
   * ```ts
   * lifecycle.phase() === Phase.Starting; // true
   * ```
   */
  phase(): Phase {
    return phaseFromU8(this.#seat.core.phase());
  }

  /**
   * Starting → Ready: from now on writes and queries are admitted, on every thread.
   *
   * @returns true if this call made the move; false in any other phase, and nothing changes then
   * @throws {LifecycleError} `invalid_clock`, `detached`
   * @example
   * ```ts
   * lifecycle.markReady(); // true
   * lifecycle.markReady(); // false: it is Ready already
   * ```
   */
  markReady(): boolean {
    return markReady(this.#seat);
  }

  /**
   * Ready → Draining: from now on writes are refused, on every thread, and queries still admitted. To
   * also wait for the writes in progress, call `drain()`. A clock that fails does not stop it.
   *
   * @returns true if this call made the move; false in any other phase
   * @throws {LifecycleError} `detached`
   */
  markDraining(): boolean {
    return markDraining(this.#seat);
  }

  /**
   * Starting, Ready or Draining → ShuttingDown, for an application that runs its own shutdown: no
   * pipeline runs, and some thread must call {@link finishShutdown}. If this thread is reaped or
   * detaches before that, a stand-by takes over. To run the pipeline, call `shutdown()` instead.
   *
   * @returns true for exactly one call over all threads, whose thread then owns the shutdown
   * @throws {LifecycleError} `detached`
   */
  beginShutdown(): boolean {
    return beginShutdown(this.#seat);
  }

  /**
   * Any phase → Stopped, with the report of a shutdown that the application ran itself.
   *
   * @param report copied; unless given, `drained` is true, `takenOver` and `failed` are false,
   * `trigger` is null and `steps` is empty
   * @returns true if this call made the move; false if it was Stopped already: the first report stays
   * @throws {LifecycleError} `invalid_argument` if the report is invalid, `reaped`, `reports_busy`,
   * `detached`
   * @example
   * ```ts
   * lifecycle.beginShutdown(); // true: this thread owns the shutdown
   * const startedAtMs = Date.now();
   * lifecycle.finishShutdown({
   *   flushedWal: true,
   *   finalCheckpoint: true,
   *   backupUploaded: false,
   *   durationMs: 0,
   *   startedAtMs,
   *   completedAtMs: startedAtMs,
   * }); // true
   * ```
   */
  finishShutdown(report: ShutdownReportInput): boolean {
    return finish(this.#seat, report);
  }

  /**
   * How the shutdown ended; `null` unless the phase is Stopped. Equal on every thread, and a new copy at
   * every call.
   *
   * @throws {LifecycleError} `detached`
   */
  shutdownReport(): ShutdownReport | null {
    return readReport(this.#seat);
  }

  /**
   * When the lifecycle was created, in wall-clock milliseconds; 0 while the clock has no time yet (at
   * the module scope of a Cloudflare Worker).
   *
   * @throws {LifecycleError} `detached`; `invalid_clock` while the clock has no time yet
   */
  startedAtMs(): number {
    return enteredAtMs(this.#seat, STARTING) ?? 0;
  }

  /** When it became Ready, in wall-clock milliseconds, also in later phases; `null` if it never did. */
  readyAtMs(): number | null {
    return enteredAtMs(this.#seat, READY);
  }

  /** When the drain started, in wall-clock milliseconds; `null` if it never did. */
  drainingAtMs(): number | null {
    return enteredAtMs(this.#seat, DRAINING);
  }

  /** When it entered ShuttingDown, in wall-clock milliseconds; `null` if it never did. */
  shuttingDownAtMs(): number | null {
    return enteredAtMs(this.#seat, SHUTTING_DOWN);
  }

  /** When it stopped, in wall-clock milliseconds; `null` if it has not. */
  stoppedAtMs(): number | null {
    return enteredAtMs(this.#seat, STOPPED);
  }

  /**
   * Whole milliseconds since the creation, never negative, by a monotonic clock: setting the wall clock
   * does not change it. A thread that was given a `clock` counts by that one. 0 while the clock has no
   * time yet.
   *
   * @throws {LifecycleError} `detached`; `invalid_clock` if a clock of its own fails
   */
  ageMs(): number {
    return ageMs(this.#seat);
  }

  /**
   * Waits until the lifecycle is at or past `phase`. Keeps the process alive meanwhile, unless
   * `keepAlive` is false.
   *
   * @returns the phase it is then in; `null` if it timed out
   * @throws {LifecycleError} `invalid_argument`, `detached`; the signal's reason when that aborts
   * @example
   * ```ts
   * setTimeout(() => lifecycle.markReady(), 10);
   * const phase = await lifecycle.waitFor(Phase.Ready, { timeoutMs: 5_000 }); // Phase.Ready
   * ```
   */
  waitFor(phase: Phase, options: WaitOptions = {}): Promise<Phase | null> {
    return waitFor(this.#seat, phase, options);
  }

  /**
   * The same, blocking this thread: for workers. Main threads of pages may not block.
   *
   * @param timeoutMs milliseconds, 0 or more; `Infinity` for no limit
   * @returns the phase it is then in; `null` if it timed out
   * @throws {LifecycleError} `cannot_block` where a thread may not block, or where no other thread
   * could end the wait; `invalid_argument`, `detached`
   */
  waitForSync(phase: Phase, timeoutMs: number): Phase | null {
    return waitForSync(this.#seat, phase, timeoutMs);
  }

  /**
   * Calls `listener` for every transition from now on, made on whichever thread, in order, none
   * skipped. It does not keep the process alive. What the listener throws, or rejects with, is logged
   * and stops nothing.
   *
   * @returns the removal; calling it again does nothing
   * @throws {LifecycleError} `invalid_argument` if it is not a function, `detached`
   * @example
   * ```ts
   * const remove = lifecycle.onTransition(({ from, to, atMs }) => {
   *   console.log(`${from} -> ${to} at ${new Date(atMs).toISOString()}`);
   * });
   * lifecycle.markReady();
   * remove();
   * ```
   */
  onTransition(listener: TransitionListener): () => void {
    return listen(this.#seat, listener);
  }
}
