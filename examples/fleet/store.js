/**
 * Opens the store that a URL names, with the client of its engine. Without a scheme it is a folder.
 *
 * @module
 */

import { etcdStore, fileStore, natsStore, postgresStore, redisStore } from 'tidegate/fleet';

/** Returns the store, and what ends its client. */
export async function openStore(url) {
  const [, scheme] = /^(\w+):\/\//.exec(url) ?? [];
  switch (scheme) {
    case undefined:
      return { store: fileStore(url), close: () => {} };
    case 'etcd':
      return { store: etcdStore(url.replace('etcd:', 'http:')), close: () => {} };
    case 'redis': {
      const { Redis } = await import('ioredis');
      const client = new Redis(url);
      // The store says what it cannot do; without a listener this would end the process.
      client.on('error', () => {});
      return { store: redisStore(client), close: () => client.disconnect() };
    }
    case 'postgres': {
      const { default: pg } = await import('pg');
      const pool = new pg.Pool({ connectionString: url, query_timeout: 2_000 });
      pool.on('error', () => {});
      return { store: postgresStore(pool), close: () => pool.end() };
    }
    case 'nats': {
      const { connect } = await import('nats');
      const connection = await connect({ servers: url, maxReconnectAttempts: -1 });
      const bucket = await connection.jetstream().views.kv('tidegate');
      return { store: natsStore(bucket), close: () => connection.close() };
    }
    default:
      throw new Error(
        'STORE must be a folder, or redis://, etcd://, postgres:// or nats:// and a host',
      );
  }
}
