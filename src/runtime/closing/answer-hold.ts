/**
 * Holding answers back while a server closes. It holds no request: handlers run as ever.
 *
 * A client that learns that its connection ends opens another and asks there. Whatever closes a
 * listener, or an idle connection, cuts those that are between connecting and being heard, and
 * under load there are always some. A client that waits for its answer is not between anything: so
 * for the moments before the listener closes, requests that still come in are answered after it.
 *
 * @module
 */

import { patience, turns } from './patience.ts';

/** One server's hold: once, and for good released. */
export class Hold {
  readonly #released: Promise<void>;
  #release: () => void = () => {};
  #isOn = false;

  constructor() {
    this.#released = new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  /** What a request that begins now must await before its answer; `undefined` for nothing. */
  get current(): Promise<void> | undefined {
    return this.#isOn ? this.#released : undefined;
  }

  /**
   * From now on, for so long, or longer on a busy machine. The listener may be closed when it
   * resolves, and then released.
   */
  async on(ms: number): Promise<void> {
    this.#isOn = true;
    await patience(ms);
    // In case the loop was blocked: what arrived meanwhile is read first.
    await turns(2);
  }

  /** Lets all answers go, those held and those to come. */
  release(): void {
    this.#isOn = false;
    this.#release();
  }
}
