/**
 * Fleets of isolates, led by a Durable Object: `tidegate/cloudflare`.
 *
 * @module
 */

export { FleetClient, type FleetClientOptions } from './cloudflare/client.ts';
export { type DeploymentSource, Fleet, type FleetOptions } from './cloudflare/fleet.ts';
export type { FleetHandler } from './cloudflare/handler.ts';
export { LifecycleObject } from './cloudflare/object.ts';
export type {
  FleetNamespace,
  FleetStub,
  ObjectContext,
  ObjectStorage,
} from './cloudflare/platform.ts';
export type { FleetPhase } from './cloudflare/state.ts';
export type { FleetAnswer } from './cloudflare/wire.ts';
