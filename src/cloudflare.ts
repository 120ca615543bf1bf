/**
 * Fleets of isolates, led by a Durable Object, and a Durable Object as a store of `tidegate/fleet`:
 * `tidegate/cloudflare`.
 *
 * @module
 */

export { FleetClient, type FleetClientOptions } from './cloudflare/client.ts';
export { Fleet, type FleetOptions } from './cloudflare/fleet.ts';
export type { FleetHandler } from './cloudflare/handler.ts';
export { LifecycleObject } from './cloudflare/object.ts';
export type {
  FleetNamespace,
  FleetStub,
  ObjectContext,
  ObjectStorage,
} from './cloudflare/platform.ts';
export { type ObjectStoreOptions, objectStore, StoreObject } from './cloudflare/store.ts';
export type { Store, StoreEntry } from './fleet/store.ts';
export type { DeploymentSource, FleetAnswer } from './fleet/told.ts';
export type { FleetPhase } from './lifecycle/fleet-calls.ts';
