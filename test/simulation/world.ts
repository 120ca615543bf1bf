/**
 * Lives a plan: owns time, and decides whose turn it is. Each turn is one job of one thread, so whatever
 * could happen between two awaits does. The same plan is the same life, turn by turn, on every engine.
 *
 * @module
 */

import { atomicsCore } from '../../src/core/atomics.ts';
import type { Core } from '../../src/core/core.ts';
import type { LifecycleHandle, Member } from '../../src/index.ts';
import { Chance } from './chance.ts';
import type { Application } from './inside/program.ts';
import type { Told } from './inside/told.ts';
import { Judge } from './judge.ts';
import type { Library } from './library.ts';
import type { Act, Fault, Plan } from './plan.ts';
import { SimulatedProcess } from './process.ts';
import { type Surroundings, Thread } from './thread.ts';

/** A line of the time line. */
export interface Line {
  readonly atMs: number;
  /** `null`: of the world itself. */
  readonly thread: number | null;
  readonly text: string;
}

/** How a life went. */
export interface Life {
  /** What does not hold; empty if all does. */
  readonly faults: readonly string[];
  readonly trace: readonly Line[];
  readonly turns: number;
}

/** The first moment, as the wall clock shows it. */
const EPOCH_MS = 1_700_000_000_000;
/** Beyond the last act: budgets of three seconds, what waits after Stopped, and what is late. */
const HORIZON_MS = 60_000;
/** A life that takes more of them never comes to rest. */
const TURNS_MAX = 200_000;

interface Seat {
  readonly thread: Thread;
  application: Application | undefined;
  member: Member | undefined;
}

/** Lives it. */
export function live(plan: Plan, library: Library): Life {
  return new World(plan, library).live();
}

class World {
  readonly #plan: Plan;
  readonly #library: Library;
  readonly #chance: Chance;
  readonly #process: SimulatedProcess;
  readonly #seats: Seat[];
  readonly #judge: Judge;
  readonly #trace: Line[] = [];
  /** What is to be done by the world, the earliest first. */
  readonly #agenda: { readonly atMs: number; readonly order: number; readonly run: () => void }[] =
    [];
  #nowMs = 0;
  #wallMs = EPOCH_MS;
  #order = 0;
  #handle: LifecycleHandle | undefined;
  #core: Core | undefined;

  constructor(plan: Plan, library: Library) {
    this.#plan = plan;
    this.#library = library;
    this.#chance = new Chance(plan.seed ^ 0x5eed);
    this.#process = new SimulatedProcess(() => this.#nowMs);
    this.#judge = new Judge(plan);
    const around: Surroundings = {
      nowMs: () => this.#nowMs,
      wallMs: () => this.#wallMs + this.#nowMs,
      latenessMs: () => this.#chance.to(plan.latenessMs),
      next: () => ++this.#order,
      process: this.#process,
      print: (thread, text) => this.#say(thread, `prints ${text.split('\n')[0]}`),
    };
    this.#seats = plan.members.map((_, number) => ({
      thread: new Thread(number, around),
      application: undefined,
      member: undefined,
    }));
  }

  live(): Life {
    const { members, acts, faults } = this.#plan;
    for (const [number, { joinsAtMs }] of members.entries()) {
      this.#at(joinsAtMs, () => this.#join(number));
    }
    for (const act of acts) this.#at(act.atMs, () => this.#act(act));
    for (const fault of faults) this.#at(fault.atMs, () => this.#fault(fault));
    const last = Math.max(0, ...acts.map(({ atMs }) => atMs), ...faults.map(({ atMs }) => atMs));
    const turns = this.#turn(last + HORIZON_MS);
    if (turns >= TURNS_MAX) this.#judge.accuse(`no rest after ${turns} turns`);
    this.#judge.end({
      nowMs: this.#nowMs,
      exit: this.#process.ended,
      threads: this.#seats.map(({ thread, application }) => ({
        isAlive: thread.isAlive && application !== undefined,
        keeping: thread.keeping(),
        report: thread.isAlive ? application?.report() : undefined,
      })),
    });
    return { faults: this.#judge.faults, trace: this.#trace, turns };
  }

  /** Until nothing is left to do, the process has ended, or `untilMs`. */
  #turn(untilMs: number): number {
    let turns = 0;
    for (; turns < TURNS_MAX && this.#process.ended === undefined; turns++) {
      while ((this.#agenda[0]?.atMs ?? Infinity) <= this.#nowMs) this.#agenda.shift()?.run();
      const ready = this.#seats.filter(({ thread }) => thread.isReady());
      if (ready.length > 0) {
        this.#one(this.#chance.pick(ready));
        continue;
      }
      let nextMs = this.#agenda[0]?.atMs ?? Infinity;
      for (const { thread } of this.#seats) nextMs = Math.min(nextMs, thread.nextMs());
      if (nextMs > untilMs) break;
      this.#nowMs = Math.max(nextMs, this.#nowMs);
    }
    return turns;
  }

  #one({ thread }: Seat): void {
    try {
      thread.turn((count) => this.#chance.to(count - 1));
    } catch (error) {
      this.#say(thread.number, `threw ${error}`);
      this.#judge.threw();
      this.#process.threw(error);
    }
    if (this.#core !== undefined) this.#judge.look(this.#core, this.#nowMs);
  }

  #join(number: number): void {
    const seat = this.#seats[number] as Seat;
    const plan = this.#plan.members[number];
    if (plan === undefined || !seat.thread.isAlive) return;
    if (number > 0 && this.#handle === undefined) {
      // The main thread has not come so far.
      this.#at(this.#nowMs + 1, () => this.#join(number));
      return;
    }
    seat.thread.post(() => {
      const program = this.#library(seat.thread);
      const tell = (told: Told): void => this.#tell(number, told);
      const application = program.open(tell, plan, this.#handle);
      seat.application = application;
      seat.member = application.member;
      if (number > 0) return;
      this.#handle = application.handle;
      const { tidegate } = application.handle;
      this.#core = atomicsCore('buffer' in tidegate ? tidegate.buffer : tidegate);
      const { signals } = this.#plan;
      if (signals === null) return;
      if (signals.exitCode !== 0) this.#process.exitCode = signals.exitCode;
      this.#process.isTerminal = signals.isTerminal;
      application.hear(signals);
    });
  }

  #act({ thread: number, call }: Act): void {
    const seat = this.#seats[number] as Seat;
    seat.thread.isAlive && seat.thread.post(() => seat.application?.run(call));
  }

  #fault(fault: Fault): void {
    this.#say(null, Object.entries(fault).slice(1).join(' ').replaceAll(',', ' '));
    switch (fault.fault) {
      case 'die':
        this.#die(fault.thread, fault.reapedInMs);
        return;
      case 'stall':
        (this.#seats[fault.thread] as Seat).thread.stalledUntilMs = this.#nowMs + fault.ms;
        return;
      case 'wall':
        this.#wallMs += fault.ms;
        return;
      case 'wake':
        (this.#seats[fault.thread] as Seat).thread.wakeSpuriously();
        return;
      case 'signal':
        (this.#seats[0] as Seat).thread.post(() => {
          this.#judge.signal(fault.name, this.#nowMs);
          this.#process.signal(fault.name);
        });
    }
  }

  #die(number: number, reapedInMs: number): void {
    const { thread, member } = this.#seats[number] as Seat;
    if (!thread.isAlive) return;
    thread.die();
    this.#judge.died(number);
    if (member === undefined) return;
    // Some other thread hears of it.
    this.#at(this.#nowMs + reapedInMs, () => {
      const other = this.#seats.find(
        ({ thread, application }) => thread.isAlive && application?.isGone() === false,
      );
      other?.thread.post(() => {
        if (other.application?.isGone() !== false) return;
        this.#judge.reaped(number, this.#nowMs);
        other.application.reap(member);
      });
    });
  }

  #tell(thread: number, told: Told): void {
    const { type, ...rest } = told;
    const words = Object.values(rest).map((value) =>
      typeof value === 'object' ? JSON.stringify(value) : String(value),
    );
    this.#say(thread, [type, ...words].join(' '));
    if (this.#core !== undefined) this.#judge.look(this.#core, this.#nowMs);
    this.#judge.hear(thread, told, this.#nowMs);
  }

  #say(thread: number | null, text: string): void {
    this.#trace.push({ atMs: this.#nowMs, thread, text });
  }

  #at(atMs: number, run: () => void): void {
    const entry = { atMs, order: ++this.#order, run };
    const index = this.#agenda.findIndex((other) => other.atMs > atMs);
    if (index < 0) this.#agenda.push(entry);
    else this.#agenda.splice(index, 0, entry);
  }
}
