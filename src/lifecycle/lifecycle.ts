/**
 * The lifecycle as applications see it: one object a thread, over memory that all threads share.
 * It opens no server, listens to no signal and never ends the process; adapters do.
 *
 * @module
 */

import { MEMBER_CAPACITY, TEXT_BYTES } from '../../assembly/layout.ts';
import type { Backend } from '../core/core.ts';
import { check, isWhole, isWithin } from './check.ts';
import { monotonicMs } from './clock.ts';
import { type ColdStartPhases, markAt, markNow, Stage } from './cold-start.ts';
import { checkWait, type DrainResult, drain } from './drain.ts';
import { LifecycleError } from './errors.ts';
import { finish } from './finish.ts';
import { WriteGate } from './gate.ts';
import { isPhase, Phase, phaseFromU8 } from './phase.ts';
import type { PipelineOptions } from './pipeline.ts';
import { readReport, type ShutdownReport, type ShutdownReportInput } from './report.ts';
import {
  type CreateOptions,
  type LifecycleHandle,
  type Member,
  Seat,
  type SeatOptions,
} from './seat.ts';
import { Shutdown } from './shutdown.ts';
import { type LifecycleSnapshot, takeSnapshot } from './snapshot.ts';
import { listen, type TransitionListener } from './transitions.ts';
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

  private constructor(seat: Seat) {
    this.#seat = seat;
    this.gate = new WriteGate(seat);
    this.#shutdown = new Shutdown(seat);
  }

  /**
   * Makes the lifecycle of this process, in Starting. Synchronous on every runtime.
   *
   * @throws {LifecycleError} `wasm_unavailable`, `cannot_share`, `invalid_argument`, `invalid_clock`
   */
  static create(options: CreateOptions = {}): Lifecycle {
    return new Lifecycle(Seat.create(options));
  }

  /**
   * Joins, from another thread, the lifecycle that `handle` came from: same memory, no messages.
   *
   * @throws {LifecycleError} `not_tidegate`, `layout_version`, `members_full`, `wasm_unavailable`,
   * `invalid_argument`
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
   * @throws {LifecycleError} `member_busy` while it has permits out or runs the shutdown
   */
  detach(): void {
    const { core, member } = this.#seat;
    const out = core.writesOf(member.number) + core.queriesOf(member.number);
    if (out > 0 || this.#shutdown.running) {
      const why = out > 0 ? `${out} permits are out` : 'it runs the shutdown';
      throw new LifecycleError('member_busy', `Cannot detach: ${why}`);
    }
    this.#seat.leave();
  }

  /**
   * Declares a member dead: frees its permits and its place, and passes on the shutdown if it
   * hosted it. Only on proof of death (an `exit` event, a failed join), never for silence.
   *
   * @returns false if that member is not there any more; whoever took its place is left alone
   * @throws {LifecycleError} `invalid_argument` for what is no member, or this very one
   */
  reap(member: Member): boolean {
    const { number, incarnation } = member ?? {};
    const isMember = isWhole(number, 0, MEMBER_CAPACITY - 1) && isWhole(incarnation, 1);
    check(isMember, 'the member', member);
    if (number === this.member.number && incarnation === this.member.incarnation) {
      throw new LifecycleError('invalid_argument', 'Cannot reap this very member: detach() it');
    }
    const reaped = this.#seat.core.reap(number, incarnation) === 1;
    this.#shutdown.goOn();
    return reaped;
  }

  /** The phase now. */
  phase(): Phase {
    return phaseFromU8(this.#seat.core.phase());
  }

  /** Phase, times, reason and report of one moment, immutable. */
  snapshot(): LifecycleSnapshot {
    this.#seat.settle();
    // Again if another thread moved it meanwhile, which it can four times: the cold start of one
    // phase is not that of the next.
    while (true) {
      const phase = this.phase();
      const seen = takeSnapshot(this.#seat, {
        reason: this.notReadyReason(),
        coldStart: this.coldStartPhases(),
        holds: this.gate.holds(),
        inFlight: this.gate.inFlight(),
        records: this.#shutdown.recorded(),
      });
      if (seen.phase === phase) return seen;
    }
  }

  /** Starting → Ready. True if this call made the move. */
  markReady(): boolean {
    return this.#move('markReady');
  }

  /** Ready → Draining: writes are refused from now on. True if this call made the move. */
  markDraining(): boolean {
    return this.#move('markDraining');
  }

  /**
   * Starting, Ready or Draining → ShuttingDown. True for exactly one call over all threads, which
   * then owns the shutdown: no pipeline runs, and it must call {@link finishShutdown}.
   */
  beginShutdown(): boolean {
    return this.#move('beginShutdown');
  }

  /**
   * Any phase → Stopped, with the report. True if this call made the move; the first report stays.
   *
   * @throws {LifecycleError} `invalid_argument` for a report that is none, `reaped`, `reports_busy`
   */
  finishShutdown(report: ShutdownReportInput): boolean {
    return this.#moved(finish(this.#seat, report));
  }

  /** When the lifecycle was created; 0 while the clock has no time yet. */
  startedAtMs(): number {
    return this.#enteredAt(Phase.Starting) ?? 0;
  }

  /**
   * Wall-clock milliseconds since the creation; never negative, also after the clock stepped back.
   * 0 while the clock has no time yet.
   */
  ageMs(): number {
    const now = this.#seat.now();
    return now === 0 ? 0 : Math.max(0, now - this.startedAtMs());
  }

  /** When it became Ready, also after it no longer is; `null` if it never was. */
  readyAtMs(): number | null {
    return this.#enteredAt(Phase.Ready);
  }

  /** When the drain began; `null` if it never did. */
  drainingAtMs(): number | null {
    return this.#enteredAt(Phase.Draining);
  }

  /** When the shutdown began; `null` if it never did. */
  shuttingDownAtMs(): number | null {
    return this.#enteredAt(Phase.ShuttingDown);
  }

  /** When it stopped; `null` if it has not. */
  stoppedAtMs(): number | null {
    return this.#enteredAt(Phase.Stopped);
  }

  /** Stamps the begin of the restore; true if this call set it. */
  markRestoreStarted(): boolean {
    return markNow(this.#seat, RESTORE);
  }

  /** Stamps the end of the restore; true if this call set it. */
  markRestoreReady(): boolean {
    return markNow(this.#seat, RESTORE + 1);
  }

  /** Stamps the begin of the write-ahead log's replay; true if this call set it. */
  markWalReplayStarted(): boolean {
    return markNow(this.#seat, WAL_REPLAY);
  }

  /** Stamps the end of the write-ahead log's replay; true if this call set it. */
  markWalReplayReady(): boolean {
    return markNow(this.#seat, WAL_REPLAY + 1);
  }

  /** Stamps the begin of the index warm-up; true if this call set it. */
  markIndexWarmupStarted(): boolean {
    return markNow(this.#seat, INDEX_WARMUP);
  }

  /** Stamps the end of the index warm-up; true if this call set it. */
  markIndexWarmupReady(): boolean {
    return markNow(this.#seat, INDEX_WARMUP + 1);
  }

  /** Backfills the begin of the restore. @throws {RangeError} unless an integer in 1 … 2^48−1 */
  setRestoreStartedAtMs(ms: number): boolean {
    return markAt(this.#seat, RESTORE, ms);
  }

  /** Backfills the end of the restore. @throws {RangeError} unless an integer in 1 … 2^48−1 */
  setRestoreReadyAtMs(ms: number): boolean {
    return markAt(this.#seat, RESTORE + 1, ms);
  }

  /** Backfills the begin of the replay. @throws {RangeError} unless an integer in 1 … 2^48−1 */
  setWalReplayStartedAtMs(ms: number): boolean {
    return markAt(this.#seat, WAL_REPLAY, ms);
  }

  /** Backfills the end of the replay. @throws {RangeError} unless an integer in 1 … 2^48−1 */
  setWalReplayReadyAtMs(ms: number): boolean {
    return markAt(this.#seat, WAL_REPLAY + 1, ms);
  }

  /** Backfills the begin of the warm-up. @throws {RangeError} unless an integer in 1 … 2^48−1 */
  setIndexWarmupStartedAtMs(ms: number): boolean {
    return markAt(this.#seat, INDEX_WARMUP, ms);
  }

  /** Backfills the end of the warm-up. @throws {RangeError} unless an integer in 1 … 2^48−1 */
  setIndexWarmupReadyAtMs(ms: number): boolean {
    return markAt(this.#seat, INDEX_WARMUP + 1, ms);
  }

  /** All times of the boot, of one moment; frozen, and the same object for as long as nothing is new. */
  coldStartPhases(): ColdStartPhases {
    return this.#seat.coldStart();
  }

  /**
   * A stage of the boot, shared by all threads; registered at first use. `restore`, `wal_replay`
   * and `index_warmup` are the marks above.
   *
   * @throws {LifecycleError} `invalid_argument` for a name that is not `[a-z][a-z0-9_]{0,31}`, or
   * is `total`; `stages_full` for one more than there is room for (32); `reaped`
   */
  stage(name: string): Stage {
    return new Stage(this.#seat, name, (reason) => this.setStartingReason(reason));
  }

  /**
   * Says why it is not ready yet; the last text wins. Kept: the longest prefix of at most 240
   * UTF-8 bytes that ends at a code point. A no-op in any phase but Starting.
   *
   * @throws {LifecycleError} `invalid_argument` for what is not a string, `reaped`
   */
  setStartingReason(text: string): void {
    check(typeof text === 'string', 'the reason', text);
    this.#seat.mustLive();
    const { core, member, staging } = this.#seat;
    core.publishReason(member.number, staging.put(text, TEXT_BYTES));
  }

  /**
   * Why it is not ready; `null` before the first reason, and in any phase but Starting.
   *
   * @throws {LifecycleError} `reaped`
   */
  notReadyReason(): string | null {
    const { core, member, staging } = this.#seat;
    if (core.phase() !== Phase.Starting) return null;
    this.#seat.mustLive();
    return staging.get(core.readReason(member.number));
  }

  /** How it ended: a new, equal copy at every call; `null` unless Stopped. */
  shutdownReport(): ShutdownReport | null {
    return readReport(this.#seat);
  }

  /** True once a shutdown was accepted, on whichever thread. */
  shutdownRequested(): boolean {
    return this.#seat.core.isRequested() === 1;
  }

  /**
   * When the budget of an accepted shutdown ends, in milliseconds of `performance.timeOrigin +
   * performance.now()`, which threads agree on; `null` while none is accepted.
   */
  shutdownDeadlineMs(): number | null {
    return this.#shutdown.deadlineMs();
  }

  /**
   * Stores a heartbeat of this thread: its loop turns. Adapters call it; it says nothing of other
   * threads.
   */
  beat(): void {
    const { core, member } = this.#seat;
    core.beat(member.number, Math.floor(monotonicMs()));
  }

  /**
   * Counts a readiness probe that was told of the accepted shutdown; `preDrainProbes` of them end
   * the pre-drain. What answers probes calls it.
   */
  noteReadinessProbe(): void {
    this.#seat.core.noteProbe();
    this.#seat.wakeups.poke();
  }

  /**
   * Begins the drain and waits until no write permit is out, on any thread.
   *
   * @throws {LifecycleError} `nothing_to_drain` in Starting, `invalid_argument`
   */
  drain(options: WaitOptions = {}): Promise<DrainResult> {
    return drain(this.#seat, () => this.markDraining(), options);
  }

  /**
   * Makes this thread the host of the shutdown, or its stand-by while another is. Returns the
   * undo, which does nothing once a shutdown runs here.
   *
   * @throws {LifecycleError} `invalid_argument`, `pipeline_installed`
   */
  pipeline(options: PipelineOptions): () => void {
    return this.#shutdown.install(options);
  }

  /**
   * Shuts down, or joins the shutdown under way. Every caller on every thread gets the same report.
   *
   * @throws {LifecycleError} `invalid_argument`
   */
  shutdown(options: { readonly trigger?: string | undefined } = {}): Promise<ShutdownReport> {
    return this.#shutdown.request(options);
  }

  /**
   * Waits until the lifecycle is at or past `phase`; resolves with the phase it is then in, or
   * `null` on time-out. Keeps the process alive meanwhile.
   *
   * @throws the signal's reason when it aborts; {LifecycleError} `invalid_argument`
   */
  async waitFor(phase: Phase, options: WaitOptions = {}): Promise<Phase | null> {
    checkWait(options);
    return (await this.#seat.wakeups.until(this.#reached(phase), options)) ?? null;
  }

  /**
   * The same, blocking this thread.
   *
   * @throws {LifecycleError} `cannot_block` where a thread may not block, or where no other thread
   * could end the wait; `invalid_argument`
   */
  waitForSync(phase: Phase, timeoutMs: number): Phase | null {
    check(isWithin(timeoutMs, 0, Number.POSITIVE_INFINITY), 'timeoutMs', timeoutMs);
    return this.#seat.blockUntil(this.#reached(phase), timeoutMs);
  }

  /**
   * Hears every transition from now on, made on whichever thread, in order, none skipped. Does
   * not keep the process alive. Returns the removal.
   *
   * @throws {LifecycleError} `invalid_argument` for what is not a function
   */
  onTransition(listener: TransitionListener): () => void {
    check(typeof listener === 'function', 'the listener', listener);
    return listen(this.#seat, listener);
  }

  #move(move: 'markReady' | 'markDraining' | 'beginShutdown'): boolean {
    const { core, member } = this.#seat;
    return this.#moved(core[move](this.#seat.now(), member.number));
  }

  #moved(made: number): boolean {
    this.#seat.wakeups.poke();
    return made === 1;
  }

  #reached(phase: Phase): () => Phase | false {
    check(isPhase(phase), 'the phase', phase);
    return () => {
      const now = this.phase();
      return now >= phase && now;
    };
  }

  #enteredAt(phase: Phase): number | null {
    this.#seat.settle();
    const time = this.#seat.core.enteredAt(phase);
    return time < 0 ? null : time;
  }
}
