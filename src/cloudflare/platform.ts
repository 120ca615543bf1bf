/**
 * The platform's types, as far as they are used here. They are structural: nobody needs
 * `@cloudflare/workers-types`, and its values can be passed. Types only; nothing runs.
 *
 * @module
 */

import type { WebResponse } from '../lifecycle/platform.ts';

/** `DurableObjectNamespace`: a binding. */
export interface FleetNamespace {
  idFromName(name: string): unknown;
  get(id: unknown): FleetStub;
}

/** `DurableObjectStub`. */
export interface FleetStub {
  fetch(url: string, init?: object): Promise<WebResponse>;
}

/** `DurableObjectState`. */
export interface ObjectContext {
  readonly storage: ObjectStorage;
  blockConcurrencyWhile<T>(callback: () => Promise<T>): Promise<T>;
}

/** `DurableObjectStorage`, of either kind. */
export interface ObjectStorage {
  get<T>(key: string): Promise<T | undefined>;
  put(entries: Record<string, unknown>): Promise<void>;
}
