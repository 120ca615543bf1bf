/**
 * The schedule: which step runs when. A step starts once what it waits for has ended, so independent
 * ones run side by side; each leaves those behind it a share of the time. What the run does before
 * and between is `run.ts`.
 *
 * @module
 */

import type { StepRecord } from './records.ts';
import { type RunningStep, runStep, type StepEnd } from './run-step.ts';
import type { Step, StepTime } from './steps.ts';

/** What the schedule needs of the run that it belongs to. */
export interface ScheduleRun {
  readonly budgetMs: number;
  /** What is left of the budget; 0 if nothing is. */
  leftMs(): number;
  /** False once this run is not the host's any more: nothing is recorded then. */
  isHost(): boolean;
  /** False also while an application owns the shutdown: nothing is started then. */
  mayStart(): boolean;
  /** The process became Ready at some time. */
  isReady(): boolean;
  /** Callers of `shutdown()` on this thread so far. */
  callers(): number;
  started(step: Step): void;
  ended(step: Step, end: StepEnd): void;
}

/** What a step without a `timeoutMs` leaves for each that is still to come, at most. */
const SHARE_MS = 1_000;

/** The steps of one run. */
export class Schedule {
  readonly #run: ScheduleRun;
  readonly #steps: readonly Step[];
  readonly #known: ReadonlySet<string>;
  readonly #pending: Set<Step>;
  readonly #running: Map<Step, RunningStep> = new Map();
  /** How each step ended, those of hosts before this one included. */
  readonly #statuses: Map<string, StepEnd['step']['status']> = new Map();
  readonly #open: Set<StepTime> = new Set();
  #waiters: (() => void)[] = [];
  /** A step has used up the budget. */
  #isSpent = false;

  constructor(steps: readonly Step[], inherited: readonly StepRecord[], run: ScheduleRun) {
    this.#run = run;
    for (const { step } of inherited) this.#statuses.set(step.name, step.status);
    this.#steps = steps.filter(({ name }) => !this.#statuses.has(name));
    this.#pending = new Set(this.#steps);
    this.#known = new Set([...steps.map(({ name }) => name), ...this.#statuses.keys()]);
  }

  /** The steps that this run has to run. */
  get steps(): readonly Step[] {
    return this.#steps;
  }

  /** What steps ask to wait for and nobody is called: `[step, name]`. */
  get unknown(): readonly (readonly [string, string])[] {
    return this.#steps.flatMap(({ name, after }) =>
      after.filter((wanted) => !this.#known.has(wanted)).map((wanted) => [name, wanted] as const),
    );
  }

  /** Steps of this kind may start from now on. */
  open(at: StepTime): void {
    this.#open.add(at);
    this.#startAll();
  }

  /**
   * Resolves once every step of this kind has ended, or the run is not the host's any more. While none may
   * start, those that run are all that is waited for.
   */
  async ended(at: StepTime): Promise<void> {
    const isWaiting = (): boolean => {
      const pending = this.#run.mayStart() ? this.#pending : [];
      const all = [...pending, ...this.#running.keys()];
      return this.#run.isHost() && all.some((step) => step.at === at);
    };
    while (isWaiting()) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  /** Ends the steps of this kind that run and have no time of their own. */
  cut(at: StepTime): void {
    for (const [step, running] of this.#running) {
      if (step.at === at && step.timeoutMs === undefined) running.cut();
    }
  }

  #startAll(): void {
    if (!this.#run.mayStart()) {
      this.#wake();
      return;
    }
    const ready = [...this.#pending].filter(
      (step) => this.#open.has(step.at) && [...step.waits].every((name) => this.#hasEnded(name)),
    );
    // All of them first: those that start together are not behind one another.
    for (const step of ready) this.#pending.delete(step);
    for (const step of ready) {
      // The one before it may have ended all this as it started.
      if (this.#run.mayStart()) this.#start(step);
      else this.#pending.add(step);
    }
  }

  /** A name that is not known counts as ended. */
  #hasEnded(name: string): boolean {
    return this.#statuses.has(name) || !this.#known.has(name);
  }

  #start(step: Step): void {
    const flush = this.#statuses.get('flush_wal');
    if (step.name === 'backup' && flush !== undefined && flush !== 'ok') {
      const skipped = { name: step.name, status: 'skipped', durationMs: 0 } as const;
      this.#end(step, { step: { ...skipped, error: 'flush_wal did not end ok' } });
      return;
    }
    const { isReady, callers, leftMs } = this.#run;
    const left = this.#isSpent ? 0 : leftMs();
    const limitMs = this.#limitMs(step, left);
    const before = callers();
    this.#run.started(step);
    const running = runStep(step, limitMs, isReady(), () =>
      callers() > before ? '; does it await shutdown()?' : '',
    );
    this.#running.set(step, running);
    void running.ended.then((end) => {
      this.#running.delete(step);
      // Told by the timer and not by the clock, which browsers round: it may say that some is left.
      this.#isSpent ||= end.step.status === 'timed_out' && limitMs >= left;
      this.#end(step, end);
    });
  }

  /** What is left less a share for each step that is still to come, but no less than an equal one. */
  #limitMs({ timeoutMs }: Step, left: number): number {
    if (timeoutMs !== undefined) return Math.min(timeoutMs, left);
    const others = this.#pending.size;
    const share = Math.min(SHARE_MS, this.#run.budgetMs / 10);
    return Math.max(left - others * share, left / (others + 1));
  }

  #end(step: Step, end: StepEnd): void {
    // Given up while the step ran: what the successor records is what counts.
    if (this.#run.isHost()) {
      this.#statuses.set(step.name, end.step.status);
      this.#run.ended(step, end);
    }
    this.#startAll();
    this.#wake();
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}
