/**
 * All instances of a command: how many there are, which one follows on which, and with which exit code
 * all of it ends. How one instance lives and ends is in `instance.ts`.
 *
 * @module
 */

import { monotonicMs } from '../lifecycle/clock.ts';
import { type End, Instance } from './instance.ts';
import type { Handed, Place } from './listening.ts';
import { allReady } from './ready.ts';
import { Restarts } from './restarts.ts';
import { say } from './say.ts';
import type { Sockets } from './sockets.ts';

/** What to run, and how. */
export interface RunOptions {
  readonly command: readonly [program: string, ...args: string[]];
  readonly instances: number;
  /** How long an instance has to end once it was asked to. */
  readonly graceMs: number;
  /** An instance that crashes starts again. */
  readonly restarts: boolean;
  /** Where the parent listens for its instances. */
  readonly listen: readonly Place[];
  /** How long the new instances of a reload have to become Ready. */
  readonly readyMs: number;
}

/** How a reload went. */
export interface Reloaded {
  readonly isOk: boolean;
  readonly text: string;
}

/** The variable that tells an instance which of them it is: 0, 1, … */
const NUMBER = 'TIDEGATE_RUN_INSTANCE';

/** A seat among the instances. */
interface Seat {
  readonly number: number;
  readonly restarts: Restarts;
  /** Who is there; nobody between a crash and the restart, and once it is over. */
  instance: Instance | undefined;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** How the instance of a seat ended that nobody had asked to. */
interface Crash {
  readonly end: End;
  readonly livedMs: number;
}

/** The instances of one command. */
export class Supervisor {
  /** The exit code, when all is over. */
  readonly over: Promise<number>;
  readonly #options: RunOptions;
  readonly #sockets: Sockets | undefined;
  readonly #handed: Handed;
  readonly #seats: readonly Seat[];
  /** All that run, in a seat or not. */
  readonly #running: Set<Instance> = new Set();
  /** Seats whose instance crashed during the reload, which may have put another one there. */
  readonly #crashed: Map<Seat, Crash> = new Map();
  #reloading: Promise<Reloaded> | undefined;
  #isStopping = false;
  #code = 0;
  #finish: (code: number) => void = () => {};

  constructor(options: RunOptions, sockets: Sockets | undefined, handed: Handed) {
    this.#options = options;
    this.#sockets = sockets;
    this.#handed = handed;
    this.over = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.#seats = Array.from({ length: options.instances }, (_, number) => ({
      number,
      restarts: new Restarts(),
      instance: undefined,
      timer: undefined,
    }));
    for (const seat of this.#seats) seat.instance = this.#start(seat);
  }

  /** Asks all of them to end; again, passes another signal on. */
  stop(name: NodeJS.Signals): void {
    this.#isStopping = true;
    for (const seat of this.#seats) this.#forget(seat);
    for (const instance of this.#running) {
      say(`${name} to ${instance.pid}, which has ${this.#options.graceMs / 1_000} s to end`);
      instance.ask(name);
    }
    this.#endIfOver();
  }

  /** Passes a signal on that asks nobody to end. */
  pass(name: NodeJS.Signals): void {
    for (const instance of this.#running) instance.pass(name);
  }

  /** Puts new instances in the place of all that run. One reload at a time; another one meanwhile is refused. */
  reload(): Promise<Reloaded> {
    if (this.#isStopping)
      return told(false, 'reload refused: the instances have been asked to end');
    if (this.#reloading !== undefined)
      return told(false, 'reload refused: another one is under way');
    const reloading = this.#reload().finally(() => {
      this.#reloading = undefined;
      const crashed = [...this.#crashed];
      this.#crashed.clear();
      for (const [seat, crash] of crashed)
        if (seat.instance === undefined) this.#after(seat, crash);
      this.#endIfOver();
    });
    this.#reloading = reloading;
    return reloading;
  }

  async #reload(): Promise<Reloaded> {
    const { readyMs } = this.#options;
    say(`reload: starting new instances: ${this.#seats.length}`);
    const next = this.#seats.map((seat) => ({ seat, instance: this.#start(seat) }));
    const why = await allReady(
      next.map(({ instance }) => instance),
      readyMs,
    );
    if (this.#isStopping)
      return told(false, 'reload cut short: all instances have been asked to end');
    if (why !== undefined) {
      const old = this.#seats.flatMap(({ instance }) => instance?.pid ?? []).join(', ');
      const failed = told(false, `reload failed: ${why}; still serving: ${old || 'none'}`);
      for (const { instance } of next) if (this.#running.has(instance)) instance.ask('SIGTERM');
      return failed;
    }
    const old = this.#seats.flatMap(({ instance }) => instance ?? []);
    for (const { seat, instance } of next) {
      this.#forget(seat);
      seat.instance = instance;
    }
    const pids = next.map(({ instance }) => instance.pid).join(', ');
    say(`reload: ready: ${pids}; asked to end: ${old.map(({ pid }) => pid).join(', ') || 'none'}`);
    for (const instance of old) instance.retire();
    await Promise.all(old.map((instance) => instance.over));
    return told(true, `reload: done, ${pids} serving`);
  }

  #start(seat: Seat): Instance {
    const { command, graceMs, instances } = this.#options;
    const instance = new Instance({
      command,
      graceMs,
      sockets: this.#sockets,
      // Several readers would tear the input to pieces.
      hasInput: instances === 1,
      env: { [NUMBER]: String(seat.number) },
      handed: this.#handed,
    });
    this.#running.add(instance);
    void instance.over.then((end) => {
      this.#running.delete(instance);
      say(`${instance.pid || 'the command'} ${end.how}`);
      if (seat.instance === instance) this.#left(seat, instance, end);
      this.#endIfOver();
    });
    return instance;
  }

  /** A seat is empty. */
  #left(seat: Seat, instance: Instance, end: End): void {
    seat.instance = undefined;
    if (end.code === 0) return;
    if (!end.isUnasked || this.#isStopping) {
      this.#code ||= end.code;
      return;
    }
    const crash = { end, livedMs: monotonicMs() - instance.startedAtMs };
    if (this.#reloading !== undefined) this.#crashed.set(seat, crash);
    else this.#after(seat, crash);
  }

  #after(seat: Seat, { end, livedMs }: Crash): void {
    const canAgain = this.#options.restarts && !end.isHopeless && !this.#isStopping;
    const waitMs = canAgain ? seat.restarts.crashed(livedMs) : undefined;
    if (waitMs !== undefined) {
      say(`it starts again in ${waitMs / 1_000} s`);
      seat.timer = setTimeout(() => {
        seat.timer = undefined;
        seat.instance = this.#start(seat);
      }, waitMs);
      return;
    }
    this.#code ||= end.code;
    if (canAgain) say('it crashed too many times in a row and will not be restarted');
    // What supervises the parent is to see that something failed.
    if (this.#running.size > 0 && !this.#isStopping) this.stop('SIGTERM');
  }

  #forget(seat: Seat): void {
    clearTimeout(seat.timer);
    seat.timer = undefined;
  }

  #endIfOver(): void {
    const isWaiting = this.#seats.some(({ timer }) => timer !== undefined);
    // A reload goes on as long as somebody runs; what comes of its crashes is looked at after it.
    if (this.#running.size > 0 || isWaiting) return;
    if (this.#reloading === undefined || this.#isStopping) this.#finish(this.#code);
  }
}

/** Said, and told to who asked. */
function told(isOk: boolean, text: string): Promise<Reloaded> {
  say(text);
  return Promise.resolve({ isOk, text });
}
