/**
 * A front before a server that cannot close its listener apart from its idle connections
 * (`Deno.serve`, `Bun.serve`): it answers requests and decides when the server may be told to stop.
 *
 * Both runtimes cut idle connections the moment they are told to stop, with whatever is in the
 * socket buffer. So the front holds back, once closing, the answers of requests that still come
 * in: after the linger every client that talks has a request in flight, which both runtimes
 * finish, and has nothing in a socket buffer that could be lost. Then the server is told to stop,
 * and the answers are let go, each saying that the connection ends.
 *
 * @module
 */

import { answer, closing, isLeaving } from './answer.ts';
import type { CheckedOptions } from './options.ts';
import { whenStopped } from './stopped.ts';

/** A runtime's server, as far as closing goes. */
export interface Stoppable {
  /** Stops accepting, cuts idle connections, and resolves when what is in flight is finished. */
  finish(): Promise<unknown>;
  /** Cuts what is left; called only before `finish` has resolved. */
  cut(): void;
}

/** Answers and closing of one server. */
export class Front {
  /** Resolves when the server is closed. */
  readonly closed: Promise<void>;
  readonly #options: CheckedOptions;
  readonly #isClosed: () => void;
  readonly #release: () => void;
  readonly #held: Promise<void>;
  #isHolding = false;
  #isClosing = false;
  #inFlight = 0;
  #forget: () => void = () => {};

  constructor(options: CheckedOptions) {
    this.#options = options;
    [this.closed, this.#isClosed] = gate();
    [this.#held, this.#release] = gate();
  }

  /** Answers one request. `sent` resolves when the response is out, if the runtime says so. */
  async answer(request: Request, sent?: Promise<unknown>): Promise<Response> {
    const { lifecycle, fetch } = this.#options;
    this.#inFlight += 1;
    const over = (): void => {
      this.#inFlight -= 1;
    };
    const isLate = this.#isHolding;
    const response = await answer(fetch, request);
    if (isLate) await this.#held;
    if (sent === undefined) over();
    else sent.then(over, over);
    return this.#isClosing || isLeaving(lifecycle) ? closing(response) : response;
  }

  /** Closes when the lifecycle is Stopped, or when the returned function is called. */
  guard(server: Stoppable): () => Promise<void> {
    const close = (): Promise<void> => {
      if (!this.#isClosing) {
        this.#isClosing = true;
        this.#forget();
        void this.#close(server);
      }
      return this.closed;
    };
    this.#forget = whenStopped(this.#options.lifecycle, () => void close());
    return close;
  }

  async #close(server: Stoppable): Promise<void> {
    const { lingerMs, inFlightTimeoutMs } = this.#options;
    this.#isHolding = true;
    await sleep(lingerMs);
    let isFinished = false;
    const finished = server.finish().then(
      () => {
        isFinished = true;
      },
      () => {
        isFinished = true;
      },
    );
    this.#release();
    const endsAt = performance.now() + inFlightTimeoutMs;
    let idleSince = performance.now();
    while (!isFinished && performance.now() < endsAt) {
      await Promise.race([finished, sleep(LOOK_MS)]);
      // A request that never arrives whole is in nobody's count: it gets one more linger.
      if (this.#inFlight > 0) idleSince = performance.now();
      else if (performance.now() - idleSince > lingerMs + LOOK_MS) break;
    }
    if (!isFinished) server.cut();
    this.#isClosed();
  }
}

/** How often the closing looks whether anything is in flight. */
const LOOK_MS = 10;

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function gate(): [Promise<void>, () => void] {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return [opened, open];
}
