/**
 * Responses that Bun has been given and has not sent yet: Bun does not announce the end of a
 * response, but it can be asked. The permits of their requests are released here; nothing is sent.
 *
 * @module
 */

import type { Permit } from '../../lifecycle/gate.ts';

/** How often a slow client is looked after. */
const LOOK_MS = 10;

/** A server of Bun, as far as it is asked. */
interface Asked {
  /** How many requests it has that are not answered, or not sent whole. */
  readonly pendingRequests: number;
  requestIP(request: Request): object | null;
}

/** Those of one server. */
export class Unsent {
  /** The requests of those of this turn, most of which are sent in it, and their permits. */
  #requests: Request[] = [];
  #permits: Permit[] = [];
  #server: Asked | undefined;
  readonly #slow: Map<Request, Permit> = new Map();
  #isTurn = false;
  #isLooking = false;
  readonly #endTurn: () => void = () => {
    this.#isTurn = false;
    this.settle();
  };

  /** Gives the permit back when the response is sent, or its connection is gone. */
  add(request: Request, server: Asked, permit: Permit): void {
    this.#server = server;
    this.#requests.push(request);
    this.#permits.push(permit);
    if (!this.#isTurn) setImmediate(this.#endTurn);
    this.#isTurn = true;
  }

  /**
   * Looks at those of this turn, for whoever must know.
   *
   * @param begun requests that have just begun: where no other is pending, all are sent, and none is asked
   */
  settle(begun = 0): void {
    const requests = this.#requests;
    const permits = this.#permits;
    if (requests.length === 0) return;
    if ((this.#server?.pendingRequests ?? Number.POSITIVE_INFINITY) <= begun) {
      for (const permit of permits) permit.release();
      requests.length = 0;
      permits.length = 0;
      return;
    }
    this.#requests = [];
    this.#permits = [];
    for (const [index, request] of requests.entries()) {
      const permit = permits[index] as Permit;
      if (this.#isSent(request)) permit.release();
      else this.#slow.set(request, permit);
    }
    this.#look();
  }

  #look(): void {
    if (this.#isLooking || this.#slow.size === 0) return;
    this.#isLooking = true;
    setTimeout(() => {
      this.#isLooking = false;
      for (const [request, permit] of this.#slow) {
        if (!this.#isSent(request)) continue;
        this.#slow.delete(request);
        permit.release();
      }
      this.#look();
    }, LOOK_MS);
  }

  /** Its client address is known until it is sent; on a Unix socket it has none. */
  #isSent(request: Request): boolean {
    return this.#server?.requestIP(request) === null;
  }
}
