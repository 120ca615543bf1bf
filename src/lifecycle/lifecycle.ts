/**
 * The lifecycle as applications see it: one object a thread, over memory that all threads share.
 * It opens no server, listens to no signal and never ends the process; adapters do.
 *
 * @module
 */

import { MEMBER_CAPACITY } from '../../assembly/layout.ts';
import type { Backend } from '../core/core.ts';
import { leftMs } from './acceptance.ts';
import { check, isWhole } from './check.ts';
import { type ColdStartPhases, collectorOf } from './cold-start.ts';
import { type DrainResult, drain } from './drain.ts';
import { LifecycleError } from './errors.ts';
import { finish } from './finish.ts';
import { WriteGate } from './gate.ts';
import { keepJournal } from './journal.ts';
import { Leaving } from './leaving.ts';
import { beginShutdown, markDraining, markReady, moved } from './moves.ts';
import { Phase, phaseFromU8 } from './phase.ts';
import type { PipelineOptions } from './pipeline.ts';
import type { Signal } from './platform.ts';
import { readReason, setReason } from './reason.ts';
import { readReport } from './records.ts';
import type { ShutdownReport, ShutdownReportInput } from './report.ts';
import {
  type CreateOptions,
  type LifecycleHandle,
  type Member,
  Seat,
  type SeatOptions,
} from './seat.ts';
import { Shutdown, type ShutdownOptions } from './shutdown.ts';
import type { ShutdownListener } from './shutdown-events.ts';
import { type LifecycleSnapshot, takeSnapshot } from './snapshot.ts';
import { markAt, markNow, Stage } from './stage.ts';
import type { PipelineStep } from './steps.ts';
import { listen, type TransitionListener } from './transitions.ts';
import { waitFor, waitForSync } from './wait-for.ts';
import type { WaitOptions } from './wakeups.ts';

// The numbers of the six marks, as the layout has them.
const RESTORE = 0;
const WAL_REPLAY = 2;
const INDEX_WARMUP = 4;

/**
 * Where this process is between boot and stop.
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
 */
export class Lifecycle {
  /** Admits writes and queries, and counts them. */
  readonly gate: WriteGate;
  readonly #seat: Seat;
  readonly #shutdown: Shutdown;
  readonly #leaving: Leaving;
  readonly #coldStart: () => ColdStartPhases;

  private constructor(seat: Seat) {
    this.#seat = seat;
    this.gate = new WriteGate(seat);
    this.#leaving = new Leaving(seat);
    this.#shutdown = new Shutdown(seat, this.#leaving);
    this.#coldStart = collectorOf(seat);
    keepJournal(this, seat.journal);
  }

  /**
   * Makes the lifecycle of this process, in Starting. Synchronous on every runtime.
   *
   * @throws {LifecycleError} `wasm_unavailable`, `memory_unavailable`, `cannot_share`,
   * `invalid_argument`, `invalid_clock`
   */
  static create(options: CreateOptions = {}): Lifecycle {
    return new Lifecycle(Seat.create(options));
  }

  /**
   * Joins, from another thread, the lifecycle that `handle` came from: same memory, no messages.
   *
   * @throws {LifecycleError} `not_tidegate`, `layout_version`, `members_full`, `wasm_unavailable`,
   * `invalid_argument`, `invalid_clock`
   */
  static attach(handle: LifecycleHandle, options: SeatOptions = {}): Lifecycle {
    return new Lifecycle(Seat.attach(handle, options));
  }

  /** Which code touches the memory, as asked for. */
  get backend(): Backend {
    return this.#seat.backend;
  }

  /** This thread's place among the members. */
  get member(): Member {
    return this.#seat.member;
  }

  /**
   * A handle that can be posted to a worker, which calls {@link Lifecycle.attach} with it.
   *
   * @throws {LifecycleError} `cannot_share`, saying why
   */
  share(): LifecycleHandle {
    return this.#seat.share();
  }

  /**
   * Gives this thread's place back; every later call on this object throws `detached`.
   *
   * A shutdown that it owns (`beginShutdown()`) and has not finished is passed on.
   *
   * @throws {LifecycleError} `member_busy` while it holds permits, or runs a stage or the shutdown
   */
  detach(): void {
    const { core, member } = this.#seat;
    const out = core.writesOf(member.number) + core.queriesOf(member.number);
    const { boots } = this.#seat;
    if (out > 0 || boots > 0 || this.#shutdown.running) {
      const stages = boots > 0 ? `it runs ${boots} stages` : 'it runs the shutdown';
      const why = out > 0 ? `it holds ${out} permits` : stages;
      throw new LifecycleError('member_busy', `Cannot detach: ${why}`);
    }
    this.#seat.leave();
  }

  /**
   * Declares a member dead: frees its permits and its place, and passes on the shutdown if it
   * hosted or owned it. Only on proof of death (an `exit` event, a failed join), never for silence.
   *
   * @returns false if that member is not there any more; whoever took its place is left alone
   * @throws {LifecycleError} `invalid_argument` if it is not a member, or is the calling one
   */
  reap(member: Member): boolean {
    const { number, incarnation } = member ?? {};
    const isMember = isWhole(number, 0, MEMBER_CAPACITY - 1) && isWhole(incarnation, 1);
    check(isMember, 'the member', member);
    if (number === this.member.number && incarnation === this.member.incarnation) {
      throw new LifecycleError('invalid_argument', 'Cannot reap the calling member: use detach()');
    }
    const reaped = this.#seat.core.reap(number, incarnation) === 1;
    this.#shutdown.goOn();
    return reaped;
  }

  /** The phase now. */
  phase(): Phase {
    return phaseFromU8(this.#seat.core.phase());
  }

  /** An immutable value in which phase, times, reason and report belong together. */
  snapshot(): LifecycleSnapshot {
    return takeSnapshot(this.#seat, { gate: this.gate, coldStart: this.#coldStart });
  }

  /** Starting → Ready. True if this call made the move. @throws {LifecycleError} `invalid_clock` */
  markReady(): boolean {
    return markReady(this.#seat);
  }

  /** Ready → Draining: writes are refused from now on. True if this call made the move. */
  markDraining(): boolean {
    return markDraining(this.#seat);
  }

  /**
   * Starting, Ready or Draining → ShuttingDown. True for exactly one call over all threads, which
   * then owns the shutdown: no pipeline runs, and somebody must call {@link finishShutdown}. If this
   * thread is reaped or detaches before that, a stand-by takes over.
   */
  beginShutdown(): boolean {
    return beginShutdown(this.#seat);
  }

  /**
   * Any phase → Stopped, with the report. True if this call made the move; the first report stays.
   *
   * @throws {LifecycleError} `invalid_argument` if the report is invalid, `reaped`, `reports_busy`
   */
  finishShutdown(report: ShutdownReportInput): boolean {
    return moved(this.#seat, finish(this.#seat, report));
  }

  /** When the lifecycle was created; 0 while the clock has no time yet. */
  startedAtMs(): number {
    return this.#enteredAt(Phase.Starting) ?? 0;
  }

  /**
   * Milliseconds since the creation, by a monotonic clock: setting the wall clock does not change it. A
   * thread that was given a `clock` of its own counts by that one; never negative. 0 while the clock
   * has no time yet.
   */
  ageMs(): number {
    const startedAtMs = this.startedAtMs();
    if (startedAtMs === 0) return 0;
    if (!this.#seat.hasOwnClock) return Math.floor(this.#seat.age.now());
    return Math.max(0, this.#seat.now() - startedAtMs);
  }

  /** When it became Ready, even after it no longer is; `null` if it never was. */
  readyAtMs(): number | null {
    return this.#enteredAt(Phase.Ready);
  }

  /** When the drain started; `null` if it never did. */
  drainingAtMs(): number | null {
    return this.#enteredAt(Phase.Draining);
  }

  /** When the shutdown started; `null` if it never did. */
  shuttingDownAtMs(): number | null {
    return this.#enteredAt(Phase.ShuttingDown);
  }

  /** When it stopped; `null` if it has not. */
  stoppedAtMs(): number | null {
    return this.#enteredAt(Phase.Stopped);
  }

  /** Stamps the start of the restore; true if this call set it. */
  markRestoreStarted(): boolean {
    return markNow(this.#seat, RESTORE);
  }

  /** Stamps the end of the restore; true if this call set it. */
  markRestoreReady(): boolean {
    return markNow(this.#seat, RESTORE + 1);
  }

  /** Stamps the start of the write-ahead log's replay; true if this call set it. */
  markWalReplayStarted(): boolean {
    return markNow(this.#seat, WAL_REPLAY);
  }

  /** Stamps the end of the write-ahead log's replay; true if this call set it. */
  markWalReplayReady(): boolean {
    return markNow(this.#seat, WAL_REPLAY + 1);
  }

  /** Stamps the start of the index warm-up; true if this call set it. */
  markIndexWarmupStarted(): boolean {
    return markNow(this.#seat, INDEX_WARMUP);
  }

  /** Stamps the end of the index warm-up; true if this call set it. */
  markIndexWarmupReady(): boolean {
    return markNow(this.#seat, INDEX_WARMUP + 1);
  }

  /** Backfills the start of the restore. @throws {RangeError} unless an integer in 1 … 2^48−1 */
  setRestoreStartedAtMs(ms: number): boolean {
    return markAt(this.#seat, RESTORE, ms);
  }

  /** Backfills the end of the restore. @throws {RangeError} unless an integer in 1 … 2^48−1 */
  setRestoreReadyAtMs(ms: number): boolean {
    return markAt(this.#seat, RESTORE + 1, ms);
  }

  /** Backfills the start of the replay. @throws {RangeError} unless an integer in 1 … 2^48−1 */
  setWalReplayStartedAtMs(ms: number): boolean {
    return markAt(this.#seat, WAL_REPLAY, ms);
  }

  /** Backfills the end of the replay. @throws {RangeError} unless an integer in 1 … 2^48−1 */
  setWalReplayReadyAtMs(ms: number): boolean {
    return markAt(this.#seat, WAL_REPLAY + 1, ms);
  }

  /** Backfills the start of the warm-up. @throws {RangeError} unless an integer in 1 … 2^48−1 */
  setIndexWarmupStartedAtMs(ms: number): boolean {
    return markAt(this.#seat, INDEX_WARMUP, ms);
  }

  /** Backfills the end of the warm-up. @throws {RangeError} unless an integer in 1 … 2^48−1 */
  setIndexWarmupReadyAtMs(ms: number): boolean {
    return markAt(this.#seat, INDEX_WARMUP + 1, ms);
  }

  /** All times of the boot, consistent; frozen, and the same object for as long as nothing is new. */
  coldStartPhases(): ColdStartPhases {
    return this.#coldStart();
  }

  /**
   * A stage of the boot, shared by all threads; registered at first use. `restore`, `wal_replay`
   * and `index_warmup` are the marks above.
   *
   * @throws {LifecycleError} `invalid_argument` for a name that is not `[a-z][a-z0-9_]{0,31}`, or
   * is `total`; `stages_full` for one more than there is room for (32); `reaped`
   */
  stage(name: string): Stage {
    return new Stage(this.#seat, name, this.#leaving);
  }

  /**
   * Says why it is not ready yet; the last text wins. Kept: the longest prefix of at most 240
   * UTF-8 bytes that ends at a code point. A no-op in any phase but Starting.
   *
   * @throws {LifecycleError} `invalid_argument` if it is not a string, `reaped`
   */
  setStartingReason(text: string): void {
    setReason(this.#seat, text);
  }

  /**
   * Why it is not ready; `null` before the first reason, and in any phase but Starting.
   *
   * @throws {LifecycleError} `reaped`
   */
  notReadyReason(): string | null {
    return readReason(this.#seat);
  }

  /** How it ended: a new, equal copy at every call; `null` unless Stopped. */
  shutdownReport(): ShutdownReport | null {
    return readReport(this.#seat);
  }

  /** True once a shutdown was accepted, on whichever thread. */
  shutdownRequested(): boolean {
    return this.#seat.core.isAccepted() === 1;
  }

  /**
   * Aborts, on every thread, when a shutdown is accepted, or when the phase reaches ShuttingDown
   * without one: for event streams, long polls, queue consumers, timers, the boot. Its `reason` is a
   * {@link LifecycleError} with the code `leaving` and the `trigger`. Takes any number of listeners,
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
   * Stores a heartbeat of this thread (its loop turns), and looks at those of the others. Adapters call
   * it.
   */
  beat(): void {
    this.#seat.heartbeats.beat(this.#seat.member.number);
  }

  /**
   * Looks at the heartbeats of all threads. How long one has been silent is known only to who looks
   * regularly: a thread that does not beat, and is to report on others, calls it some times a
   * second.
   */
  watchBeats(): void {
    this.#seat.heartbeats.look();
  }

  /**
   * Counts a readiness probe that saw the accepted shutdown; `preDrainProbes` of them end the
   * pre-drain. What answers probes calls it.
   */
  noteReadinessProbe(): void {
    this.#seat.core.noteProbe();
    this.#seat.wakeups.poke();
  }

  /** Ends the pre-drain, even one that is to come: there is no load balancer to wait for. */
  endPreDrain(): void {
    this.#seat.core.endPreDrain();
    this.#seat.wakeups.poke();
  }

  /**
   * Says to all threads that the process is ended once it is Stopped, so that a probe thread can see to
   * it. Adapters that end it call it. Returns the undo.
   */
  exits(): () => void {
    const { core } = this.#seat;
    core.exits(1);
    let isUndone = false;
    return () => {
      if (!isUndone) core.exits(-1);
      isUndone = true;
    };
  }

  /** True while somebody has said so. */
  isExiting(): boolean {
    return this.#seat.core.exits(0) > 0;
  }

  /**
   * Begins the drain and waits until no write permit is held, on any thread.
   *
   * @throws {LifecycleError} `nothing_to_drain` in Starting, `invalid_argument`; the signal's reason
   * if it is aborted already. Nothing has moved then.
   */
  drain(options: WaitOptions = {}): Promise<DrainResult> {
    return drain(this.#seat, options);
  }

  /**
   * Makes this thread the host of the shutdown, or its stand-by while another is. Returns the
   * undo, which does nothing once a shutdown runs here.
   *
   * @throws {LifecycleError} `invalid_argument`, `circular_steps`, `pipeline_installed`, `reaped`;
   * `leaving` while this thread runs a shutdown
   */
  pipeline(options: PipelineOptions): () => void {
    return this.#shutdown.install(options);
  }

  /**
   * Adds a step to this thread's pipeline, before or after {@link pipeline} was called; without that,
   * the thread has its defaults, and hosts the shutdown only if no thread has a pipeline. Returns
   * the removal, which does nothing once a shutdown runs here.
   *
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
   * Hears the course of a shutdown on this thread, if it hosts it: `accepted`, `draining`, `drained`,
   * `step_started`, `step_ended` with the thrown object itself, `stopped`. A listener that throws
   * or rejects is logged and stops nothing. Returns the removal.
   *
   * @throws {LifecycleError} `invalid_argument` if it is not a function
   */
  onShutdown(listener: ShutdownListener): () => void {
    return this.#shutdown.listen(listener);
  }

  /**
   * Shuts down, or joins the shutdown in progress. Every caller on every thread gets the same report.
   * A step must not wait for it, nor what holds a permit: it waits for them.
   *
   * @throws {LifecycleError} `invalid_argument`
   */
  shutdown(options: ShutdownOptions = {}): Promise<ShutdownReport> {
    return this.#shutdown.request(options);
  }

  /**
   * Waits until the lifecycle is at or past `phase`; resolves with the phase it is then in, or
   * `null` on time-out. Keeps the process alive meanwhile.
   *
   * @throws the signal's reason when it aborts; {LifecycleError} `invalid_argument`
   */
  waitFor(phase: Phase, options: WaitOptions = {}): Promise<Phase | null> {
    return waitFor(this.#seat, phase, options);
  }

  /**
   * The same, blocking this thread.
   *
   * @throws {LifecycleError} `cannot_block` where a thread may not block, or where no other thread
   * could end the wait; `invalid_argument`
   */
  waitForSync(phase: Phase, timeoutMs: number): Phase | null {
    return waitForSync(this.#seat, phase, timeoutMs);
  }

  /**
   * Hears every transition from now on, made on whichever thread, in order, none skipped. Does
   * not keep the process alive. A listener that throws or rejects is logged and stops nothing.
   * Returns the removal.
   *
   * @throws {LifecycleError} `invalid_argument` if it is not a function
   */
  onTransition(listener: TransitionListener): () => void {
    check(typeof listener === 'function', 'the listener', listener);
    return listen(this.#seat, listener);
  }

  #enteredAt(phase: Phase): number | null {
    this.#seat.settle();
    const time = this.#seat.core.enteredAt(phase);
    return time < 0 ? null : time;
  }
}
