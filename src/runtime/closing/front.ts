/**
 * A front before a server that cannot close its listener apart from its idle connections
 * (`Deno.serve`, `Bun.serve`): it answers requests and decides when the server is asked to stop.
 *
 * Both runtimes cut idle connections the moment they are asked to stop, with whatever is in the
 * socket buffer. So the linger comes first, with answers held back: after it every client that
 * talks has a request in flight, which both runtimes finish, and nothing in a socket buffer that
 * could be lost. Then the server is asked to stop, and the answers go, each the last of its
 * connection.
 *
 * @module
 */

import { GateClosedError } from '../../lifecycle/errors.ts';
import type { Permit } from '../../lifecycle/gate.ts';
import { isLeavingOrGone } from '../../lifecycle/leaving.ts';
import { type PlainAnswer, pathOf } from '../../lifecycle/routes.ts';
import { isThenable } from '../../lifecycle/thenable.ts';
import { Admission, closedAnswer, isPermit, kindOfMethod } from '../admission.ts';
import { closing, native, refusal, responseOf, sendable } from '../answer.ts';
import { EventStreams, isEventStream } from '../event-streams.ts';
import { upgradedForMs } from '../grace-period.ts';
import { addressed } from '../host-header.ts';
import type { CheckedOptions, RequestInfo } from '../options.ts';
import { Hold } from './answer-hold.ts';
import { Closing } from './closing.ts';

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

/** What a handler gets in addition to the request; its permit is added here. */
export interface Told extends RequestInfo {
  permit: Permit | null;
}

/** What is sent; `undefined` for a connection that was upgraded. */
type Answer = Response | undefined;

/** How one runtime differs from another. */
export interface Ways {
  /** Makes a response out of one that this runtime would not send well-formed. */
  readonly mend: (response: Response) => Response | Promise<Response>;
  /** Gives the permit back when the response, which is handed over now, is sent or its connection is gone. */
  readonly handed: (request: Request, told: Told, permit: Permit) => void;
  /** True where the runtime has parsed the address of a request. */
  readonly isParsed: boolean;
}

const SWITCHING_PROTOCOLS = 101;

/** How often the closing looks whether anything is in flight. */
const LOOK_MS = 10;

/** Answers and closing of one server. */
export class Front {
  readonly #options: CheckedOptions;
  readonly #ways: Ways;
  readonly #admission: Admission;
  readonly #streams: EventStreams;
  readonly #hold: Hold = new Hold();
  #closing: Closing | undefined;

  constructor(options: CheckedOptions, ways: Ways) {
    this.#options = options;
    this.#ways = ways;
    this.#admission = new Admission(options.lifecycle, options.kindOf);
    this.#streams = new EventStreams(options.lifecycle);
  }

  /**
   * Answers one request, at once where the handler does: a promise for each request costs as much as all
   * of this. `undefined` for one that the handler has upgraded.
   */
  answer(request: Request, told: Told): Answer | Promise<Answer> {
    const held = this.#hold.current;
    const fit = addressed(request, this.#ways.isParsed);
    if (fit === undefined) return this.#whole(refusal(400, 'malformed host'), held);
    const response = this.#admitted(fit, told);
    return isPromise(response)
      ? response.then((later) => this.#whole(later, held))
      : this.#whole(response, held);
  }

  /** What can be sent, once it may be. */
  #whole(response: Answer, held: Promise<void> | undefined): Answer | Promise<Answer> {
    // An upgrade is the runtime's own, and goes back as it is.
    if (response === undefined || response.status === SWITCHING_PROTOCOLS) return response;
    const whole = this.#ways.mend(native(response));
    if (held === undefined && !isPromise(whole)) return this.#last(whole);
    return Promise.all([whole, held]).then(([later]) => this.#last(later));
  }

  #last(response: Response): Response {
    return this.#closing?.isClosing === true || isLeavingOrGone(this.#options.lifecycle)
      ? closing(response)
      : response;
  }

  #admitted(request: Request, told: Told): Answer | Promise<Answer> {
    try {
      const instead = this.#refused(request, told);
      if (instead !== undefined) return responseOf(instead, request.method === 'HEAD');
      const given: unknown = this.#options.fetch(request, told);
      if (!isThenable(given)) return this.#handed(given, request, told);
      return Promise.resolve(given)
        .then((later) => this.#handed(later, request, told))
        .catch((thrown: unknown) => this.#failed(thrown, request, told));
    } catch (thrown) {
      return this.#failed(thrown, request, told);
    }
  }

  /** Gives a request its permit, or the answer in place of the application's. */
  #refused(request: Request, told: Told): PlainAnswer | undefined {
    const admission = this.#admission;
    if (admission.own.has(pathOf(request.url))) return undefined;
    const noUpgrade = admission.refusesUpgrade();
    if (noUpgrade !== undefined && isUpgrade(request)) return noUpgrade;
    const { kindOf } = admission;
    const kind = kindOf === undefined ? kindOfMethod(request.method) : kindOf(request);
    if (kind === null) return undefined;
    const entered = admission.enter(kind, request, acceptOf);
    if (!isPermit(entered)) return entered;
    told.permit = entered;
    return undefined;
  }

  #failed(thrown: unknown, request: Request, { permit }: Told): Promise<Answer> | Response {
    permit?.release();
    if (!(thrown instanceof GateClosedError)) return this.#failure(thrown, request);
    return responseOf(closedAnswer(thrown), request.method === 'HEAD');
  }

  /** What the handler returned, with an eye on when it is sent. */
  #handed(given: unknown, request: Request, told: Told): Answer {
    const { permit } = told;
    // Nobody waits for an upgraded connection.
    if ((given as Answer)?.status === SWITCHING_PROTOCOLS) {
      permit?.release();
      return given as Response;
    }
    const response =
      sendable(given) ?? (isUpgrade(request) ? undefined : refusal(404, 'not found'));
    if (response === undefined || isEventStream(response.headers.get('content-type'))) {
      permit?.release();
      return response === undefined ? undefined : endable(response, this.#streams);
    }
    if (permit === null) return response;
    const instead = this.#admission.tooLate(permit);
    this.#ways.handed(request, told, permit);
    return instead === undefined ? response : responseOf(instead, request.method === 'HEAD');
  }

  async #failure(thrown: unknown, request: Request): Promise<Response> {
    const instead = await this.#options.onFailure(thrown, request);
    return instead ?? refusal(500, 'internal server error');
  }

  /** Closes the server when the lifecycle is Stopped, or when the closing is asked to. */
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

function acceptOf({ headers }: Request): string | null {
  return headers.get('accept');
}

function isUpgrade(request: Request): boolean {
  return request.headers.has('upgrade');
}

function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return value instanceof Promise;
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
