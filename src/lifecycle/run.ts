/**
 * One run of the shutdown: what a host does from acceptance (or take-over) to Stopped. Who is the
 * host is `shutdown.ts`; in which order steps are run is `schedule.ts`.
 *
 * @module
 */

import {
  CLAIM_HOST,
  DRAINING,
  OWNED_BY_APPLICATION,
  OWNED_BY_THE_DEAD,
  READY,
  STOPPED,
} from '../../assembly/layout.ts';
import { added } from '../core/backends.ts';
import { leftMs, readTrigger, sinceAcceptanceMs, stamp } from './acceptance.ts';
import { monotonicMs } from './clock.ts';
import { type PermitCount, returned } from './drain.ts';
import { markDraining, runShutdown } from './moves.ts';
import type { Pipeline } from './pipeline.ts';
import { preDrain } from './pre-drain.ts';
import { putEnded, putHead, putWaiting, readReport, type StepRecord } from './records.ts';
import { STEPS_MAX, type StepReport } from './report.ts';
import type { StepEnd } from './run-step.ts';
import { Schedule } from './schedule.ts';
import type { Seat } from './seat.ts';
import type { ShutdownEvent } from './shutdown-events.ts';
import type { Step } from './steps.ts';

/**
 * How a run ended: it moved to Stopped (or someone else did), its host was given up, or the
 * application had called `beginShutdown()` and owns the shutdown.
 */
export type RunEnd = 'stopped' | 'given_up' | 'yielded';

/** What a run is made of. */
export interface RunParts {
  readonly pipeline: Pipeline;
  readonly steps: readonly Step[];
  /** The host's term, which tells this run from one before it. */
  readonly term: number;
  /** Steps that hosts before this one have recorded. */
  readonly inherited: readonly StepRecord[];
  /** Callers of `shutdown()` on this thread so far. */
  readonly callers: () => number;
  readonly tell: (event: ShutdownEvent) => void;
}

/** One tenure of one host. */
export class Run {
  readonly #seat: Seat;
  readonly #parts: RunParts;
  readonly #schedule: Schedule;
  /** Another host began this very shutdown, or an owner that is gone. */
  readonly #isSuccessor: boolean;
  readonly #startedAtMs: number;
  /** The index of each step's record; steps beyond the last one have none. */
  readonly #places: Map<string, number> = new Map();
  readonly #ended: StepReport[] = [];
  #slot = -1;

  constructor(seat: Seat, parts: RunParts) {
    const { core, member } = seat;
    const { pipeline, steps, term, inherited, callers } = parts;
    this.#seat = seat;
    this.#parts = parts;
    const isSecond = core.startRun(member.number, member.incarnation, term) === 1;
    this.#isSuccessor = isSecond || core.owner() === OWNED_BY_THE_DEAD;
    stamp(seat, pipeline.budgetMs);
    this.#startedAtMs = core.stampAcceptedAt(0);
    this.#schedule = new Schedule(steps, inherited, {
      budgetMs: pipeline.budgetMs,
      leftMs: () => this.#leftMs(),
      isHost: () => this.#isHost(),
      mayStart: () => this.#isHost() && core.owner() !== OWNED_BY_APPLICATION,
      isReady: () => core.enteredAt(READY) >= 0,
      callers,
      started: (step) => this.#stepStarted(step),
      ended: (step, end) => this.#stepEnded(step, end),
    });
  }

  /** Never rejects: whatever the steps do, the phase reaches Stopped. */
  async toTheEnd(): Promise<RunEnd> {
    const { core } = this.#seat;
    this.#slot = await this.#claim();
    if (!this.#isHost()) return this.#giveUp('given_up');
    this.#plan();
    this.#parts.tell({ type: 'accepted', trigger: readTrigger(this.#seat) });
    this.#schedule.open('accepted');
    await preDrain(this.#seat, this.#parts.pipeline, this.#isSuccessor, () => this.#leftMs());
    markDraining(this.#seat);
    if (core.phase() === DRAINING) this.#parts.tell({ type: 'draining' });
    const untilMs = this.#drainDeadlineMs();
    await this.#returned(['writesOut'], untilMs);
    await this.#settled(untilMs);
    if (!this.#isHost()) return this.#giveUp('given_up');
    const began = runShutdown(this.#seat);
    // The application was quicker. If it has gone since, the shutdown is ours after all.
    if (!began && core.owner() === OWNED_BY_APPLICATION) return this.#giveUp('yielded');
    // Writes once more: a process that was Starting did not drain, and one whose boot ended since then
    // has admitted some. From here on nothing is admitted, so what is waited for now is all there is.
    const drained = await this.#returned(['writesOut', 'queriesOut', 'bootsOut'], untilMs);
    if (!drained) this.#seat.journal.write({ type: 'drain_timed_out', message: this.#undrained() });
    this.#parts.tell({ type: 'drained', left: drained ? 0 : core.writesOut() + core.queriesOut() });
    this.#schedule.open('drained');
    await this.#schedule.ended('drained');
    await this.#schedule.ended('accepted');
    if (this.#isHost()) await added.afterSteps?.(this.#seat.journal, this.#leftMs());
    if (!this.#isHost()) return this.#giveUp('given_up');
    this.#finish(drained);
    return 'stopped';
  }

  /** What is still in progress, for a person to read. */
  #undrained(): string {
    const { core } = this.#seat;
    const counts = [
      [core.writesOut(), 'write'],
      [core.queriesOut(), 'query'],
      [core.bootsOut(), 'stage of the boot'],
    ] as const;
    const some = counts.filter(([count]) => count > 0).map(([count, what]) => `${count} × ${what}`);
    return `the drain timed out, in progress: ${some.length === 0 ? 'nothing any more' : some.join(', ')}`;
  }

  /** Copies what was inherited, so that a successor finds it in one place, and says what is to come. */
  #plan(): void {
    for (const one of this.#parts.inherited) this.#record(one);
    for (const { name } of this.#schedule.steps) {
      const index = this.#places.size;
      this.#places.set(name, index);
      putWaiting(this.#seat, this.#slot, index, name, 'pending');
    }
    for (const [name, wanted] of this.#schedule.unknown) {
      const message = `step ${name} waits for ${wanted}, but no step has that name`;
      this.#seat.journal.write({ type: 'unknown_after', name, message });
    }
  }

  /** Until the steps that run during the drain have ended; those without a time are cut then. */
  async #settled(untilMs: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, Math.max(0, Math.ceil(untilMs - monotonicMs())));
    });
    await Promise.race([this.#schedule.ended('accepted'), late]);
    clearTimeout(timer);
    this.#schedule.cut('accepted');
  }

  async #returned(counts: readonly PermitCount[], untilMs: number): Promise<boolean> {
    let all = true;
    for (const count of counts) {
      const timeoutMs = Math.max(0, untilMs - monotonicMs());
      all = (await returned(this.#seat, count, { timeoutMs })) && all;
    }
    return all;
  }

  /** Living members may have every slot for a moment: callers of `finishShutdown`. */
  async #claim(): Promise<number> {
    const { core, member, wakeups } = this.#seat;
    const claim = (): number | false => {
      const slot = core.claimReport(member.number, member.incarnation, CLAIM_HOST);
      return slot >= 0 && slot;
    };
    while (true) {
      const slot = await wakeups.until(claim, { timeoutMs: 10 });
      if (slot !== undefined) return slot;
    }
  }

  #stepStarted({ name }: Step): void {
    const index = this.#places.get(name);
    if (index !== undefined) {
      const sinceMs = Math.round(sinceAcceptanceMs(this.#seat));
      putWaiting(this.#seat, this.#slot, index, name, 'running', sinceMs);
    }
    this.#parts.tell({ type: 'step_started', step: name });
  }

  #stepEnded({ name }: Step, { step, thrown }: StepEnd): void {
    const { status, durationMs } = step;
    this.#record({ step, endMs: Math.round(sinceAcceptanceMs(this.#seat)) });
    const isBad = status === 'failed' || status === 'timed_out';
    if (isBad) {
      const type = status === 'failed' ? 'step_failed' : 'step_timed_out';
      const isUnsaid = status === 'timed_out' && !step.error?.startsWith('timed out');
      const how = status === 'failed' ? 'failed' : `${isUnsaid ? 'timed out: ' : ''}${step.error}`;
      const message = `step ${name} ${how}`;
      // A time-out has said all there is; an exception has a stack.
      const error = status === 'failed' ? { error: thrown } : {};
      this.#seat.journal.write({ type, name, message, ...error });
    }
    const told = { type: 'step_ended', step: name, status, durationMs } as const;
    this.#parts.tell(isBad ? { ...told, error: thrown } : told);
  }

  /** If the report is full, only the failure of a step is kept. */
  #record(one: StepRecord): void {
    const { name, status } = one.step;
    const { core } = this.#seat;
    const index = this.#places.get(name) ?? this.#places.size;
    this.#places.set(name, index);
    this.#ended.push(one.step);
    if (index < STEPS_MAX) {
      putEnded(this.#seat, this.#slot, index, this.#ended.length, one);
    } else if (status === 'failed' || status === 'timed_out') {
      core.noteFailure();
    }
  }

  #finish(drained: boolean): void {
    const { core, member, wakeups } = this.#seat;
    const ok = (wanted: string): boolean =>
      this.#ended.some(({ name, status }) => name === wanted && status === 'ok');
    const now = this.#seat.closingTime();
    putHead(this.#seat, this.#slot, {
      flushedWal: ok('flush_wal'),
      finalCheckpoint: ok('final_checkpoint'),
      backupUploaded: ok('backup'),
      durationMs: Math.round(sinceAcceptanceMs(this.#seat)),
      startedAtMs: this.#startedAtMs,
      completedAtMs: now,
      drained,
      takenOver: this.#isSuccessor,
      failed: core.hasFailed() === 1,
      trigger: readTrigger(this.#seat),
    });
    core.finishShutdown(now, this.#slot, member.number, member.incarnation, CLAIM_HOST);
    const report = readReport(this.#seat);
    if (report !== null) this.#parts.tell({ type: 'stopped', report });
    wakeups.wake();
  }

  /** The slot stays claimed if the end of a step is in it: that is what a successor reads. */
  #giveUp(end: RunEnd): RunEnd {
    const { core, member } = this.#seat;
    if (this.#ended.length === 0) {
      core.dropReport(this.#slot, member.number, member.incarnation, CLAIM_HOST);
    }
    return end;
  }

  #isHost(): boolean {
    const { core, member } = this.#seat;
    return (
      core.hosting(member.number, member.incarnation, this.#parts.term) === 1 &&
      core.phase() !== STOPPED
    );
  }

  /** By when permits must be back: half of what is left by default, the rest is for the steps. */
  #drainDeadlineMs(): number {
    const left = this.#leftMs();
    return monotonicMs() + Math.min(this.#parts.pipeline.drainTimeoutMs ?? left / 2, left);
  }

  /** Less than a millisecond counts as 0: timers count whole ones, and may be early by a part. */
  #leftMs(): number {
    const left = leftMs(this.#seat) ?? 0;
    return left < 1 ? 0 : left;
  }
}
