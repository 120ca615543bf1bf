/**
 * A front before a server that cannot close its listener apart from its idle connections
 * (`Deno.serve`, `Bun.serve`): it answers requests and decides when the server is told to stop.
 *
 * Both runtimes cut idle connections the moment they are told to stop, with whatever is in the
 * socket buffer. So the linger comes first, with answers held back: after it every client that
 * talks has a request in flight, which both runtimes finish, and nothing in a socket buffer that
 * could be lost. Then the server is told to stop, and the answers go, each the last of its
 * connection.
 *
 * @module
 */

import { isLeavingOrGone } from '../lifecycle/leaving.ts';
import { answer, closing, native, refusal } from './answer.ts';
import { Closing } from './closing.ts';
import { Hold } from './hold.ts';
import { addressed } from './host.ts';
import type { CheckedOptions } from './options.ts';

/** A runtime's server, as far as closing goes. */
export interface Stoppable {
  /** Stops accepting, cuts idle connections, and resolves when what is in flight is finished. */
  finish(): Promise<unknown>;
  /** Whether a response is in flight, where `finish` waits for less: half a request, say. */
  isBusy?(): boolean;
  /** Cuts what is left, where the runtime can; called only before `finish` has resolved. */
  cut?(): void;
}

/** How often the closing looks whether anything is in flight. */
const LOOK_MS = 10;

/** Answers and closing of one server. */
export class Front {
  readonly #options: CheckedOptions;
  readonly #mend: (response: Response) => Promise<Response>;
  readonly #hold: Hold = new Hold();
  #closing: Closing | undefined;

  /**
   * @param mend makes a response out of one that this runtime would not send well-formed
   */
  constructor(options: CheckedOptions, mend: (response: Response) => Promise<Response>) {
    this.#options = options;
    this.#mend = mend;
  }

  /** Answers one request. */
  async answer(request: Request): Promise<Response> {
    const { lifecycle, fetch } = this.#options;
    const held = this.#hold.current;
    const fit = addressed(request);
    const response =
      fit === undefined
        ? refusal(400, 'malformed host')
        : await this.#mend(native(await answer(fetch, fit)));
    if (held !== undefined) await held;
    return this.#closing?.isClosing === true || isLeavingOrGone(lifecycle)
      ? closing(response)
      : response;
  }

  /** Closes the server when the lifecycle is Stopped, or when the closing is told to. */
  guard(server: Stoppable): Closing {
    const { lifecycle, lingerMs } = this.#options;
    let isFinished = false;
    const over = (): void => {
      isFinished = true;
    };
    let finished: Promise<void> | undefined;
    const stop = async (): Promise<void> => {
      await this.#hold.on(lingerMs);
      finished = server.finish().then(over, over);
      this.#hold.release();
    };
    const finish = async (): Promise<void> => {
      const endsAt = performance.now() + this.#options.inFlightTimeoutMs();
      let idleSince = performance.now();
      while (!isFinished && performance.now() < endsAt) {
        await Promise.race([finished, new Promise((resolve) => setTimeout(resolve, LOOK_MS))]);
        // A request that has not come whole does not make the server busy: it gets one more linger.
        if (server.isBusy?.() ?? true) idleSince = performance.now();
        else if (performance.now() - idleSince > lingerMs + LOOK_MS) break;
      }
      if (!isFinished) server.cut?.();
    };
    this.#closing = new Closing(lifecycle, { stop, finish });
    return this.#closing;
  }
}
