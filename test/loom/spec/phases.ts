/**
 * Phases, times, marks and failure, as sections 1 to 3 of docs/contract.md promise them: one after the
 * other, without threads and without words.
 *
 * @module
 */

import { type Members, yes } from './members.ts';

const [STARTING, READY, DRAINING, SHUTTING_DOWN, STOPPED] = [0, 1, 2, 3, 4] as const;

/** Who began the shutdown. */
interface Owner {
  readonly member: number;
  readonly incarnation: number;
  readonly isPipeline: boolean;
}

/** From which phases each phase is reached: the table of section 1. */
const FROM: Readonly<Record<number, readonly number[]>> = {
  [READY]: [STARTING],
  [DRAINING]: [READY],
  [SHUTTING_DOWN]: [STARTING, READY, DRAINING],
  [STOPPED]: [STARTING, READY, DRAINING, SHUTTING_DOWN],
};

/** The phase, and what belongs to it. */
export class Phases {
  phase: number = STARTING;
  failed = false;
  /** The slot of the report that came with Stopped. */
  report = -1;
  /** When each phase was entered; 0 while the clock has no time, absent if it never was. */
  readonly entered = new Map<number, number>();
  readonly marks = new Map<number, number>();
  #owner: Owner | undefined;
  readonly #members: Members;

  constructor(members: Members) {
    this.#members = members;
  }

  /** True if the call made the move: at most once for each phase. */
  move(to: number, now: number): boolean {
    if (!FROM[to]?.includes(this.phase)) return false;
    this.settle(now);
    this.phase = to;
    this.entered.set(to, now);
    return true;
  }

  beginShutdown(now: number, member: number, incarnation: number): boolean {
    return this.#begin(now, { member, incarnation, isPipeline: false });
  }

  runShutdown(now: number, member: number): boolean {
    return this.#begin(now, { member, incarnation: 0, isPipeline: true });
  }

  finish(now: number, report: number): boolean {
    if (!this.move(STOPPED, now)) return false;
    this.report = report;
    return true;
  }

  /** 0 nobody's, 1 a pipeline's, 2 the application's, 3 of an application that is gone. */
  owner(): number {
    if (this.phase !== SHUTTING_DOWN || this.#owner === undefined) return 0;
    const { member, incarnation, isPipeline } = this.#owner;
    if (isPipeline) return 1;
    return this.#members.lives(member, incarnation) ? 2 : 3;
  }

  /** Of any caller until Stopped. */
  noteFailure(): boolean {
    if (this.phase === STOPPED) return false;
    this.failed = true;
    return true;
  }

  /** What was entered without a time takes that of the first call that sees one. */
  settle(now: number): void {
    if (now <= 0) return;
    for (const [phase, time] of this.entered) if (time === 0) this.entered.set(phase, now);
  }

  enteredAt(phase: number): number {
    return this.entered.get(phase) ?? -1;
  }

  /** The first writer wins. */
  mark(index: number, time: number): boolean {
    if (time <= 0 || this.marks.has(index)) return false;
    this.marks.set(index, time);
    return true;
  }

  isStarting(): boolean {
    return this.phase === STARTING;
  }

  isReady(): boolean {
    return this.phase === READY;
  }

  takesQueries(): boolean {
    return this.phase === READY || this.phase === DRAINING;
  }

  isShuttingDown(): boolean {
    return this.phase >= SHUTTING_DOWN;
  }

  /** Phase and time of one moment, as the core answers them. */
  state(): number {
    return this.enteredAt(this.phase) * 8 + this.phase;
  }

  #begin(now: number, owner: Owner): boolean {
    if (!this.move(SHUTTING_DOWN, now)) return false;
    this.#owner = owner;
    return true;
  }
}

/** The phase's part of the calls. */
export function phaseCalls(phases: Phases) {
  return {
    phase: () => phases.phase,
    state: () => phases.state(),
    enteredAt: (phase: number) => phases.enteredAt(phase),
    stoppedReport: () => phases.report,
    markReady: (now: number) => yes(phases.move(READY, now)),
    markDraining: (now: number) => yes(phases.move(DRAINING, now)),
    beginShutdown: (now: number, member: number, incarnation: number) =>
      yes(phases.beginShutdown(now, member, incarnation)),
    runShutdown: (now: number, member: number) => yes(phases.runShutdown(now, member)),
    owner: () => phases.owner(),
    noteFailure: () => yes(phases.noteFailure()),
    hasFailed: () => yes(phases.failed),
    settle: (now: number) => phases.settle(now),
    markedAt: (index: number) => phases.marks.get(index) ?? 0,
    mark: (index: number, time: number) => yes(phases.mark(index, time)),
  };
}
