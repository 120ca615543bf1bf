/**
 * One writer at a time among any number of processes: `tidegate/fleet`.
 *
 * @module
 */

export { type EtcdStoreOptions, etcdStore } from './fleet/etcd.ts';
export { fileStore } from './fleet/file.ts';
export { type Lease, lease } from './fleet/lease.ts';
export type { LeaseOptions } from './fleet/lease-options.ts';
export { type NatsBucket, type NatsEntry, type NatsStatus, natsStore } from './fleet/nats.ts';
export type { StoreOptions } from './fleet/options.ts';
export { type PostgresPool, type PostgresStoreOptions, postgresStore } from './fleet/postgres.ts';
export { type RedisClient, type RedisStoreOptions, redisStore } from './fleet/redis.ts';
export type { Store, StoreEntry } from './fleet/store.ts';
export type { LeaseState } from './fleet/term.ts';
