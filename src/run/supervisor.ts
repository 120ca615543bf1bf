/**
 * All instances of a command: how many there are, which one follows on which, and with which exit code
 * all of it ends. How one instance lives and ends is in `instance.ts`.
 *
 * @module
 */

import { monotonicMs } from '../lifecycle/clock.ts';
import { type End, Instance } from './instance.ts';
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
}

/** The variable that tells an instance which of them it is: 0, 1, … */
const NUMBER = 'TIDEGATE_RUN_INSTANCE';

/** A place among the instances. */
interface Place {
  readonly number: number;
  readonly restarts: Restarts;
  /** Who is there; nobody between a crash and the restart, and once it is over. */
  instance: Instance | undefined;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** The instances of one command. */
export class Supervisor {
  /** The exit code, when all is over. */
  readonly over: Promise<number>;
  readonly #options: RunOptions;
  readonly #sockets: Sockets | undefined;
  readonly #places: readonly Place[];
  /** All that run, in their places or not. */
  readonly #running: Set<Instance> = new Set();
  #isStopping = false;
  #code = 0;
  #finish: (code: number) => void = () => {};

  constructor(options: RunOptions, sockets: Sockets | undefined) {
    this.#options = options;
    this.#sockets = sockets;
    this.over = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.#places = Array.from({ length: options.instances }, (_, number) => ({
      number,
      restarts: new Restarts(),
      instance: undefined,
      timer: undefined,
    }));
    for (const place of this.#places) place.instance = this.#start(place);
  }

  /** Asks all of them to end; again, passes another signal on. */
  stop(name: NodeJS.Signals): void {
    this.#isStopping = true;
    for (const place of this.#places) clearTimeout(place.timer);
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

  #start(place: Place): Instance {
    const { command, graceMs, instances } = this.#options;
    const instance = new Instance({
      command,
      graceMs,
      sockets: this.#sockets,
      // Several readers would tear the input to pieces.
      hasInput: instances === 1,
      env: { [NUMBER]: String(place.number) },
    });
    this.#running.add(instance);
    void instance.over.then((end) => {
      this.#running.delete(instance);
      say(`${instance.pid || 'the command'} ${end.how}`);
      if (place.instance === instance) this.#left(place, instance, end);
      this.#endIfOver();
    });
    return instance;
  }

  /** A place is empty. */
  #left(place: Place, instance: Instance, end: End): void {
    place.instance = undefined;
    if (end.code === 0) return;
    if (!end.isUnasked || this.#isStopping) {
      this.#code ||= end.code;
      return;
    }
    const canAgain = this.#options.restarts && !end.isHopeless;
    const livedMs = monotonicMs() - instance.startedAtMs;
    const waitMs = canAgain ? place.restarts.crashed(livedMs) : undefined;
    if (waitMs !== undefined) {
      say(`it starts again in ${waitMs / 1_000} s`);
      place.timer = setTimeout(() => {
        place.timer = undefined;
        place.instance = this.#start(place);
      }, waitMs);
      return;
    }
    this.#code ||= end.code;
    if (canAgain) say('it crashed too often in a row, and is not started again');
    // What supervises the parent is to see that something failed.
    if (this.#running.size > 0) this.stop('SIGTERM');
  }

  #endIfOver(): void {
    const isWaiting = this.#places.some(({ timer }) => timer !== undefined);
    if (this.#running.size === 0 && (this.#isStopping || !isWaiting)) this.#finish(this.#code);
  }
}
