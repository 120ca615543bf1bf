/**
 * Calls to the fleet's object from a Worker. It remembers nothing, and may be made for each call: a
 * stub belongs to the request that got it.
 *
 * @module
 */

import type { FleetAnswer } from '../fleet/told.ts';
import { isWithin, must } from '../lifecycle/check.ts';
import { TIMER_MAX_MS } from '../lifecycle/clock.ts';
import { LifecycleError } from '../lifecycle/errors.ts';
import { DEPLOYMENT_RULE, isDeployment } from '../lifecycle/fleet-calls.ts';
import type { FleetNamespace } from './platform.ts';
import { isAnswer, type Poll } from './wire.ts';

/** Options of {@link FleetClient}. */
export interface FleetClientOptions {
  /** Which fleet, if the namespace has several; default `'fleet'`. */
  readonly name?: string | undefined;
  /** Milliseconds for the object to answer; default 5 000. */
  readonly timeoutMs?: number | undefined;
}

const ACTION = 'make a fleet client';

/** Asks the fleet's object, and moves it. */
export class FleetClient {
  readonly #namespace: FleetNamespace;
  readonly #name: string;
  readonly #timeoutMs: number;

  /** @throws {LifecycleError} `invalid_argument` */
  constructor(namespace: FleetNamespace, options: FleetClientOptions = {}) {
    const { name = 'fleet', timeoutMs = 5_000 } = options;
    const isNamespace = typeof namespace?.idFromName === 'function';
    must(isNamespace, ACTION, 'namespace must be the binding of a Durable Object', namespace);
    const isName = typeof name === 'string' && name !== '';
    must(isName, ACTION, 'name must be a string that is not empty', name);
    const isTime = isWithin(timeoutMs, 1, TIMER_MAX_MS);
    must(isTime, ACTION, `timeoutMs must be from 1 to ${TIMER_MAX_MS}`, timeoutMs);
    this.#namespace = namespace;
    this.#name = name;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Where a deployment is; by default the newest.
   *
   * @throws {LifecycleError} `fleet_unreachable`, `unknown_deployment`, `nothing_to_drain`
   */
  status(deployment?: string): Promise<FleetAnswer> {
    return this.#call('/status', deployment);
  }

  /**
   * Drains a deployment, by default the newest, and all that are older. Their isolates refuse writes
   * within the bounds that `Fleet` states.
   *
   * @throws {LifecycleError} `fleet_unreachable`, `unknown_deployment`, `nothing_to_drain`
   */
  drain(deployment?: string): Promise<FleetAnswer> {
    return this.#call('/drain', deployment);
  }

  /**
   * Shuts down a deployment, by default the newest, and all that are older: each of their isolates
   * then runs its own shutdown.
   *
   * @throws {LifecycleError} `fleet_unreachable`, `unknown_deployment`, `nothing_to_drain`
   */
  shutdown(deployment?: string): Promise<FleetAnswer> {
    return this.#call('/shutdown', deployment);
  }

  /** Says that there is an isolate of this deployment, and asks for its phase. */
  poll(poll: Poll): Promise<FleetAnswer> {
    return this.#ask('/poll', JSON.stringify(poll));
  }

  async #call(path: string, deployment: string | undefined): Promise<FleetAnswer> {
    const isName = deployment === undefined || isDeployment(deployment);
    must(isName, 'ask the fleet', DEPLOYMENT_RULE, deployment);
    return this.#ask(path, deployment === undefined ? '' : JSON.stringify({ deployment }));
  }

  async #ask(path: string, body: string): Promise<FleetAnswer> {
    const controller = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(unreachable(`no answer within ${this.#timeoutMs} ms`));
        controller.abort();
      }, this.#timeoutMs);
    });
    const asked = this.#exchange(path, { method: 'POST', body, signal: controller.signal });
    // Whichever comes second is nobody's.
    asked.catch(() => {});
    return Promise.race([asked, late]).finally(() => clearTimeout(timer));
  }

  async #exchange(path: string, init: object): Promise<FleetAnswer> {
    let status = 0;
    let value: unknown;
    try {
      const stub = this.#namespace.get(this.#namespace.idFromName(this.#name));
      const response = await stub.fetch(`https://fleet${path}`, init);
      status = response.status;
      value = await response.json();
    } catch (cause) {
      throw unreachable('the object failed', { cause });
    }
    if (status === 200 && isAnswer(value)) return value;
    if (status === 404) {
      throw new LifecycleError('unknown_deployment', 'Cannot ask the fleet: no such deployment');
    }
    if (status === 409) {
      throw new LifecycleError('nothing_to_drain', 'Cannot ask the fleet: it is still starting');
    }
    throw unreachable(`the object answered ${status}`);
  }
}

function unreachable(why: string, options?: ErrorOptions): LifecycleError {
  return new LifecycleError('fleet_unreachable', `Cannot reach the fleet: ${why}`, options);
}
