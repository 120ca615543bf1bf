/**
 * A program that uses every export of `tidegate/fleet`, with clients of its own shape. To be compiled,
 * not run.
 *
 * @module
 */

import { Lifecycle } from 'tidegate';
import {
  type DeploymentSource,
  type EtcdStoreOptions,
  etcdStore,
  Fleet,
  type FleetAnswer,
  type FleetFollower,
  type FleetOptions,
  type FleetPhase,
  fileStore,
  type Lease,
  type LeaseOptions,
  type LeaseState,
  lease,
  type NatsBucket,
  type NatsEntry,
  type NatsStatus,
  natsStore,
  type PostgresPool,
  type PostgresStoreOptions,
  postgresStore,
  type RedisClient,
  type RedisStoreOptions,
  redisStore,
  type Store,
  type StoreEntry,
  type StoreOptions,
} from 'tidegate/fleet';

const options: StoreOptions = { pollMs: 100 };
const etcd: EtcdStoreOptions = options;
const postgres: PostgresStoreOptions = { ...options, table: 'leases' };
const redis: RedisStoreOptions = { ...options, prefix: 'leases:' };

/** All stores, over clients that others have made. */
export function stores(pool: PostgresPool, client: RedisClient, bucket: NatsBucket): Store[] {
  return [
    fileStore('leases', options),
    etcdStore('http://127.0.0.1:2379', etcd),
    postgresStore(pool, postgres),
    redisStore(client, redis),
    natsStore(bucket, options),
  ];
}

/** What a bucket says of itself, and of a key. */
export type Kept = readonly [NatsStatus, NatsEntry, StoreEntry];

/** Its token goes with each write. */
export async function writer(store: Store): Promise<number | null> {
  const wanted: LeaseOptions = { store, name: 'writer', ttlMs: 5_000, holder: 'a' };
  const held: Lease = await lease(Lifecycle.create(), wanted);
  const undo: () => void = held.onChange(({ state }) => state satisfies LeaseState);
  undo();
  return (await held.release()) ? held.token : null;
}

const deployment: DeploymentSource = { id: 'one', timestamp: 1_700_000_000_000 };

/** Drains with all of its fleet. */
export async function drained(store: Store, lifecycle: Lifecycle): Promise<FleetPhase> {
  const options: FleetOptions = {
    store,
    deployment,
    name: 'orders',
    cacheAgeMs: 500,
    timeoutMs: 500,
  };
  const fleet = new Fleet(options);
  const follower: FleetFollower = await fleet.follow(lifecycle);
  const undo: () => void = follower.onChange(({ reachable, ageMs }) => reachable && ageMs);
  const { phase }: FleetAnswer = await fleet.drain('one');
  undo();
  follower.stop();
  return phase === 'draining' ? (await fleet.shutdown()).phase : (await fleet.status()).phase;
}
