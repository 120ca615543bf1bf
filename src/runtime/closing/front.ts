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
import { pathOf } from '../../lifecycle/routes.ts';
import { isThenable } from '../../lifecycle/thenable.ts';
import { Admission, closedAnswer, kindOfMethod } from '../admission.ts';
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

/** What a runtime tells of a request; it is given its permit here. */
export type Told = Omit<RequestInfo, 'permit'>;

/** What is sent; `undefined` for a connection that was upgraded. */
type Answer = Response | undefined;

/** Hears of a response that is handed over, and how its permit is given back. */
export type Handed = (release: () => void) => void;

const SWITCHING_PROTOCOLS = 101;

type Mend = (response: Response) => Response | Promise<Response>;

/** How often the closing looks whether anything is in flight. */
const LOOK_MS = 10;

/** Answers and closing of one server. */
export class Front {
  readonly #options: CheckedOptions;
  readonly #mend: Mend;
  readonly #isParsed: boolean;
  readonly #admission: Admission;
  readonly #streams: EventStreams;
  readonly #hold: Hold = new Hold();
  #closing: Closing | undefined;

  /**
   * @param mend makes a response out of one that this runtime would not send well-formed
   * @param isParsed true where the runtime has parsed the address of a request
   */
  constructor(options: CheckedOptions, mend: Mend, isParsed: boolean) {
    this.#options = options;
    this.#mend = mend;
    this.#isParsed = isParsed;
    this.#admission = new Admission(options.lifecycle, options.kindOf);
    this.#streams = new EventStreams(options.lifecycle);
  }

  /**
   * Answers one request, at once where the handler does: a promise for each request costs as much as all
   * of this. `undefined` for one that the handler has upgraded.
   *
   * @param handed gives the permit back when the response is sent or its connection is gone
   */
  answer(request: Request, told: Told, handed: Handed): Answer | Promise<Answer> {
    const held = this.#hold.current;
    const fit = addressed(request, this.#isParsed);
    if (fit === undefined) return this.#whole(refusal(400, 'malformed host'), held);
    const response = this.#admitted(fit, told, handed);
    return isPromise(response)
      ? response.then((later) => this.#whole(later, held))
      : this.#whole(response, held);
  }

  /** What can be sent, once it may be. */
  #whole(response: Answer, held: Promise<void> | undefined): Answer | Promise<Answer> {
    // An upgrade is the runtime's own, and goes back as it is.
    if (response === undefined || response.status === SWITCHING_PROTOCOLS) return response;
    const whole = this.#mend(native(response));
    if (held === undefined && !isPromise(whole)) return this.#last(whole);
    return Promise.all([whole, held]).then(([later]) => this.#last(later));
  }

  #last(response: Response): Response {
    return this.#closing?.isClosing === true || isLeavingOrGone(this.#options.lifecycle)
      ? closing(response)
      : response;
  }

  #admitted(request: Request, told: Told, handed: Handed): Answer | Promise<Answer> {
    let permit: Permit | null = null;
    const failed = (thrown: unknown): Promise<Answer> | Response => {
      permit?.release();
      if (!(thrown instanceof GateClosedError)) return this.#failure(thrown, request);
      return responseOf(closedAnswer(thrown), request.method === 'HEAD');
    };
    try {
      const { kindOf, fetch } = this.#options;
      const { method } = request;
      if (!this.#admission.own.has(pathOf(request.url))) {
        const noUpgrade = this.#admission.refusesUpgrade();
        if (noUpgrade !== undefined && isUpgrade(request)) {
          return responseOf(noUpgrade, method === 'HEAD');
        }
        const kind = kindOf === undefined ? kindOfMethod(method) : kindOf(request);
        if (kind !== null) {
          const entered = this.#admission.enter(kind, () => request.headers.get('accept'));
          if ('status' in entered) return responseOf(entered, method === 'HEAD');
          permit = entered;
        }
      }
      const given: unknown = fetch(request, Object.assign(told, { permit }));
      if (isThenable(given)) {
        return Promise.resolve(given)
          .then((later) => this.#handed(later, request, permit, handed))
          .catch(failed);
      }
      return this.#handed(given, request, permit, handed);
    } catch (thrown) {
      return failed(thrown);
    }
  }

  /** What the handler returned, with an eye on when it is sent. */
  #handed(given: unknown, request: Request, permit: Permit | null, handed: Handed): Answer {
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
    const instead = this.#admission.tooLate(permit);
    if (permit !== null) handed(() => permit.release());
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
