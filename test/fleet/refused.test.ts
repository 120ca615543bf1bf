/**
 * What stores refuse, and what databases do with an older token: real engines with passwords, without
 * persistence, with something else under the key; the lines of docs/fleet.md on PostgreSQL and SQLite.
 *
 * @module
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import Database from 'libsql';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import {
  etcdStore,
  fileStore,
  type Lease,
  lease,
  natsStore,
  postgresStore,
  redisStore,
  type Store,
} from '../../src/fleet.ts';
import { Lifecycle } from '../../src/index.ts';
import { installLog } from '../../src/lifecycle/journal.ts';
import { freePort } from '../proxy/haproxy.ts';
import { Engine, type EngineKind, missingEngine } from './engines.ts';
import { connectNats, open, openPool, type Place } from './open.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-full-'));
const undos: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of undos.splice(0).reverse()) await undo();
});

async function started(kind: EngineKind, more: readonly string[] = []): Promise<Engine> {
  const engine = await Engine.start(kind, more);
  undos.push(() => engine.remove());
  return engine;
}

async function opened(place: Place): Promise<Store> {
  const { store, close } = await open(place);
  undos.push(close);
  return store;
}

/** The state, or the code of the error, and whether writes are refused. */
async function outcome(store: Store, name = 'writer'): Promise<unknown[]> {
  const lifecycle = Lifecycle.create();
  lifecycle.markReady();
  try {
    const made = await lease(lifecycle, { store, name });
    undos.push(() => made.release());
    return [made.state, lifecycle.gate.writeRefusal()];
  } catch (error) {
    return [(error as { readonly code: string }).code, lifecycle.gate.writeRefusal()];
  }
}

const skips = (kind: EngineKind): boolean => missingEngine(kind) !== undefined;

describe.skipIf(skips('redis'))('redisStore()', () => {
  it('refuses a server without appendonly', async () => {
    const engine = await started('redis', ['--appendonly', 'no']);
    expect(await outcome(await opened(engine.place))).toEqual(['store_not_durable', 'replica']);
  });

  it('refuses a wrong password, and takes the right one', async () => {
    const { place } = await started('redis', ['--requirepass', 'right']);
    for (const password of [undefined, 'wrong']) {
      const store = await opened({ ...place, ...(password !== undefined && { password }) });
      expect(await outcome(store)).toEqual(['store_refused', 'replica']);
    }
    const store = await opened({ ...place, password: 'right' });
    expect(await outcome(store)).toEqual(['held', null]);
  });

  it('refuses a key that somebody else wrote, of whatever kind', async () => {
    const { place } = await started('redis');
    const client = new Redis({ host: '127.0.0.1', port: place.port ?? 0 });
    undos.push(() => client.disconnect());
    await client.set('tidegate:lease-text', 'mine');
    await client.rpush('tidegate:lease-list', 'mine');
    const store = redisStore(client);
    expect(await outcome(store, 'text')).toEqual(['store_conflict', 'replica']);
    expect(await outcome(store, 'list')).toEqual(['store_conflict', 'replica']);
    expect(await client.get('tidegate:lease-text')).toBe('mine');
  });

  it('says after a restart that something may have been forgotten, and takes no swap from before', async () => {
    const engine = await started('redis');
    const store = await opened(engine.place);
    const signal = AbortSignal.timeout(60_000);
    const empty = await store.read('key', signal);
    const version = await store.swap('key', empty.version, 'one', signal);
    expect(await store.read('key', signal)).toEqual({
      value: 'one',
      version,
      mayHaveForgotten: false,
    });
    await engine.kill();
    await engine.resurrect();
    const after = await opened(engine.place);
    expect(await after.read('key', signal)).toMatchObject({ value: 'one', mayHaveForgotten: true });
    expect(await after.swap('key', version ?? '', 'two', signal)).toBe(null);
  });

  it('works with a client that takes one object, as node-redis does', async () => {
    const { place } = await started('redis');
    const client = new Redis({ host: '127.0.0.1', port: place.port ?? 0 });
    undos.push(() => client.disconnect());
    const likeNodeRedis = {
      isOpen: true,
      eval: (script: string, ...args: unknown[]) => {
        const [{ keys, arguments: values }] = args as [{ keys: string[]; arguments: string[] }];
        return client.eval(script, keys.length, ...keys, ...values);
      },
    };
    expect(await outcome(redisStore(likeNodeRedis))).toEqual(['held', null]);
  });
});

describe.skipIf(skips('postgres'))('postgresStore()', () => {
  it('refuses a role that does not exist, and a server without fsync', async () => {
    const { place } = await started('postgres', ['-c', 'fsync=off']);
    const nobody = await opened({ ...place, user: 'nobody' });
    expect(await outcome(nobody)).toEqual(['store_refused', 'replica']);
    expect(await outcome(await opened(place))).toEqual(['store_not_durable', 'replica']);
  });

  it('makes its table once, however many ask at the same time', async () => {
    const { place } = await started('postgres');
    const stores = await Promise.all([1, 2, 3, 4, 5].map(() => opened(place)));
    const outcomes = await Promise.all(stores.map((store) => outcome(store)));
    expect(outcomes.filter(([state]) => state === 'held')).toHaveLength(1);
    expect(outcomes.filter(([state]) => state === 'waiting')).toHaveLength(4);
  });
});

describe.skipIf(skips('nats'))('natsStore()', () => {
  it('refuses a bucket in memory', async () => {
    const { place } = await started('nats');
    const connection = await connectNats({ servers: `127.0.0.1:${place.port}` });
    undos.push(() => connection.close());
    const bucket = await connection.jetstream().views.kv('memory', { storage: 'memory' });
    expect(await outcome(natsStore(bucket))).toEqual(['store_not_durable', 'replica']);
  });
});

describe('etcdStore()', () => {
  it.skipIf(skips('etcd'))(
    'refuses wrong credentials and missing ones, and takes the right ones',
    async () => {
      const { place } = await started('etcd');
      const post = async (path: string, body: object): Promise<void> => {
        const url = `http://127.0.0.1:${place.port}/v3/auth/${path}`;
        const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
        expect(response.status).toBe(200);
        await response.text();
      };
      await post('user/add', { name: 'root', password: 'right' });
      await post('user/grant', { user: 'root', role: 'root' });
      await post('enable', {});
      expect(await outcome(await opened(place))).toEqual(['store_refused', 'replica']);
      const wrong = await opened({ ...place, user: 'root', password: 'wrong' });
      expect(await outcome(wrong)).toEqual(['store_refused', 'replica']);
      const right = await opened({ ...place, user: 'root', password: 'right' });
      expect(await outcome(right)).toEqual(['held', null]);
    },
  );

  it('refuses a URL with a password, and does not repeat it', () => {
    const refused = (): unknown => etcdStore('http://root:s3cret@127.0.0.1:2379');
    expect(refused).toThrow(expect.objectContaining({ code: 'invalid_argument' }));
    expect(refused).not.toThrow(/s3cret/);
    expect(refused).toThrow(/username and password/);
  });

  it('refuses a server that is not etcd 3.4 or later', async () => {
    const server = createServer((_, res) => res.writeHead(404).end('404 page not found'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    undos.push(() => server.close());
    const { port } = server.address() as { readonly port: number };
    const store = etcdStore(`http://127.0.0.1:${port}`);
    expect(await outcome(store)).toEqual(['store_version', 'replica']);
  });

  it.skipIf(skips('etcd'))('asks the next member when one does not answer', async () => {
    const { place } = await started('etcd');
    const store = etcdStore(['http://127.0.0.1:1', `http://127.0.0.1:${place.port}`]);
    expect(await outcome(store)).toEqual(['held', null]);
  });
});

/** A lifecycle that contends in vain: the code of what was logged first, and what refuses writes. */
async function inVain(
  store: Store,
  name = 'writer',
): Promise<{ told: unknown[]; asked: Promise<Lease> }> {
  const lifecycle = Lifecycle.create();
  lifecycle.markReady();
  const codes: unknown[] = [];
  let heard = (): void => {};
  const first = new Promise<void>((resolve) => {
    heard = resolve;
  });
  installLog(lifecycle, ({ type, error }) => {
    codes.push(type, (error as { readonly code?: string }).code);
    heard();
  });
  const asked = lease(lifecycle, { store, name });
  asked.catch(() => {});
  undos.push(() => lifecycle.shutdown());
  await first;
  return { told: [...codes, lifecycle.gate.writeRefusal()], asked };
}

describe('an engine that was never there', () => {
  it.each(['etcd', 'redis', 'postgres'] as const)(
    'is told once, and asked again: %s',
    async (kind) => {
      const { told } = await inVain(await opened({ kind, port: await freePort() }));
      expect(told).toEqual(['lease_failed', 'store_unreachable', 'replica']);
    },
  );
});

describe('an engine without room', () => {
  const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', folder]);
  afterAll(() => {
    spawnSync('umount', [folder]);
    rmSync(folder, { recursive: true, force: true });
  });

  it.skipIf(mount.status !== 0)(
    `that is a folder on a full disk is told, and the lease is held once there is room (needs mount: ${mount.stderr})`,
    async () => {
      const ballast = join(folder, 'ballast');
      expect(() => writeFileSync(ballast, new Uint8Array(1_000_000))).toThrow(/ENOSPC/);
      const { told, asked } = await inVain(fileStore(folder));
      expect(told).toEqual(['lease_failed', 'store_full', 'replica']);
      rmSync(ballast);
      const made = await asked;
      await new Promise<void>((resolve) => {
        if (made.state === 'held') resolve();
        made.onChange(({ state }) => state === 'held' && resolve());
      });
      expect(made.token).toBe(1);
    },
  );

  it.skipIf(skips('redis'))('that is Redis at its limit of memory is told', async () => {
    const { place } = await started('redis', ['--maxmemory', '1kb']);
    const { told } = await inVain(await opened(place));
    expect(told).toEqual(['lease_failed', 'store_full', 'replica']);
  });

  it.skipIf(skips('etcd'))('that is etcd at its quota is told', async () => {
    const { place } = await started('etcd', ['--quota-backend-bytes', '65536']);
    const url = `http://127.0.0.1:${place.port}/v3/kv/put`;
    const body = JSON.stringify({ key: btoa('ballast'), value: btoa('x'.repeat(20_000)) });
    while ((await fetch(url, { method: 'POST', body })).ok);
    const { told } = await inVain(await opened(place));
    expect(told).toEqual(['lease_failed', 'store_full', 'replica']);
  });

  it.skipIf(skips('nats'))('that is a bucket of NATS at its limit is told', async () => {
    const { place } = await started('nats');
    const connection = await connectNats({ servers: `127.0.0.1:${place.port}` });
    undos.push(() => connection.close());
    const bucket = await connection.jetstream().views.kv('small', { max_bytes: 64 });
    const { told } = await inVain(natsStore(bucket));
    expect(told).toEqual(['lease_failed', 'store_full', 'replica']);
  });
});

describe('a key that somebody else wrote', () => {
  it.skipIf(skips('etcd'))('is refused in etcd, and left as it is', async () => {
    const { place } = await started('etcd');
    const post = async (path: string, body: object): Promise<unknown> => {
      const url = `http://127.0.0.1:${place.port}/v3/kv/${path}`;
      return (await fetch(url, { method: 'POST', body: JSON.stringify(body) })).json();
    };
    const key = btoa('tidegate/lease-writer');
    await post('put', { key, value: btoa('mine') });
    expect(await outcome(await opened(place))).toEqual(['store_conflict', 'replica']);
    expect(await post('range', { key })).toMatchObject({ kvs: [{ value: btoa('mine') }] });
  });

  it.skipIf(skips('postgres'))('is refused in PostgreSQL, and left as it is', async () => {
    const { place } = await started('postgres');
    const store = await opened(place);
    await store.read('lease-of-nobody', AbortSignal.timeout(60_000));
    const pool = await openPool(place);
    undos.push(() => pool.end());
    await pool.query("INSERT INTO tidegate_leases VALUES ('lease-writer', 'mine')", []);
    expect(await outcome(store)).toEqual(['store_conflict', 'replica']);
    const { rows } = await pool.query('SELECT value FROM tidegate_leases', []);
    expect(rows).toEqual([{ value: 'mine' }]);
  });

  it.skipIf(skips('nats'))('is refused in NATS, and left as it is', async () => {
    const { place } = await started('nats');
    const connection = await connectNats({ servers: `127.0.0.1:${place.port}` });
    undos.push(() => connection.close());
    const bucket = await connection.jetstream().views.kv('leases');
    await bucket.put('lease-writer', 'mine', { previousSeq: 0 });
    expect(await outcome(natsStore(bucket))).toEqual(['store_conflict', 'replica']);
    expect((await bucket.get('lease-writer'))?.string()).toBe('mine');
  });
});

describe('what is no client', () => {
  it.each([
    [() => redisStore({} as never), /client must have eval/],
    [() => postgresStore({} as never), /pool must have query/],
    [() => natsStore({} as never), /bucket must have get/],
    [() => etcdStore('127.0.0.1:2379'), /urls must be http/],
    [() => etcdStore([]), /urls must be http/],
    [() => etcdStore('http://x', { username: 'x' }), /given together/],
    [
      () => postgresStore({ query: async () => ({ rows: [], rowCount: 0 }) }, { table: 'a b' }),
      /table/,
    ],
    [() => redisStore({ eval: async () => {} }, { prefx: '' } as never), /did you mean "prefix"/],
  ])('is refused: %s', (make, message) => {
    expect(make).toThrow(message);
  });
});

describe('the fence of docs/fleet.md', () => {
  const document = readFileSync('docs/fleet.md', 'utf8');
  const [table = ''] = /CREATE TABLE fence \([^`]*\)/.exec(document) ?? [];
  const [line = ''] = /UPDATE fence .*(?=;)/.exec(document) ?? [];
  const tokens = [1, 1, 3, 2, 3, 4];
  const changed = [1, 1, 1, 0, 1, 1];

  it.skipIf(skips('postgres'))(
    'in PostgreSQL accepts no token lower than one it has accepted',
    async () => {
      const { place } = await started('postgres');
      const pool = await openPool(place);
      undos.push(() => pool.end());
      await pool.query(table, []);
      await pool.query('INSERT INTO fence VALUES (0)', []);
      const counts: unknown[] = [];
      for (const token of tokens) counts.push((await pool.query(line, [`${token}`])).rowCount);
      expect(counts).toEqual(changed);
      // What `permit.token` says once the lease is not held any more.
      expect((await pool.query(line, [null as never])).rowCount).toBe(0);
    },
  );

  it('in SQLite accepts no token lower than one it has accepted', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tidegate-fence-'));
    undos.push(() => rmSync(folder, { recursive: true }));
    const database = new Database(join(folder, 'data.sqlite'));
    undos.push(() => database.close());
    database.exec(`${table}; INSERT INTO fence VALUES (0)`);
    const fence = database.prepare(line.replaceAll('$1', '?1'));
    const write = database.transaction((token: number | null) => fence.run([token]).changes);
    expect(tokens.map((token) => write.immediate(token))).toEqual(changed);
    expect(write.immediate(null)).toBe(0);
  });
});
