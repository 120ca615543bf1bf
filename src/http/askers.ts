/**
 * Who asks readiness probes: those who were asking before a shutdown was accepted are balancers that
 * wait to be told, and everybody else is a passer-by. It answers nothing.
 *
 * @module
 */

import { monotonicMs } from '../lifecycle/clock.ts';
import type { Asker } from '../lifecycle/routes.ts';

/** Who asked in this time before the acceptance is waited for. */
const WINDOW_MS = 60_000;
/** Far more than there are balancers; anybody can send another `user-agent`. */
const MOST = 1_000;

/** What the command line of this package calls itself; it waits for nobody. */
const OURS = /^tidegate\//;

/** The askers of one handler. */
export class Askers {
  readonly #lastAskedMs: Map<string, number> = new Map();
  #latest: string | undefined;
  /** When the first answer after the acceptance was made. */
  #leftMs: number | undefined;

  /**
   * Notes that somebody asks.
   *
   * @param path which probe
   * @param who the header `user-agent`, and the address where it is known
   * @param isLeaving a shutdown was accepted
   * @returns true if it is, and this asker was asking in the minute before
   */
  note(path: string, { userAgent, address }: Asker, isLeaving: boolean): boolean {
    if (OURS.test(userAgent ?? '')) return false;
    const now = monotonicMs();
    const asker = `${path}\n${userAgent ?? ''}\n${address ?? ''}`;
    if (!isLeaving) {
      this.#ask(asker, now);
      return false;
    }
    this.#leftMs ??= now;
    const last = this.#lastAskedMs.get(asker);
    return last !== undefined && this.#leftMs - last <= WINDOW_MS;
  }

  /** The last to ask is the last in the map, so the first one is the one to forget. */
  #ask(asker: string, now: number): void {
    // Most often it is the one who asked last, who need not be moved.
    if (asker !== this.#latest) this.#lastAskedMs.delete(asker);
    this.#latest = asker;
    this.#lastAskedMs.set(asker, now);
    if (this.#lastAskedMs.size <= MOST) return;
    const [oldest] = this.#lastAskedMs.keys();
    if (oldest !== undefined) this.#lastAskedMs.delete(oldest);
  }
}
