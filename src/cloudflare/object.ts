/**
 * The fleet's object: one for a fleet, wherever its isolates are. It remembers in its storage, so
 * that a restart forgets nothing. Whoever has the binding may call it.
 *
 * No two events meet within it: while one waits for storage the platform delivers no other (input
 * gates), and an answer does not leave before what was written for it is on disk (output gates). So
 * a caller that was answered that the fleet drains gets that answer from then on, and if two callers
 * ask for a move at once, exactly one makes it.
 *
 * @see https://developers.cloudflare.com/durable-objects/reference/in-memory-state/
 * @module
 */

import {
  type Deployment,
  type FleetState,
  heard,
  moved,
  NOTHING,
  orderOf,
  settlesInMs,
} from '../fleet/state.ts';
import { type FleetAnswer, tellOf } from '../fleet/told.ts';
import { targetIn } from '../http/fleet-routes.ts';
import { LifecycleError } from '../lifecycle/errors.ts';
import type { WebRequest, WebResponse } from '../lifecycle/platform.ts';
import type { ObjectContext, ObjectStorage } from './platform.ts';
import { type Poll, pollIn } from './wire.ts';

const STATE_KEY = 'fleet';
const ORDER_KEY = 'order:';

/** What the object answers when it refuses. */
interface Refusal {
  readonly status: 400 | 404 | 405 | 409;
  readonly error: string;
}

/**
 * The Durable Object that a fleet's isolates follow. A Worker exports it, and binds it in its
 * configuration as a class with storage of either kind.
 *
 * @example
 * ```ts worker
 * export { LifecycleObject } from 'tidegate/cloudflare';
 * ```
 */
export class LifecycleObject {
  readonly #storage: ObjectStorage;
  #state: FleetState = NOTHING;

  /** Made by the platform. */
  constructor(ctx: ObjectContext, _env?: unknown) {
    this.#storage = ctx.storage;
    // Nothing is delivered before it remembers; if it cannot, the platform starts it again.
    void ctx.blockConcurrencyWhile(async () => {
      const state = await ctx.storage.get<FleetState>(STATE_KEY);
      if (state !== undefined && state.layout !== NOTHING.layout) {
        throw new LifecycleError(
          'layout_version',
          'Cannot start: another tidegate has written here',
        );
      }
      this.#state = state ?? NOTHING;
    });
  }

  /** Called through `FleetClient`. */
  async fetch(request: WebRequest): Promise<WebResponse> {
    const answer = await this.#answer(request as Request);
    if (!('error' in answer)) return Response.json(answer);
    return Response.json({ ok: false, error: answer.error }, { status: answer.status });
  }

  async #answer(request: Request): Promise<FleetAnswer | Refusal> {
    const { pathname } = new URL(request.url);
    const text = await request.text();
    if (request.method !== 'POST') return { status: 405, error: 'The method is not POST' };
    if (pathname === '/poll') {
      const poll = pollIn(text);
      if (poll === undefined) return { status: 400, error: 'The body is not a poll' };
      return this.#tell(await this.#register(poll));
    }
    if (pathname !== '/status' && pathname !== '/drain' && pathname !== '/shutdown') {
      return { status: 404, error: 'There is no such call' };
    }
    const target = targetIn(text);
    if (target === undefined) return { status: 400, error: 'The body is not {"deployment": "…"}' };
    const { newest } = this.#state;
    if (newest === null) {
      return { status: 409, error: 'The fleet is still starting: no isolate has reported yet' };
    }
    const deployment = target === null ? newest : await this.#find(target);
    if (deployment === undefined) return { status: 404, error: 'There is no such deployment' };
    if (pathname === '/status') return this.#tell(deployment);
    const to = pathname === '/drain' ? 'draining' : 'shutting_down';
    const next = moved(this.#state, to, deployment, Date.now());
    const changed = next !== this.#state;
    await this.#become(next);
    return this.#tell(deployment, changed);
  }

  /** Where the deployment is on the line. It is given a place when it is first heard of. */
  async #register({ deployment: id, made_at_ms, cache_age_ms }: Poll): Promise<Deployment> {
    const known = await this.#find(id);
    const deployment = known ?? { id, order: orderOf(this.#state, made_at_ms, Date.now()) };
    const places = known === undefined ? { [ORDER_KEY + id]: deployment.order } : {};
    await this.#become(heard(this.#state, deployment, cache_age_ms), places);
    return deployment;
  }

  async #find(id: string): Promise<Deployment | undefined> {
    if (id === this.#state.newest?.id) return this.#state.newest;
    const order = await this.#storage.get<number>(ORDER_KEY + id);
    return order === undefined ? undefined : { id, order };
  }

  /** Storage first: what could not be written is not said, either. */
  async #become(next: FleetState, places: Readonly<Record<string, number>> = {}): Promise<void> {
    if (next === this.#state && Object.keys(places).length === 0) return;
    await this.#storage.put({ ...places, [STATE_KEY]: next });
    this.#state = next;
  }

  #tell(deployment: Deployment, changed = false): FleetAnswer {
    const settles = settlesInMs(this.#state, deployment.order, Date.now());
    return tellOf(this.#state, deployment, changed, settles);
  }
}
