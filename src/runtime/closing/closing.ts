/**
 * When a server closes, in two parts: it stops accepting, and it finishes what is in flight. How it
 * does either is its own.
 *
 * Once a shutdown is accepted the second part waits for Stopped, whatever closes the server: the
 * answer to the shutdown itself may be in flight, and a step that waited for it would wait for the
 * end of all steps.
 *
 * @module
 */

import { isLeavingOrGone } from '../../lifecycle/leaving.ts';
import type { Lifecycle } from '../../lifecycle/lifecycle.ts';
import { Phase } from '../../lifecycle/phase.ts';

import { whenStopped } from '../when-stopped.ts';

/** A server, as far as closing goes. */
export interface ClosingParts {
  /** Resolves when nothing more is accepted. Called once. */
  stop(): Promise<void>;
  /** Resolves when the last connection is gone, or nobody waits for it any more. Called once. */
  finish(): Promise<void>;
}

/** The closing of one server. */
export class Closing {
  /** Resolves when the server is closed. */
  readonly closed: Promise<void>;
  readonly #lifecycle: Lifecycle;
  readonly #parts: ClosingParts;
  readonly #forget: () => void;
  #isClosed: () => void = () => {};
  #stopped: Promise<void> | undefined;
  #isFinishing = false;

  /** Closes the server by itself when the lifecycle is Stopped. @throws {LifecycleError} `detached` */
  constructor(lifecycle: Lifecycle, parts: ClosingParts) {
    this.#lifecycle = lifecycle;
    this.#parts = parts;
    this.closed = new Promise((resolve) => {
      this.#isClosed = resolve;
    });
    this.#forget = whenStopped(lifecycle, () => void this.close());
  }

  /** True from the decision to close on. */
  get isClosing(): boolean {
    return this.#stopped !== undefined;
  }

  /**
   * Closes it. During a shutdown it resolves when the server has stopped accepting; otherwise like
   * {@link Closing.closed}.
   */
  close(): Promise<void> {
    this.#stopped ??= this.#parts.stop();
    if (this.#isShuttingDown()) return this.#stopped;
    if (!this.#isFinishing) {
      this.#isFinishing = true;
      this.#forget();
      void this.#stopped.then(() => this.#parts.finish()).then(this.#isClosed);
    }
    return this.closed;
  }

  #isShuttingDown(): boolean {
    try {
      return isLeavingOrGone(this.#lifecycle) && this.#lifecycle.phase() !== Phase.Stopped;
    } catch {
      // Detached: nobody would say when it is Stopped.
      return false;
    }
  }
}
