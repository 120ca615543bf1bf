/**
 * Fleets of isolates, led by a Durable Object: `tidegate/cloudflare`.
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
export type { FleetPhase } from './fleet/state.ts';
export type { DeploymentSource, FleetAnswer } from './fleet/told.ts';
