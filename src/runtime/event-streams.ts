/**
 * The open event streams. Nobody waits for them: when the drain begins they end after their current
 * chunk, so that clients reconnect elsewhere. It reads and writes nothing.
 *
 * @module
 */

import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { Phase } from '../lifecycle/phase.ts';

const TYPE = 'text/event-stream';

/** Whether a response of this type is one (WHATWG HTML §9.2). */
export function isEventStream(contentType: unknown): boolean {
  return typeof contentType === 'string' && contentType.trimStart().toLowerCase().startsWith(TYPE);
}

/** Those of one server. */
export class EventStreams {
  readonly #lifecycle: Lifecycle;
  readonly #ends: Set<() => void> = new Set();
  #isHeard = false;

  constructor(lifecycle: Lifecycle) {
    this.#lifecycle = lifecycle;
  }

  /** Notes one; `end` is called once when the drain begins. Returns the undo. */
  add(end: () => void): () => void {
    this.#ends.add(end);
    this.#hear();
    return () => {
      this.#ends.delete(end);
    };
  }

  /** From the first stream on: most servers have none. */
  #hear(): void {
    try {
      if (!this.#isHeard) {
        this.#isHeard = true;
        this.#lifecycle.onTransition(({ to }) => {
          if (to >= Phase.Draining) this.#endAll();
        });
      }
      // One that begins after it, admitted before.
      if (this.#lifecycle.phase() >= Phase.Draining) queueMicrotask(() => this.#endAll());
    } catch {
      // Detached: nobody would say when.
      queueMicrotask(() => this.#endAll());
    }
  }

  #endAll(): void {
    const ends = [...this.#ends];
    this.#ends.clear();
    for (const end of ends) end();
  }
}
