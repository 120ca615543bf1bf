/**
 * One run of the shutdown: what a host does from acceptance (or take-over) to Stopped. Who is the
 * host is `shutdown.ts`; how one step is run is `pipeline.ts`.
 *
 * @module
 */

import { CLAIM_HOST } from '../../assembly/layout.ts';
import { elapsedMs, monotonicMs } from './clock.ts';
import { returned } from './drain.ts';
import { Phase } from './phase.ts';
import { type Pipeline, type PipelineStep, runStep } from './pipeline.ts';
import { putHead, putStep, type StepRecord, type StepReport } from './report.ts';
import type { Seat } from './seat.ts';

/**
 * How a run ended: it moved to Stopped (or someone else did), its host was given up, or the
 * application had called `beginShutdown()` and owns the shutdown.
 */
export type RunEnd = 'stopped' | 'given_up' | 'yielded';

/**
 * From the answer to the last probe that is waited for to Draining: for a load balancer to read it,
 * and for what it had sent until then to arrive, on a machine that is busy.
 */
const PROBE_SETTLE_MS = 100;

/** The pre-drain waits in slices, to notice that the loop was held up. */
const SLICE_MS = 50;

/** One tenure of one host. */
export class Run {
  readonly #seat: Seat;
  readonly #pipeline: Pipeline;
  readonly #tenure: number;
  /** Steps that hosts before this one have recorded. */
  readonly #inherited: readonly StepRecord[];
  /** Another host began this very shutdown: it had stamped the deadline. */
  readonly #isHeir: boolean;
  readonly #acceptedMs: number;
  readonly #deadlineMs: number;
  readonly #startedAtMs: number;
  /** A step has run out of the budget itself. */
  #isSpent = false;
  #preDrainedMs = 0;

  constructor(seat: Seat, pipeline: Pipeline, tenure: number, inherited: readonly StepRecord[]) {
    this.#seat = seat;
    this.#pipeline = pipeline;
    this.#tenure = tenure;
    this.#inherited = inherited;
    this.#isHeir = seat.core.stampDeadline(0) !== 0;
    this.#acceptedMs = seat.core.stampAccepted(monotonicMs());
    this.#deadlineMs = seat.core.stampDeadline(this.#acceptedMs + pipeline.budgetMs);
    this.#startedAtMs = Math.max(0, this.#now() - this.#elapsedMs());
  }

  /** Never rejects: whatever the steps do, the phase reaches Stopped. */
  async toTheEnd(): Promise<RunEnd> {
    const { core, member, wakeups } = this.#seat;
    await this.#preDrain();
    const permitsUntil = this.#drainDeadlineMs();
    core.markDraining(this.#now(), member.number);
    wakeups.poke();
    await this.#returned('writesOut', permitsUntil);
    const slot = await this.#claim();
    if (!this.#isHost()) return this.#giveUp(slot);
    const began = core.beginShutdown(this.#now(), member.number) === 1;
    wakeups.poke();
    if (!began && !this.#isHeir) {
      this.#giveUp(slot);
      return 'yielded';
    }
    // Writes once more: a process that was Starting did not drain, and one whose boot ended since then
    // has admitted some. From here on nothing is admitted, so what is waited for now is all there is.
    const writesDone = await this.#returned('writesOut', permitsUntil);
    const queriesDone = await this.#returned('queriesOut', permitsUntil);
    const steps = await this.#steps(slot);
    if (steps === undefined) return this.#giveUp(slot);
    this.#finish(slot, steps, writesDone && queriesDone);
    return 'stopped';
  }

  /**
   * Until load balancers have left: a fixed time, or enough probes that saw us leaving. A probe is
   * counted when its answer is made. Until it is read and acted upon, requests are still sent here,
   * and they are admitted: hence the settling.
   */
  async #preDrain(): Promise<void> {
    const { preDrainProbes = Number.POSITIVE_INFINITY } = this.#pipeline;
    const { core } = this.#seat;
    // A process that never was Ready has no load balancer to tell.
    if (core.phase() === Phase.Starting) return;
    // An heir goes on where the first host was. A first host begins here: between the acceptance and
    // this line its loop may have been held up, and nobody was told in that time.
    this.#preDrainedMs = this.#isHeir ? this.#elapsedMs() : 0;
    const seen = (): boolean => core.probesSeen() >= preDrainProbes;
    await this.#leave(seen, Number.POSITIVE_INFINITY);
    await this.#leave(() => false, PROBE_SETTLE_MS);
  }

  /**
   * Waits within the pre-drain; an application that goes on by itself ends it. Time in which this
   * loop did not turn (a container out of its CPU quota, a machine that was suspended) is not time
   * in which anybody could be told, so of a long slice only a part counts; the budget goes on.
   */
  async #leave(over: () => boolean, ms: number): Promise<void> {
    const { core, wakeups } = this.#seat;
    const isOver = (): boolean => over() || core.phase() >= Phase.ShuttingDown;
    let rest = Math.min(this.#pipeline.preDrainMs - this.#preDrainedMs, ms);
    while (rest > 0 && this.#leftMs() > 0) {
      const beganMs = monotonicMs();
      const timeoutMs = Math.min(rest, this.#leftMs(), SLICE_MS);
      const ended = await wakeups.until(isOver, { timeoutMs });
      const passedMs = Math.min(monotonicMs() - beganMs, 2 * SLICE_MS);
      this.#preDrainedMs += passedMs;
      rest -= passedMs;
      if (ended === true) return;
    }
  }

  #returned(out: 'writesOut' | 'queriesOut', untilMs: number): Promise<boolean> {
    return returned(this.#seat, out, { timeoutMs: untilMs - monotonicMs() });
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

  /** Runs the steps that have no recorded end; `undefined` if the shutdown was taken from us. */
  async #steps(slot: number): Promise<StepReport[] | undefined> {
    const steps: StepReport[] = [];
    const record = (one: StepRecord): void => {
      putStep(this.#seat, slot, steps.length, one);
      steps.push(one.step);
    };
    // Copied before any step runs, so that an heir of ours finds them in one place.
    this.#inherited.forEach(record);
    for (const step of this.#pipeline.steps) {
      if (steps.some(({ name }) => name === step.name)) continue;
      if (!this.#isHost()) return undefined;
      const flush = steps.find(({ name }) => name === 'flush_wal');
      const skipped = step.name === 'backup' && flush !== undefined && flush.status !== 'ok';
      const ended: StepReport = skipped
        ? { name: step.name, status: 'skipped', durationMs: 0, error: 'flush_wal did not end ok' }
        : await this.#run(step);
      // Given up while the step ran: what the heir records is what counts.
      if (!this.#isHost()) return undefined;
      record({ step: ended, endMs: Math.round(this.#elapsedMs()) });
    }
    return steps;
  }

  async #run(step: PipelineStep): Promise<StepReport> {
    const left = this.#leftMs();
    const ended = await runStep(step, left);
    // Told by the timer and not by the clock, which browsers round: it may say that some is left.
    this.#isSpent ||= ended.status === 'timed_out' && (step.timeoutMs ?? left) >= left;
    return ended;
  }

  #finish(slot: number, steps: StepReport[], drained: boolean): void {
    const { core, member, staging, wakeups } = this.#seat;
    const ok = (wanted: string): boolean =>
      steps.some(({ name, status }) => name === wanted && status === 'ok');
    const now = this.#now();
    putHead(this.#seat, slot, {
      flushedWal: ok('flush_wal'),
      finalCheckpoint: ok('final_checkpoint'),
      backupUploaded: ok('backup'),
      durationMs: this.#elapsedMs(),
      startedAtMs: this.#startedAtMs,
      completedAtMs: now,
      drained,
      takenOver: this.#isHeir,
      trigger: staging.get(core.readTrigger(member.number)),
      steps,
    });
    core.finishShutdown(now, slot, member.number, member.incarnation, CLAIM_HOST);
    wakeups.poke();
  }

  /** The slot stays claimed if steps are in it: they are what an heir reads. */
  #giveUp(slot: number): RunEnd {
    const { core, member } = this.#seat;
    if (core.hostSteps(slot) === 0) {
      core.dropReport(slot, member.number, member.incarnation, CLAIM_HOST);
    }
    return 'given_up';
  }

  #isHost(): boolean {
    const { core, member } = this.#seat;
    return (
      core.hosting(member.number, member.incarnation, this.#tenure) === 1 &&
      core.phase() !== Phase.Stopped
    );
  }

  /** By when permits must be back: half of what is left by default, the rest is for the steps. */
  #drainDeadlineMs(): number {
    const left = this.#leftMs();
    return monotonicMs() + Math.min(this.#pipeline.drainTimeoutMs ?? left / 2, left);
  }

  #elapsedMs(): number {
    return elapsedMs(this.#acceptedMs);
  }

  /** Less than a millisecond is none: timers count whole ones, and may be early by a part. */
  #leftMs(): number {
    const left = this.#deadlineMs - monotonicMs();
    return this.#isSpent || left < 1 ? 0 : left;
  }

  /** A clock that breaks during the shutdown must not stop it half-way. */
  #now(): number {
    try {
      return this.#seat.now();
    } catch {
      return Math.floor(monotonicMs());
    }
  }
}
