/**
 * The Durable Object as a store, on real workerd with storage: leases inside a Worker, and leases and fleets of processes
 * outside that reach it through one; what it refuses; and that it forgets nothing.
 *
 * @module
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FleetNamespace, objectStore } from '../../src/cloudflare.ts';
import { Fleet, type Lease, lease, type Store } from '../../src/fleet.ts';
import { Lifecycle, Phase } from '../../src/index.ts';
import { CURRENT_DATE, type Isolates, type Program, program, start } from './isolates.ts';

let modules: Program;
let isolates: Isolates;
let folder: string;
const undos: (() => unknown)[] = [];

beforeAll(async () => {
  modules = await program('store', ['node:*']);
});
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tidegate-store-'));
  await up();
});
afterEach(async () => {
  for (const undo of undos.splice(0)) await undo();
  await isolates[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

async function up(): Promise<void> {
  const durableObjects = { STORE: { className: 'StoreObject', useSQLite: true } };
  isolates = await start(
    [{ name: 'worker', modules, compatibilityDate: CURRENT_DATE, durableObjects }],
    {
      durableObjectsPersist: folder,
    },
  );
}

/** The object as a process outside reaches it: through a Worker of its own. */
const namespace: FleetNamespace = {
  idFromName: (name) => name,
  get: () => ({
    fetch: async (_, init) => isolates.ask('worker', '/store', init as RequestInit),
  }),
};

const signal = AbortSignal.timeout(600_000);
const ask = async (path: string, init?: RequestInit): Promise<unknown> =>
  (await isolates.ask('worker', path, init)).json();

function ready(): Lifecycle {
  const lifecycle = Lifecycle.create();
  lifecycle.markReady();
  return lifecycle;
}

async function contend(store: Store, name: string): Promise<Lease> {
  const made = await lease(ready(), { store, name, ttlMs: 60_000 });
  undos.push(() => made.release());
  return made;
}

describe('objectStore()', () => {
  it('swaps a version once, whoever asks, and remembers it through a restart', async () => {
    const store = objectStore(namespace);
    const { value, version } = await store.read('key', signal);
    expect(value).toBe(null);
    const values = Array.from({ length: 10 }, (_, index) => `value ${index}`);
    const swapped = await Promise.all(
      values.map((each) => store.swap('key', version, each, signal)),
    );
    const done = swapped.filter((each) => each !== null);
    expect(done).toHaveLength(1);
    const written = values[swapped.findIndex((each) => each !== null)];
    await isolates[Symbol.asyncDispose]();
    await up();
    expect(await store.read('key', signal)).toEqual({ value: written, version: done[0] });
    expect(await store.swap('key', version, 'late', signal)).toBe(null);
    // Keys know nothing of each other.
    expect((await store.read('other', signal)).value).toBe(null);
  });

  it('leases inside a Worker have a greater token each time, and count against those outside', async () => {
    const name = 'writer';
    const inside = { state: 'held', refused: null, released: true };
    expect(await ask(`/lease?name=${name}`)).toEqual({ ...inside, token: 1 });
    const outside = await contend(objectStore(namespace), name);
    expect(outside).toMatchObject({ state: 'held', token: 2 });
    expect(await ask(`/lease?name=${name}`)).toMatchObject({ state: 'waiting', token: null });
    await outside.release();
    expect(await ask(`/lease?name=${name}`)).toEqual({ ...inside, token: 3 });
  });

  it('a fleet of processes drains over it as over any store', async () => {
    const members = [ready(), ready()] as const;
    const fleets = members.map(
      () => new Fleet({ store: objectStore(namespace), deployment: 'v1' }),
    );
    for (const [index, fleet] of fleets.entries()) {
      const follower = await fleet.follow(members[index] ?? ready());
      undos.push(() => follower.stop());
    }
    expect(await fleets[0]?.drain()).toMatchObject({ phase: 'draining', changed: true });
    for (const each of members) await each.waitFor(Phase.Draining);
  });

  it('refuses what is no question, and an object that is no store', async () => {
    const post = async (body: string): Promise<number> =>
      (await isolates.ask('worker', '/store', { method: 'POST', body })).status;
    for (const body of [
      '',
      '[]',
      '{}',
      '{"key":1}',
      '{"key":"a","version":"0"}',
      '{"key":"a","b":1}',
    ]) {
      expect([body, await post(body)]).toEqual([body, 400]);
    }
    const stranger: FleetNamespace = {
      ...namespace,
      get: () => ({ fetch: async () => Response.json({}, { status: 404 }) }),
    };
    await expect(objectStore(stranger).read('key', signal)).rejects.toMatchObject({
      code: 'store_version',
    });
    const gone: FleetNamespace = {
      ...namespace,
      get: () => ({ fetch: () => Promise.reject(new Error('the object is ill')) }),
    };
    await expect(objectStore(gone).read('key', signal)).rejects.toMatchObject({
      code: 'store_unreachable',
    });
  });

  it.each([
    [[{}], /must be the binding of a Durable Object/],
    [[namespace, { name: '' }], /name must be a string/],
    [[namespace, { pollMs: 0 }], /pollMs must be/],
    [[namespace, { nam: 'x' }], /did you mean "name"/],
  ])('is not made of %o', (args, message) => {
    expect(() => objectStore(...(args as [never]))).toThrow(message);
  });
});
