/**
 * Beyond one process, by a store: one writer at a time, and a fleet whose processes drain and shut down
 * together: `tidegate/fleet`.
 *
 * @module
 */

export type { LeaseState } from './core/lease-cells.ts';
export { type EtcdStoreOptions, etcdStore } from './fleet/etcd.ts';
export { fileStore } from './fleet/file.ts';
export { Fleet } from './fleet/fleet.ts';
export type { FleetOptions } from './fleet/fleet-options.ts';
export type { FleetFollower } from './fleet/following.ts';
export { type Lease, lease } from './fleet/lease.ts';
export type { LeaseOptions } from './fleet/lease-options.ts';
export { type NatsBucket, type NatsEntry, type NatsStatus, natsStore } from './fleet/nats.ts';
export type { StoreOptions } from './fleet/options.ts';
export { type PostgresPool, type PostgresStoreOptions, postgresStore } from './fleet/postgres.ts';
export { type RedisClient, type RedisStoreOptions, redisStore } from './fleet/redis.ts';
export type { Store, StoreEntry } from './fleet/store.ts';
export type { DeploymentSource, FleetAnswer } from './fleet/told.ts';
export type { FleetPhase } from './lifecycle/fleet-calls.ts';
