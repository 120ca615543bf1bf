/**
 * Shutdown: one request, one host that runs the pipeline, one report for all who asked.
 *
 * ```text
 *   accepted -> pre-drain -> Draining -> write permits back -> ShuttingDown -> all permits back
 *            -> steps in order, each recorded as it ends -> report -> Stopped
 * ```
 *
 * Every thread that has a pipeline, or waits for a report, watches HOST. The host runs when a
 * shutdown is accepted; a stand-by takes over when the host is reaped; without either, a thread
 * that waits takes over with what it has. The takers race by compare-and-swap, so one runs. An
 * heir skips the steps that have a recorded end. A runner looks at HOST before every step, so one
 * that was wrongly given up stops beside its heir, and the move to Stopped happens once in any case.
 *
 * @module
 */

import { REPORT_CAPACITY, TRIGGER_BYTES } from '../../assembly/layout.ts';
import { check, isObject } from './check.ts';
import { monotonicMs } from './clock.ts';
import { LifecycleError } from './errors.ts';
import { Phase } from './phase.ts';
import { BUDGET_MS, checkPipeline, type Pipeline, type PipelineOptions } from './pipeline.ts';
import { readReport, readSteps, type ShutdownReport, type StepRecord } from './report.ts';
import { Run } from './run.ts';
import { reaped, type Seat } from './seat.ts';

/** One thread's part in the shutdown. */
export class Shutdown {
  readonly #seat: Seat;
  #pipeline: Pipeline | undefined;
  #running = false;
  /** The application began the shutdown itself while we ran one: it is the application's. */
  #yielded = false;
  #watching: AbortController | undefined;
  #joined: Promise<true | undefined> | undefined;

  constructor(seat: Seat) {
    this.#seat = seat;
  }

  /** True while this thread runs the pipeline. */
  get running(): boolean {
    return this.#running;
  }

  /** See `Lifecycle.pipeline`. */
  install(options: PipelineOptions): () => void {
    const pipeline = checkPipeline(options);
    if (this.#pipeline !== undefined) {
      throw new LifecycleError('pipeline_installed', 'Cannot install the pipeline: one is');
    }
    const { core, member, wakeups } = this.#seat;
    if (core.setStandby(member.number, member.incarnation, 1) === 0) {
      throw reaped();
    }
    this.#pipeline = pipeline;
    core.setBudget(pipeline.budgetMs);
    this.#takeOver();
    this.#watching = new AbortController();
    const { signal } = this.#watching;
    wakeups.watch(() => this.goOn(), signal);
    return () => this.#uninstall(pipeline);
  }

  /** See `Lifecycle.shutdown`. */
  async request(options: { readonly trigger?: string | undefined } = {}): Promise<ShutdownReport> {
    check(isObject(options), 'the options', options);
    const trigger: unknown = options.trigger;
    check(trigger === undefined || typeof trigger === 'string', 'trigger', trigger);
    const { core, member, staging, wakeups } = this.#seat;
    // From ShuttingDown on there is nothing to accept: the application runs it, or it is over.
    if (core.phase() < Phase.ShuttingDown) {
      if (core.isRequested() === 0) {
        this.#seat.mustLive();
        core.requestShutdown(member.number, staging.put(trigger, TRIGGER_BYTES));
      }
      core.stampAccepted(monotonicMs());
      wakeups.poke();
    }
    // Keeps the process alive meanwhile.
    this.#joined ??= wakeups.until(() => this.goOn());
    await this.#joined;
    // It is Stopped, and then there is one.
    return readReport(this.#seat) as ShutdownReport;
  }

  /** See `Lifecycle.shutdownDeadlineMs`. */
  deadlineMs(): number | null {
    const { core } = this.#seat;
    if (core.isRequested() === 0) return null;
    // The host's own stamp; until it has one, its loop may be blocked, what its pipeline said.
    const stamped = core.stampDeadline(0);
    if (stamped > 0) return stamped;
    const accepted = core.stampAccepted(0);
    return accepted > 0 ? accepted + (core.budget() || BUDGET_MS) : null;
  }

  /** The steps that hosts have recorded so far, first record of each name. */
  recorded(): StepRecord[] {
    const records: StepRecord[] = [];
    for (let slot = 0; slot < REPORT_CAPACITY; slot++) {
      const count = this.#seat.core.hostSteps(slot);
      if (count > 0) this.#seat.mustLive();
      for (const one of readSteps(this.#seat, slot, count)) {
        if (!records.some(({ step }) => step.name === one.step.name)) records.push(one);
      }
    }
    return records;
  }

  /**
   * Goes on with a shutdown that was accepted, or whose host was declared dead, if nobody else
   * would; true once it is over.
   */
  goOn(): boolean {
    const isOver = this.#seat.core.phase() === Phase.Stopped;
    if (!isOver) this.#takeOver();
    return isOver;
  }

  /** Becomes the host if there is none (or is it already), and runs what was accepted. */
  #takeOver(): void {
    if (this.#running || this.#yielded) return;
    const { core, member } = this.#seat;
    const requested = core.isRequested() === 1;
    // Without a pipeline of its own a thread hosts only what nobody else would.
    const willing = this.#pipeline !== undefined || (requested && core.standbys() === 0);
    if (!willing) return;
    const tenure = core.takeHost(member.number, member.incarnation);
    if (tenure < 0 || !requested) return;
    this.#running = true;
    const run = new Run(
      this.#seat,
      this.#pipeline ?? checkPipeline({ steps: [] }),
      tenure,
      this.recorded(),
    );
    void run.toTheEnd().then((end) => {
      this.#running = false;
      this.#yielded = end === 'yielded';
    });
  }

  #uninstall(pipeline: Pipeline): void {
    // A shutdown that was accepted is run by the pipeline that it found.
    if (this.#pipeline !== pipeline || this.#running) return;
    const { core, member } = this.#seat;
    const left = core.leaveHost(member.number, member.incarnation) === 1;
    if (!left && core.isRequested() === 1 && core.hostMember() === member.number) return;
    core.setStandby(member.number, member.incarnation, 0);
    this.#pipeline = undefined;
    this.#watching?.abort();
    this.#seat.wakeups.poke();
  }
}
