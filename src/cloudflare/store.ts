/**
 * A Durable Object as a store: the object, which keeps a value for each key, and the store over it for whoever has its
 * binding. It knows of no lease and no fleet.
 *
 * While the object waits for its storage the platform delivers no other call (input gates), so of two swaps of one
 * version one is done; and no answer leaves before what was written for it is on disk (output gates).
 *
 * @see https://developers.cloudflare.com/durable-objects/reference/in-memory-state/
 * @module
 */

import { attempt, checkStore, type StoreOptions } from '../fleet/options.ts';
import type { Store } from '../fleet/store.ts';
import { objectOf } from '../http/body.ts';
import { must } from '../lifecycle/check.ts';
import { LifecycleError } from '../lifecycle/errors.ts';
import type { Signal, WebRequest, WebResponse } from '../lifecycle/platform.ts';
import type { FleetNamespace, ObjectContext, ObjectStorage } from './platform.ts';

/** What {@link objectStore} takes besides the binding. */
export interface ObjectStoreOptions extends StoreOptions {
  /** Which object, if the namespace has several; default `'store'`. */
  readonly name?: string | undefined;
}

/** What is stored under a key. */
interface Stored {
  readonly value: string;
  readonly version: number;
}

/** What is asked of the object: a look, or a swap. */
interface Ask {
  readonly key: string;
  readonly version?: string;
  readonly value?: string;
}

const ACTION = 'use a Durable Object as a store';
const KEY = 'store:';

/**
 * The Durable Object that {@link objectStore} keeps values in. A Worker exports it, and binds it in its configuration as
 * a class with storage of either kind.
 *
 * @example
 * ```ts worker
 * export { StoreObject } from 'tidegate/cloudflare';
 * ```
 */
export class StoreObject {
  readonly #storage: ObjectStorage;

  /** Made by the platform. */
  constructor(ctx: ObjectContext, _env?: unknown) {
    this.#storage = ctx.storage;
  }

  /** Called by the store. */
  async fetch(request: WebRequest): Promise<WebResponse> {
    const ask = askIn(await (request as Request).text());
    if (ask === undefined) return Response.json({ error: 'That is no question' }, { status: 400 });
    const { key, version: asked, value } = ask;
    const stored = await this.#storage.get<Stored>(KEY + key);
    const version = stored?.version ?? 0;
    if (value === undefined || asked === undefined) {
      return Response.json({ value: stored?.value ?? null, version: String(version) });
    }
    if (asked !== String(version)) return Response.json({ version: null });
    const next: Stored = { value, version: version + 1 };
    await this.#storage.put({ [KEY + key]: next });
    return Response.json({ version: String(next.version) });
  }
}

/**
 * A store in a Durable Object, for leases, and for fleets of servers.
 *
 * @param namespace in which `StoreObject` is bound
 * @throws {LifecycleError} `invalid_argument`. What is asked of it rejects with `store_version` if the object is not a
 * `StoreObject`
 */
export function objectStore(namespace: FleetNamespace, options: ObjectStoreOptions = {}): Store {
  const isNamespace = typeof namespace?.idFromName === 'function';
  must(isNamespace, ACTION, 'namespace must be the binding of a Durable Object', namespace);
  const pollMs = checkStore(ACTION, options, ['name']);
  const { name = 'store' } = options;
  const isName = typeof name === 'string' && name !== '';
  must(isName, ACTION, 'name must be a string that is not empty', name);
  const post = (ask: Ask, signal: Signal): Promise<Partial<Record<string, unknown>>> =>
    attempt(
      ACTION,
      () => undefined,
      async () => {
        const stub = namespace.get(namespace.idFromName(name));
        const body = JSON.stringify(ask);
        const response = await stub.fetch('https://store/', { method: 'POST', body, signal });
        const answer: unknown = await response.json();
        if (response.status === 200) return answer as Record<string, unknown>;
        if (response.status >= 500) throw new Error(`the object answers ${response.status}`);
        const message = `Cannot ${ACTION}: it is no StoreObject, and answers ${response.status}`;
        throw new LifecycleError('store_version', message);
      },
    );
  return {
    pollMs,
    async read(key, signal) {
      const { value, version } = await post({ key }, signal);
      return { value: value as string | null, version: String(version) };
    },
    async swap(key, version, value, signal) {
      const { version: written } = await post({ key, version, value }, signal);
      return written as string | null;
    },
  };
}

function askIn(text: string): Ask | undefined {
  const { key, version, value, ...others } = (objectOf(text) ?? {}) as Partial<Ask>;
  const isLook = version === undefined && value === undefined;
  const isSwap = typeof version === 'string' && typeof value === 'string';
  if (typeof key !== 'string' || !(isLook || isSwap) || Object.keys(others).length > 0) {
    return undefined;
  }
  return isSwap ? { key, version, value } : { key };
}
