/**
 * Decides who ends the process if several would: the last one. So nobody cuts short what another
 * one still waits for. It waits for nothing itself.
 *
 * @module
 */

import process from 'node:process';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { exitCode } from './exit.ts';

const pending: WeakMap<Lifecycle, Set<object>> = new WeakMap();

/** One who ends the process. */
export class Ending {
  readonly #lifecycle: Lifecycle;
  readonly #takeBack: () => void;

  /** @throws {LifecycleError} `detached` */
  constructor(lifecycle: Lifecycle) {
    this.#lifecycle = lifecycle;
    // The probe thread goes by it: it holds the process to its time also after Stopped.
    this.#takeBack = lifecycle.exits();
    pending.set(lifecycle, (pending.get(lifecycle) ?? new Set()).add(this));
  }

  /** Done: ends the process, or leaves it to those who are not. */
  over(): void {
    const others = pending.get(this.#lifecycle);
    if (others?.delete(this) === true && others.size === 0) process.exit(exitCode());
  }

  /** Ends nothing any more. */
  undo(): void {
    if (pending.get(this.#lifecycle)?.delete(this) === true) this.#takeBack();
  }
}
