/**
 * Responses that Bun has been given and has not sent: it tells nobody when it has, but it can be asked.
 * It calls what waits for their end; it sends nothing.
 *
 * @module
 */

/** How often a slow client is looked after. */
const LOOK_MS = 10;

/** One response. */
interface Response {
  readonly isSent: () => boolean;
  readonly then: () => void;
}

/** Those of one server. */
export class Unsent {
  /** Those of this turn, most of which are sent in it. */
  #fresh: Response[] = [];
  readonly #slow: Set<Response> = new Set();
  readonly #pending: () => number;
  #isLooking = false;

  /** @param pending how many requests the server has that are not answered, or not sent whole */
  constructor(pending: () => number) {
    this.#pending = pending;
  }

  /** Calls `then` when a response is sent, or its connection is gone, which `isSent` says. */
  add(isSent: () => boolean, then: () => void): void {
    if (this.#fresh.push({ isSent, then }) === 1) setImmediate(() => this.settle());
  }

  /**
   * Looks at those of this turn, for whoever must know.
   *
   * @param begun requests that have just begun: where no other is pending, all are sent, and none is asked
   */
  settle(begun = 0): void {
    if (this.#fresh.length === 0) return;
    const fresh = this.#fresh;
    this.#fresh = [];
    const areSent = this.#pending() <= begun;
    for (const response of fresh) {
      if (areSent || response.isSent()) response.then();
      else this.#slow.add(response);
    }
    this.#look();
  }

  #look(): void {
    if (this.#isLooking || this.#slow.size === 0) return;
    this.#isLooking = true;
    setTimeout(() => {
      this.#isLooking = false;
      for (const response of this.#slow) {
        if (!response.isSent()) continue;
        this.#slow.delete(response);
        response.then();
      }
      this.#look();
    }, LOOK_MS);
  }
}
