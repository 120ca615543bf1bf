/**
 * Opens each store by what a process is told of it, with the client that its users have. Clients are
 * loaded when they are needed.
 *
 * @module
 */

import {
  etcdStore,
  fileStore,
  type NatsBucket,
  natsStore,
  type PostgresPool,
  postgresStore,
  redisStore,
  type Store,
} from '../../src/fleet.ts';

/** The part of a pool of `pg` that is used: it carries no types. */
export interface Pool extends PostgresPool {
  on(event: 'error', listener: (error: Error) => void): unknown;
  end(): Promise<void>;
}

/** The part of a connection of `nats` that is used: its types do not pass the compiler as we set it. */
export interface NatsConnection {
  jetstream(): {
    readonly views: { kv(name: string, options?: object): Promise<NatsBucket> };
  };
  close(): Promise<void>;
}

/** Which store, and where. */
export interface Place {
  readonly kind: 'file' | 'redis' | 'etcd' | 'postgres' | 'nats';
  readonly folder?: string;
  readonly port?: number;
  readonly user?: string;
  readonly password?: string;
}

const HOST = '127.0.0.1';
/** A question that is not answered keeps its connection for so long. */
const QUERY_MS = 2_000;

/** The store, and what ends its client. */
export async function open(place: Place): Promise<{ store: Store; close: () => unknown }> {
  const { kind, folder = '', port = 0, user, password } = place;
  switch (kind) {
    case 'file':
      return { store: fileStore(folder), close: () => {} };
    case 'etcd': {
      const credentials = user === undefined ? {} : { username: user, password };
      return { store: etcdStore(`http://${HOST}:${port}`, credentials), close: () => {} };
    }
    case 'redis': {
      const { Redis } = await import('ioredis');
      const client = new Redis({ host: HOST, port, ...(password !== undefined && { password }) });
      client.on('error', () => {});
      return { store: redisStore(client), close: () => client.disconnect() };
    }
    case 'postgres': {
      const pool = await openPool(place);
      return { store: postgresStore(pool), close: () => pool.end() };
    }
    case 'nats': {
      const connection = await connectNats({
        servers: `${HOST}:${port}`,
        maxReconnectAttempts: -1,
        reconnectTimeWait: 100,
      });
      const bucket = await connection.jetstream().views.kv('leases');
      return { store: natsStore(bucket), close: () => connection.close() };
    }
  }
}

/** By a name that the compiler does not follow. */
async function load(name: string): Promise<unknown> {
  const loaded = (await import(name)) as { readonly default?: unknown };
  return loaded.default ?? loaded;
}

/** A pool of `pg`. */
export async function openPool({ port, user = 'tidegate', password }: Place): Promise<Pool> {
  const { Pool } = (await load('pg')) as { readonly Pool: new (config: object) => Pool };
  const pool = new Pool({
    host: HOST,
    port,
    user,
    password,
    database: 'postgres',
    query_timeout: QUERY_MS,
  });
  pool.on('error', () => {});
  return pool;
}

/** As `connect` of `nats` does. */
export async function connectNats(options: object): Promise<NatsConnection> {
  const { connect } = (await load('nats')) as {
    connect(options: object): Promise<NatsConnection>;
  };
  return connect(options);
}
