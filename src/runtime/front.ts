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

import { GateClosedError } from '../lifecycle/errors.ts';
import type { Permit } from '../lifecycle/gate.ts';
import { isLeavingOrGone } from '../lifecycle/leaving.ts';
import { pathOf } from '../lifecycle/routes.ts';
import { Admission, closedAnswer, kindOfMethod } from './admission.ts';
import { closing, native, refusal, responseOf, sendable } from './answer.ts';
import { Closing } from './closing.ts';
import { EventStreams, isEventStream } from './event-streams.ts';
import { upgradedForMs } from './grace.ts';
import { Hold } from './hold.ts';
import { addressed } from './host.ts';
import type { CheckedOptions, RequestInfo } from './options.ts';

/** A runtime's server, as far as closing goes. */
export interface Stoppable {
  /** Stops accepting, cuts idle connections, and resolves when what is in flight is finished. */
  finish(): Promise<unknown>;
  /** Whether a response is in flight, where `finish` waits for less: half a request, say. */
  isBusy?(): boolean;
  /** Whether a connection is open that was upgraded, where the runtime says so. */
  isUpgraded?(): boolean;
  /** Cuts what is left, where the runtime can; called only before `finish` has resolved. */
  cut?(): void;
}

/** What a runtime tells of a request. */
export type Told = Omit<RequestInfo, 'permit'>;

/** Hears of a response that is handed over, and how its permit is given back. */
export type Handed = (release: () => void) => void;

const SWITCHING_PROTOCOLS = 101;

/** How often the closing looks whether anything is in flight. */
const LOOK_MS = 10;

/** Answers and closing of one server. */
export class Front {
  readonly #options: CheckedOptions;
  readonly #mend: (response: Response) => Promise<Response>;
  readonly #admission: Admission;
  readonly #streams: EventStreams;
  readonly #hold: Hold = new Hold();
  #closing: Closing | undefined;

  /**
   * @param mend makes a response out of one that this runtime would not send well-formed
   */
  constructor(options: CheckedOptions, mend: (response: Response) => Promise<Response>) {
    this.#options = options;
    this.#mend = mend;
    this.#admission = new Admission(options.lifecycle, options.kindOf);
    this.#streams = new EventStreams(options.lifecycle);
  }

  /**
   * Answers one request; `undefined` for one that the handler has upgraded.
   *
   * @param handed gives the permit back when the response is sent or its connection is gone
   */
  async answer(request: Request, told: Told, handed: Handed): Promise<Response | undefined> {
    const held = this.#hold.current;
    const fit = addressed(request);
    const response =
      fit === undefined ? refusal(400, 'malformed host') : await this.#admitted(fit, told, handed);
    // An upgrade is the runtime's own, and goes back as it is.
    if (response === undefined || response.status === SWITCHING_PROTOCOLS) return response;
    const whole = await this.#mend(native(response));
    if (held !== undefined) await held;
    return this.#closing?.isClosing === true || isLeavingOrGone(this.#options.lifecycle)
      ? closing(whole)
      : whole;
  }

  async #admitted(request: Request, told: Told, handed: Handed): Promise<Response | undefined> {
    const { method, headers } = request;
    const isHead = method === 'HEAD';
    const isUpgrade = headers.has('upgrade');
    let permit: Permit | null = null;
    try {
      if (!this.#admission.own.has(pathOf(request.url))) {
        const noUpgrade = isUpgrade ? this.#admission.refusesUpgrade() : undefined;
        if (noUpgrade !== undefined) return responseOf(noUpgrade, isHead);
        const { kindOf } = this.#options;
        const kind = kindOf === undefined ? kindOfMethod(method) : kindOf(request);
        const entered = kind === null ? null : this.#admission.enter(kind, headers.get('accept'));
        if (entered !== null && 'status' in entered) return responseOf(entered, isHead);
        permit = entered;
      }
      const response = await this.#asked(request, { ...told, permit }, isUpgrade);
      if (isEventStream(response?.headers.get('content-type'))) {
        permit?.release();
        return response === undefined ? response : endable(response, this.#streams);
      }
      // Nobody waits for an upgraded connection.
      if (response === undefined || response.status === SWITCHING_PROTOCOLS) permit?.release();
      else if (permit !== null) handed(() => permit?.release());
      return response;
    } catch (thrown) {
      permit?.release();
      if (thrown instanceof GateClosedError) return responseOf(closedAnswer(thrown), isHead);
      const instead = await this.#options.onFailure(thrown, request);
      return instead ?? refusal(500, 'internal server error');
    }
  }

  async #asked(
    request: Request,
    info: RequestInfo,
    isUpgrade: boolean,
  ): Promise<Response | undefined> {
    const response: unknown = await this.#options.fetch(request, info);
    if ((response as Response | undefined)?.status === SWITCHING_PROTOCOLS) {
      return response as Response;
    }
    const sent = sendable(response);
    return sent === undefined && !isUpgrade ? refusal(404, 'not found') : sent;
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
      const inFlightMs = this.#options.inFlightTimeoutMs();
      const beganAt = performance.now();
      const upgradedMs = upgradedForMs(inFlightMs);
      let idleSince = beganAt;
      while (!isFinished && performance.now() - beganAt < inFlightMs) {
        await Promise.race([finished, new Promise((resolve) => setTimeout(resolve, LOOK_MS))]);
        const now = performance.now();
        const isUpgraded = now - beganAt < upgradedMs && server.isUpgraded?.() === true;
        // A request that has not come whole does not make the server busy: it gets one more linger.
        if (isUpgraded || (server.isBusy?.() ?? true)) idleSince = now;
        else if (now - idleSince > lingerMs + LOOK_MS) break;
      }
      if (!isFinished) server.cut?.();
    };
    this.#closing = new Closing(lifecycle, { stop, finish });
    return this.#closing;
  }
}

/** The same event stream, which ends when the drain begins, after its current chunk. */
function endable(response: Response, streams: EventStreams): Response {
  const { body, status, statusText, headers } = response;
  if (body === null) return response;
  const reader = body.getReader();
  let end = (): void => {};
  const ended = new Promise<{ done: true; value: undefined }>((resolve) => {
    end = () => resolve({ done: true, value: undefined });
  });
  const forget = streams.add(end);
  const over = (reason?: unknown): void => {
    forget();
    reader.cancel(reason).catch(() => {});
  };
  const endable = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await Promise.race([reader.read(), ended]);
      if (!done) return controller.enqueue(value);
      over();
      controller.close();
    },
    cancel: over,
  });
  return new Response(endable, { status, statusText, headers });
}
