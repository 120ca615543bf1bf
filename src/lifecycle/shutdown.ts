/**
 * Shutdown: one acceptance, one host that runs the pipeline, one report for all who asked.
 *
 * ```text
 *   accepted -> pre-drain -> Draining -> write permits back -> ShuttingDown -> all permits back
 *            -> steps, each recorded as it ends -> report -> Stopped
 * ```
 *
 * Every thread that has a pipeline or steps, or waits for a report, watches HOST. The host runs when
 * a shutdown is accepted; a stand-by takes over when the host is reaped; without either, a thread
 * with steps takes over, and without that a thread that waits. The takers race by compare-and-swap,
 * so one runs. A successor skips the steps that have a recorded end. A runner looks at HOST before
 * every step, so one that was wrongly given up stops next to its successor, and the move to Stopped
 * happens once in any case.
 *
 * While an application owns the shutdown (`beginShutdown`), nobody runs anything. Once its thread is
 * gone, all this holds as if a shutdown had been accepted.
 *
 * @module
 */

import {
  OWNED_BY_APPLICATION,
  OWNED_BY_THE_DEAD,
  OWNER_PIPELINE,
  OWNER_STEPS,
  STOPPED,
} from '../../assembly/layout.ts';
import { accept, sinceAcceptanceMs } from './acceptance.ts';
import { must } from './check.ts';
import { LifecycleError } from './errors.ts';
import { checkKeys } from './known-keys.ts';
import { isLeaving, type Leaving } from './leaving.ts';
import {
  checkPipeline,
  DEFAULT_PIPELINE,
  type Pipeline,
  type PipelineOptions,
} from './pipeline.ts';
import { readProgress, readReport } from './records.ts';
import type { ShutdownReport } from './report.ts';
import { Run } from './run.ts';
import { reaped, type Seat } from './seat.ts';
import type { ShutdownEvent, ShutdownListener } from './shutdown-events.ts';
import { type PipelineStep, Steps } from './steps.ts';

/** What `shutdown` takes. */
export interface ShutdownOptions {
  /** What asks for it (`SIGTERM`, `http`, …), for the report; cut at 64 UTF-8 bytes. Default: null. */
  readonly trigger?: string | undefined;
  /**
   * True: the report says `failed`, and `handleSignals` ends the process with exit code 1. Default
   * false. One caller is enough, until the phase is Stopped.
   */
  readonly failed?: boolean | undefined;
}

const ACTION = 'shut down';

/** One thread's part in the shutdown. */
export class Shutdown {
  readonly #seat: Seat;
  readonly #leaving: Leaving;
  readonly #steps: Steps = new Steps();
  readonly #listeners: Set<{ readonly hear: ShutdownListener }> = new Set();
  #pipeline: Pipeline | undefined;
  #running = false;
  #callers = 0;
  #watching: AbortController | undefined;
  #joined: Promise<true | undefined> | undefined;

  constructor(seat: Seat, leaving: Leaving) {
    this.#seat = seat;
    this.#leaving = leaving;
  }

  /** True while this thread runs the pipeline. */
  get running(): boolean {
    return this.#running;
  }

  /** See `Lifecycle.pipeline`. */
  install(options: PipelineOptions): () => void {
    const pipeline = checkPipeline(options);
    if (this.#pipeline !== undefined) {
      throw new LifecycleError(
        'pipeline_installed',
        'Cannot install the pipeline: this lifecycle already has one',
      );
    }
    // It runs with what it found.
    if (this.#running) throw this.#leaving.error();
    const remove = this.#steps.add(options.steps);
    this.#pipeline = pipeline;
    try {
      this.#stand();
    } catch (error) {
      this.#pipeline = undefined;
      remove();
      throw error;
    }
    return () => {
      if (this.#pipeline !== pipeline || this.#running) return;
      const { core, member } = this.#seat;
      // An acceptance makes this fail, and is then run with the pipeline that it found.
      const hasLeft = core.leaveHost(member.number, member.incarnation) === 1;
      if (!hasLeft && this.#isDueHere()) return;
      remove();
      this.#pipeline = undefined;
      this.#stepBack();
    };
  }

  /** See `Lifecycle.step`. */
  add(step: PipelineStep): () => void {
    if (isLeaving(this.#seat)) throw this.#leaving.error();
    const remove = this.#steps.add([step]);
    try {
      this.#stand();
    } catch (error) {
      remove();
      throw error;
    }
    return () => {
      if (this.#running || this.#isDueHere()) return;
      remove();
      this.#stepBack();
    };
  }

  /** See `Lifecycle.onShutdown`. */
  listen(listener: ShutdownListener): () => void {
    const isFunction = typeof listener === 'function';
    must(isFunction, 'listen to the shutdown', 'the listener must be a function', listener);
    const entry = { hear: listener };
    this.#listeners.add(entry);
    return () => {
      this.#listeners.delete(entry);
    };
  }

  /** See `Lifecycle.shutdown`. */
  async request(options: ShutdownOptions = {}): Promise<ShutdownReport> {
    checkKeys(ACTION, options, ['trigger', 'failed']);
    const { trigger, failed = false } = options;
    const isText = trigger === undefined || typeof trigger === 'string';
    must(isText, ACTION, 'trigger must be a string', trigger);
    must(typeof failed === 'boolean', ACTION, 'failed must be true or false', failed);
    const { core, wakeups } = this.#seat;
    // Before the acceptance: the report of a shutdown that is over at once has it, too.
    if (failed) core.noteFailure();
    accept(this.#seat, trigger);
    this.#callers += 1;
    // Keeps the process alive meanwhile.
    this.#joined ??= wakeups.until(() => this.goOn());
    await this.#joined;
    // It is Stopped, and then there is one.
    return readReport(this.#seat) as ShutdownReport;
  }

  /**
   * Goes on with a shutdown that was accepted, or whose host or owner was declared dead, if nobody
   * else would; true once it is over.
   */
  goOn(): boolean {
    const isOver = this.#seat.core.phase() === STOPPED;
    // A stand-by counts from now on, not from when it takes over: the deadline stays.
    sinceAcceptanceMs(this.#seat);
    if (!isOver) this.#takeOver();
    return isOver;
  }

  /** Becomes the host, if there is none or it is the host already, and runs the pipeline. */
  #takeOver(): void {
    if (this.#running) return;
    const { core, member } = this.#seat;
    const owner = core.owner();
    const isDue = core.isAccepted() === 1 || owner === OWNED_BY_THE_DEAD;
    if (!this.#isWilling(isDue)) return;
    const pipeline = this.#pipeline ?? DEFAULT_PIPELINE;
    const term = core.takeHost(member.number, member.incarnation, pipeline.budgetMs);
    if (term < 0 || !isDue || owner === OWNED_BY_APPLICATION) return;
    const inherited = readProgress(this.#seat).ended;
    this.#running = true;
    const run = new Run(this.#seat, {
      pipeline,
      steps: this.#steps.list,
      term,
      inherited,
      callers: () => this.#callers,
      tell: (event) => this.#tell(event),
    });
    void run.toTheEnd().then((end) => {
      this.#running = false;
      // The owner may have gone while we yielded to it.
      if (end === 'yielded') this.goOn();
    });
  }

  /** Without a pipeline of its own a thread hosts only what nobody else would. */
  #isWilling(isDue: boolean): boolean {
    if (this.#pipeline !== undefined) return true;
    const ranks = this.#rank() === 0 ? OWNER_PIPELINE | OWNER_STEPS : OWNER_PIPELINE;
    return isDue && this.#seat.core.standbys(ranks) === 0;
  }

  #rank(): number {
    if (this.#pipeline !== undefined) return OWNER_PIPELINE;
    return this.#steps.list.length > 0 ? OWNER_STEPS : 0;
  }

  /** Says what this thread would host with, and looks out for when it is to. */
  #stand(): void {
    const { core, member, wakeups } = this.#seat;
    if (core.setStandby(member.number, member.incarnation, this.#rank()) === 0) throw reaped();
    this.goOn();
    if (this.#watching !== undefined) return;
    this.#watching = new AbortController();
    wakeups.watch(() => this.goOn(), this.#watching.signal);
  }

  /** A shutdown was accepted, and is this thread's to run. */
  #isDueHere(): boolean {
    const { core, member } = this.#seat;
    return core.isAccepted() === 1 && core.hostMember() === member.number;
  }

  /** Says that this thread would host with less, or not at all. */
  #stepBack(): void {
    const { core, member, wakeups } = this.#seat;
    core.setStandby(member.number, member.incarnation, this.#rank());
    if (this.#rank() === 0) {
      this.#watching?.abort();
      this.#watching = undefined;
    }
    wakeups.wake();
  }

  #tell(event: ShutdownEvent): void {
    // Of now: one that adds another must not be followed by it without an end.
    for (const entry of [...this.#listeners]) {
      if (!this.#listeners.has(entry)) continue;
      this.#seat.journal.tell('onShutdown', entry.hear, event);
    }
  }
}
