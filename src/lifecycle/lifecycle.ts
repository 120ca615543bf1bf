/**
 * The lifecycle as applications see it: one object a thread, over memory that all threads share.
 * It opens no server, listens to no signal and never ends the process; adapters do. Each call passes on
 * to the module that does the work; those of phases are in `timeline.ts`, those of the cold start in
 * `boot.ts`, those of adapters in `adapter-calls.ts`.
 *
 * @module
 */

import { added } from '../core/backends.ts';
import type { Backend } from '../core/core.ts';
import type { LeaseSnapshot } from '../core/lease-cells.ts';
import { leftMs } from './acceptance.ts';
import { AdapterCalls } from './adapter-calls.ts';
import type { CheckOptions } from './check-options.ts';
import type { CheckSnapshot } from './check-records.ts';
import { Checks } from './checks.ts';
import { type Counters, readCounters } from './counters.ts';
import { type DrainResult, drain } from './drain.ts';
import { WriteGate } from './gate.ts';
import { keepJournal } from './journal.ts';
import { Leaving } from './leaving.ts';
import { detach, reap } from './membership.ts';
import type { PipelineOptions } from './pipeline.ts';
import type { Signal } from './platform.ts';
import { type PreviousRun, previousRunOf } from './previous-run.ts';
import type { ShutdownReport } from './report.ts';
import {
  type CreateOptions,
  type LifecycleHandle,
  type Member,
  Seat,
  type SeatOptions,
} from './seat.ts';
import { keepSeat } from './seats.ts';
import { Shutdown, type ShutdownOptions } from './shutdown.ts';
import type { ShutdownListener } from './shutdown-events.ts';
import { type LifecycleSnapshot, takeSnapshot } from './snapshot.ts';
import type { PipelineStep } from './steps.ts';
import type { WaitOptions } from './wakeups.ts';

/**
 * Where this process is between boot and stop.
 *
 * Every method throws a {@link LifecycleError} with the code `detached` after {@link detach}.
 *
 * @example
 * ```ts
 * const lifecycle = Lifecycle.create();
 * lifecycle.setStartingReason('loading');
 * lifecycle.markReady(); // true
 * lifecycle.gate.run('write', () => 'saved'); // 'saved'
 * await lifecycle.drain(); // { drained: true, ... }
 * lifecycle.gate.tryEnter('write'); // null
 * ```
 * @internal Entry points export it under the same name, with their backends at hand.
 */
export class Lifecycle extends AdapterCalls {
  /** Admits writes and queries, and counts them. */
  readonly gate: WriteGate;
  readonly #seat: Seat;
  readonly #shutdown: Shutdown;
  readonly #leaving: Leaving;
  readonly #checks: Checks;

  private constructor(seat: Seat) {
    const leaving = new Leaving(seat);
    super(seat, leaving);
    this.#seat = seat;
    this.#leaving = leaving;
    this.gate = new WriteGate(seat);
    this.#checks = new Checks(seat, leaving);
    this.#shutdown = new Shutdown(seat, leaving);
    keepJournal(this, seat.journal);
    keepSeat(this, seat);
  }

  /**
   * Makes the lifecycle of this process, in Starting. Synchronous on every runtime. A process has one;
   * its other threads attach to it.
   *
   * @throws {LifecycleError} `invalid_argument`, `invalid_clock`; `wasm_unavailable`,
   * `backend_missing` or `memory_unavailable` if the backend cannot be had here; `cannot_share` if
   * `shared: true` cannot be
   * @example
   * ```ts
   * const lifecycle = Lifecycle.create({ backend: 'atomics' });
   * lifecycle.backend; // 'atomics'
   * ```
   */
  static create(options: CreateOptions = {}): Lifecycle {
    return new Lifecycle(Seat.create(options));
  }

  /**
   * Joins, from another thread, the lifecycle that `handle` came from: same memory, no messages.
   *
   * @param handle what {@link share} gave, posted to this thread
   * @throws {LifecycleError} `not_tidegate`, `layout_version`, `members_full`, `invalid_argument`,
   * `invalid_clock`, `wasm_unavailable`, `backend_missing`
   * @example
   * ```ts
   * import { Worker } from 'node:worker_threads';
   *
   * const program = `
   *   const { workerData } = require('node:worker_threads');
   *   import('tidegate').then(({ Lifecycle }) => Lifecycle.attach(workerData).markReady());
   * `;
   * new Worker(program, { eval: true, workerData: lifecycle.share() });
   * await lifecycle.waitFor(Phase.Ready);
   * ```
   */
  static attach(handle: LifecycleHandle, options: SeatOptions = {}): Lifecycle {
    return new Lifecycle(Seat.attach(handle, options));
  }

  /** Which code touches the memory: `'wasm'` or `'atomics'`, as was asked for. */
  get backend(): Backend {
    return this.#seat.backend;
  }

  /** This thread's place among the members: what another thread needs to {@link reap} it. */
  get member(): Member {
    return this.#seat.member;
  }

  /**
   * A handle that can be posted to a worker, which calls {@link Lifecycle.attach} with it.
   *
   * @throws {LifecycleError} `cannot_share`, saying why: memory that is not shared, or cannot be here
   */
  share(): LifecycleHandle {
    return this.#seat.share();
  }

  /**
   * Gives this thread's place back; every later call on this object throws `detached`. A shutdown that
   * the thread owns (`beginShutdown()`) and has not finished is passed on.
   *
   * @throws {LifecycleError} `member_busy` while it holds permits, runs a stage, or runs the shutdown
   */
  detach(): void {
    detach(this.#seat, this.#shutdown);
    this.#checks.leave();
  }

  /**
   * Declares a member dead: frees its permits and its place, and passes on the shutdown if it hosted or
   * owned it. Only on proof of death (an `exit` event, a failed join), never because it is silent.
   *
   * @param member the `member` of that thread's lifecycle object, which it posted while it lived
   * @returns true if this call freed it; false if it is gone already: its successor is left alone
   * @throws {LifecycleError} `invalid_argument` if it is not a member, or is the calling one
   */
  reap(member: Member): boolean {
    return reap(this.#seat, this.#shutdown, member);
  }

  /**
   * An immutable value in which phase, times, reason and report belong together. Each count in it is
   * exact, but the counts may be from different moments.
   *
   * @throws {LifecycleError} `reaped`; `invalid_clock` while the clock has no time yet
   * @example
   * ```ts
   * const { phase, inFlight, members } = lifecycle.snapshot();
   * console.log(phase, inFlight.writes, members.length); // 0 0 1
   * ```
   */
  snapshot(): LifecycleSnapshot {
    return takeSnapshot(this.#seat, {
      gate: this.gate,
      coldStart: () => this.coldStartPhases(),
      checks: this.#checks.read,
    });
  }

  /**
   * Runs a check of something that the process depends on, now and then every `everyMs`, in the
   * background of this thread; all threads see the outcome. It keeps no process alive, and runs no more
   * once a shutdown was accepted. A failing check never makes liveness fail.
   *
   * In Starting it fails until its first run has ended; later it passes until `failures` runs have
   * failed.
   *
   * @returns the removal; calling it again does nothing
   * @throws {LifecycleError} `invalid_argument`, also for a name that another check of this thread has;
   * `checks_full` for one more than 32 over all threads; `leaving`, `reaped`, `detached`
   * @example
   * ```ts
   * const remove = lifecycle.check({
   *   name: 'database',
   *   run: async ({ signal }) => signal.throwIfAborted(), // or: () => pool.query('select 1')
   *   everyMs: 5_000,
   * });
   * lifecycle.checks()[0]?.name; // 'database'
   * remove();
   * ```
   */
  check(options: CheckOptions): () => void {
    return this.#checks.add(options);
  }

  /**
   * How the checks of all threads stand, as of their last outcomes. Nothing is run.
   *
   * @throws {LifecycleError} `reaped`, `detached`
   */
  checks(): readonly CheckSnapshot[] {
    return this.#checks.read();
  }

  /**
   * How the leases of all threads stand; none where `lease()` of `tidegate/fleet` was never called. No
   * store is asked.
   *
   * @throws {LifecycleError} `detached`
   */
  leases(): readonly LeaseSnapshot[] {
    this.#seat.core.phase();
    return added.leases?.read(this.#seat) ?? [];
  }

  /**
   * What was admitted, refused and answered since the creation, over all threads. No count is ever
   * smaller than one that was read before, on whichever thread.
   *
   * @throws {LifecycleError} `detached`
   * @example
   * ```ts
   * lifecycle.gate.tryEnter('query'); // null
   * lifecycle.counters().refusals.find(({ count }) => count > 0); // { kind: 'query', reason: 'starting', count: 1 }
   * ```
   */
  counters(): Counters {
    return readCounters(this.#seat);
  }

  /**
   * How the run of this service before this one ended, on the thread that called `handleSignals` with a
   * `record`, and on the probe thread; `null` elsewhere, and if there was none that was recorded.
   *
   * @throws {LifecycleError} `detached`
   * @example
   * ```ts
   * const previous = lifecycle.previousRun();
   * if (previous?.outcome === 'killed') console.log(`killed in step ${previous.step}`);
   * ```
   */
  previousRun(): PreviousRun | null {
    this.#seat.core.phase();
    return previousRunOf(this);
  }

  /** True once a shutdown was accepted, on whichever thread. */
  shutdownRequested(): boolean {
    return this.#seat.core.isAccepted() === 1;
  }

  /**
   * Aborts, on every thread, when a shutdown is accepted, or when the phase reaches ShuttingDown
   * without one: for event streams, long polls, queue consumers, timers, the boot. Its `reason` is a
   * {@link LifecycleError} with the code `leaving` and the `trigger`. It takes any number of listeners,
   * and keeps no process alive.
   *
   * @example
   * ```ts
   * const timer = setInterval(() => {}, 1_000);
   * lifecycle.leaving.addEventListener('abort', () => clearInterval(timer));
   * ```
   */
  get leaving(): Signal {
    return this.#leaving.signal;
  }

  /**
   * What is left of the budget of the shutdown, in milliseconds; negative when it is overspent, `null`
   * while no budget is in force.
   */
  shutdownLeftMs(): number | null {
    return leftMs(this.#seat);
  }

  /**
   * Ready → Draining, unless it is past that, and waits until no thread holds a write permit. Do not
   * wait for it where a permit is held: it waits for that permit.
   *
   * @returns whether every write permit came back in time, and who still holds one if not
   * @throws {LifecycleError} `nothing_to_drain` in Starting, `invalid_argument`; the signal's reason if
   * it is aborted already. Nothing has moved then.
   * @example
   * ```ts
   * lifecycle.markReady();
   * const { drained, left } = await lifecycle.drain({ timeoutMs: 5_000 });
   * console.log(drained, left); // true 0
   * ```
   */
  drain(options: WaitOptions = {}): Promise<DrainResult> {
    return drain(this.#seat, options);
  }

  /**
   * Makes this thread the host of the shutdown, or a stand-by while another thread is.
   *
   * @returns the removal, which does nothing once a shutdown runs here
   * @throws {LifecycleError} `invalid_argument`, `circular_steps`, `pipeline_installed` for a second
   * one on this object, `reaped`; `leaving` while this thread runs a shutdown
   * @example
   * ```ts
   * lifecycle.pipeline({
   *   budgetMs: 20_000,
   *   steps: [
   *     { name: 'flush_wal', run: async ({ signal }) => signal.throwIfAborted() },
   *     { name: 'backup', timeoutMs: 5_000, run: async () => {} },
   *   ],
   * });
   * const { flushedWal } = await lifecycle.shutdown({ trigger: 'test' }); // true
   * ```
   */
  pipeline(options: PipelineOptions): () => void {
    return this.#shutdown.install(options);
  }

  /**
   * Adds a step to this thread's pipeline, before or after {@link pipeline} was called. Without a
   * pipeline the thread has the defaults, and hosts the shutdown only if no thread has one.
   *
   * @returns the removal, which does nothing once a shutdown runs here
   * @throws {LifecycleError} `invalid_argument`, `circular_steps`, `reaped`; `leaving` once a
   * shutdown was accepted
   * @example
   * ```ts
   * lifecycle.step({ name: 'stop_consumers', at: 'accepted', run: () => {} });
   * lifecycle.step({ name: 'close_pool', run: async ({ signal }) => signal.throwIfAborted() });
   * ```
   */
  step(step: PipelineStep): () => void {
    return this.#shutdown.add(step);
  }

  /**
   * Calls `listener` for each event of the shutdown, if this thread hosts it: `accepted`, `draining`,
   * `drained`, `step_started`, `step_ended` with the thrown object itself, `stopped`. What the listener
   * throws, or rejects with, is logged and stops nothing.
   *
   * @returns the removal; calling it again does nothing
   * @throws {LifecycleError} `invalid_argument` if it is not a function
   * @example
   * ```ts
   * lifecycle.onShutdown((event) => {
   *   if (event.type === 'step_ended') console.log(event.step, event.status, event.error);
   * });
   * ```
   */
  onShutdown(listener: ShutdownListener): () => void {
    return this.#shutdown.listen(listener);
  }

  /**
   * Shuts down, or joins the shutdown in progress. Every caller on every thread gets the same report.
   * Do not wait for it in a step, or where a permit is held: it waits for them.
   *
   * @returns the report, once the phase is Stopped; the phase gets there whatever the steps do
   * @throws {LifecycleError} `invalid_argument`
   * @example
   * ```ts
   * lifecycle.step({ name: 'close_pool', run: async () => {} });
   * const { drained, steps } = await lifecycle.shutdown({ trigger: 'deploy' });
   * console.log(drained, steps[0]?.status); // true ok
   * ```
   */
  shutdown(options: ShutdownOptions = {}): Promise<ShutdownReport> {
    return this.#shutdown.request(options);
  }
}
