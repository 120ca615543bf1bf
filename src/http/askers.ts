/**
 * Who asks readiness probes. A client that was asking before the shutdown was accepted is a load
 * balancer that waits for the answer; any other is a passer-by. It answers nothing.
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

/** A client that probes, and when it last did. */
interface Known extends Asker {
  readonly path: string;
  lastAskedMs: number;
}

/** The askers of one handler. */
export class Askers {
  readonly #known: Map<string, Known> = new Map();
  #latest: Known | undefined;
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
    const now = monotonicMs();
    const latest = this.#latest;
    // Most often it is the one who asked last, who need neither be found nor moved.
    if (
      !isLeaving &&
      latest?.path === path &&
      latest.userAgent === userAgent &&
      latest.address === address
    ) {
      latest.lastAskedMs = now;
      return false;
    }
    if (OURS.test(userAgent ?? '')) return false;
    const asker = `${path}\n${userAgent ?? ''}\n${address ?? ''}`;
    if (!isLeaving) {
      this.#ask(asker, { path, userAgent, address, lastAskedMs: now });
      return false;
    }
    this.#leftMs ??= now;
    const last = this.#known.get(asker)?.lastAskedMs;
    return last !== undefined && this.#leftMs - last <= WINDOW_MS;
  }

  /** The last to ask is the last in the map, so the first one is the one to forget. */
  #ask(asker: string, known: Known): void {
    this.#known.delete(asker);
    this.#known.set(asker, known);
    this.#latest = known;
    if (this.#known.size <= MOST) return;
    const [oldest] = this.#known.keys();
    if (oldest !== undefined) this.#known.delete(oldest);
  }
}
