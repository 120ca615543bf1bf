/**
 * What a lease does to the lifecycle that several members share: the holds that nobody else lifts, the
 * token of permits, and members that leave. The store is a folder.
 *
 * @module
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { fileStore, type Lease, type LeaseOptions, lease, type Store } from '../../src/fleet.ts';
import { Lifecycle } from '../../src/index.ts';
import { installLog } from '../../src/lifecycle/journal.ts';
import { adopt, permitOf, serve } from '../../src/node.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-members-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Long enough for a slow machine, and given back at the end of each test. */
const TTL_MS = 5_000;
const undos: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of undos.splice(0).reverse()) await undo();
});

let names = 0;
function freshName(): string {
  names += 1;
  return `name-${names}`;
}

function ready(): Lifecycle {
  const lifecycle = Lifecycle.create();
  installLog(lifecycle, false);
  lifecycle.markReady();
  return lifecycle;
}

async function contend(lifecycle: Lifecycle, options: Partial<LeaseOptions> = {}): Promise<Lease> {
  const store = fileStore(folder, { pollMs: 10 });
  const made = await lease(lifecycle, { store, name: freshName(), ttlMs: TTL_MS, ...options });
  undos.push(() => made.release());
  return made;
}

/** Until the lease is in that state, whenever that is. */
function reached(made: Lease, state: Lease['state']): Promise<void> {
  return new Promise((resolve) => {
    const undo = made.onChange(() => look());
    const look = (): void => {
      if (made.state !== state) return;
      undo();
      resolve();
    };
    look();
  });
}

describe('the holds of a lease', () => {
  it('are not lifted by the application, which releases its own', async () => {
    const name = freshName();
    const first = await contend(ready(), { name });
    const lifecycle = ready();
    await contend(lifecycle, { name });
    expect(lifecycle.gate.release('replica')).toBe(false);
    expect(lifecycle.gate.hold('replica')).toBe(true);
    expect(lifecycle.gate.release('replica')).toBe(true);
    expect(lifecycle.gate.writeRefusal()).toBe('replica');
    expect(first.state).toBe('held');
  });

  it('are those of every member: one that is held admits nothing while another waits', async () => {
    const name = freshName();
    const other = await contend(ready(), { name });
    const lifecycle = ready();
    const second = Lifecycle.attach(lifecycle.share());
    const waiting = await contend(lifecycle, { name });
    const held = await contend(second);
    expect([waiting.state, held.state]).toEqual(['waiting', 'held']);
    expect(second.gate.writeRefusal()).toBe('replica');
    await other.release();
    await reached(waiting, 'held');
    expect(second.gate.writeRefusal()).toBe(null);
  });

  it('stay when the name of a released lease is not leased again', async () => {
    const lifecycle = ready();
    const made = await contend(lifecycle);
    await made.release();
    await contend(lifecycle);
    expect(lifecycle.gate.holds()).toEqual(['replica']);
    await contend(lifecycle, { name: made.name });
    expect(lifecycle.gate.holds()).toEqual([]);
  });

  it('are for 16 names, and the lease of one more is refused before anything is asked', async () => {
    const lifecycle = ready();
    for (let count = 0; count < 16; count++) await (await contend(lifecycle)).release();
    await expect(contend(lifecycle)).rejects.toMatchObject({ code: 'leases_full' });
  });
});

describe('lifecycle.leases()', () => {
  it('tells every member how each lease stands', async () => {
    const name = freshName();
    const lifecycle = ready();
    const second = Lifecycle.attach(lifecycle.share());
    expect(second.leases()).toEqual([]);
    const made = await contend(lifecycle, { name: `${name} ä` });
    expect(second.leases()).toEqual([{ name: `${name} ä`, state: 'held', token: 1 }]);
    expect(second.snapshot().leases).toEqual(second.leases());
    await made.release();
    expect(second.leases()).toEqual([{ name: `${name} ä`, state: 'waiting', token: null }]);
  });
});

describe('permit.token', () => {
  it('is that of the lease, and null without one', async () => {
    const lifecycle = ready();
    const without = lifecycle.gate.tryEnter('write');
    expect(without?.token).toBe(null);
    without?.release();
    const made = await contend(lifecycle);
    const permit = lifecycle.gate.tryEnter('write');
    expect([permit?.token, made.token]).toEqual([1, 1]);
    // Once given back, it says the same.
    permit?.release();
    expect(permit?.token).toBe(1);
    await made.release();
    expect(permit?.token).toBe(null);
  });

  it('is null of a permit from before somebody else held the lease, whatever token is held now', async () => {
    const name = freshName();
    const inner = fileStore(folder, { pollMs: 10 });
    let isBroken = false;
    const store: Store = {
      pollMs: inner.pollMs,
      read: (...args) => (isBroken ? Promise.reject(new Error('gone')) : inner.read(...args)),
      swap: (...args) => (isBroken ? Promise.reject(new Error('gone')) : inner.swap(...args)),
    };
    const lifecycle = ready();
    const made = await contend(lifecycle, { store, name, ttlMs: 300 });
    const before = lifecycle.gate.tryEnter('write');
    const other = await contend(ready(), { name });
    isBroken = true;
    await reached(made, 'lost');
    expect(before?.token).toBe(null);
    await reached(other, 'held');
    isBroken = false;
    await other.release();
    await reached(made, 'held');
    const after = lifecycle.gate.tryEnter('write');
    expect([made.token, before?.token, after?.token]).toEqual([3, null, 3]);
    before?.release();
    after?.release();
  });

  it('is the same again where the lease was lost and nobody else has held it', async () => {
    const lifecycle = ready();
    const made = await contend(lifecycle, { ttlMs: 300 });
    const permit = lifecycle.gate.tryEnter('write');
    const until = performance.now() + 301;
    while (performance.now() < until);
    expect(permit?.token).toBe(null);
    await reached(made, 'held');
    expect(permit?.token).toBe(1);
    permit?.release();
  });

  it('is null with several leases: which one the resource knows is not known here', async () => {
    const lifecycle = ready();
    const one = await contend(lifecycle);
    const other = await contend(lifecycle);
    const permit = lifecycle.gate.tryEnter('write');
    expect([one.token, other.token, permit?.token]).toEqual([1, 1, null]);
    permit?.release();
  });

  it('is seen by the handlers of serve() and adopt()', async () => {
    const lifecycle = ready();
    await contend(lifecycle);
    const server = await serve({
      lifecycle,
      hostname: '127.0.0.1',
      fetch: (_, { permit }) => Response.json(permit?.token),
    });
    undos.push(() => server.close());
    const { createServer } = await import('node:http');
    const own = createServer((request, response) => {
      response.end(String(permitOf(request)?.token));
    });
    await new Promise<void>((resolve) => own.listen(0, '127.0.0.1', resolve));
    const adopted = await adopt(own, { lifecycle });
    undos.push(() => adopted.close());
    for (const { url } of [server, adopted]) {
      const answer = await fetch(url, { method: 'POST' });
      expect(await answer.text()).toBe('1');
    }
  });
});

describe('a member that leaves', () => {
  it('by detach() gives its lease back once nobody writes, and the others write no more', async () => {
    const name = freshName();
    const lifecycle = ready();
    const second = Lifecycle.attach(lifecycle.share());
    const made = await contend(second, { name });
    const permit = lifecycle.gate.tryEnter('write');
    second.detach();
    expect(lifecycle.gate.writeRefusal()).toBe('replica');
    const next = await contend(ready(), { name });
    expect([made.state, next.state]).toEqual(['held', 'waiting']);
    permit?.release();
    await reached(next, 'held');
    expect(next.token).toBe(2);
    expect(made).toMatchObject({ state: 'waiting', token: null });
    expect(await made.release()).toBe(true);
  });

  it('while the store has not answered yet makes lease() reject with detached', async () => {
    const lifecycle = ready();
    const store: Store = {
      pollMs: 10,
      read: () => Promise.reject(new Error('gone')),
      swap: () => Promise.reject(new Error('gone')),
    };
    const asked = lease(lifecycle, { store, name: freshName() });
    const outcome = asked.catch((error: unknown) => error);
    lifecycle.detach();
    expect(await outcome).toMatchObject({ code: 'detached' });
  });

  it('by dying loses its lease for all, until another one contends for it', async () => {
    const name = freshName();
    const lifecycle = ready();
    const second = Lifecycle.attach(lifecycle.share());
    await contend(second, { name, ttlMs: 500 });
    expect(lifecycle.gate.writeRefusal()).toBe(null);
    expect(lifecycle.reap(second.member)).toBe(true);
    expect(lifecycle.gate.writeRefusal()).toBe('lease_lost');
    expect(lifecycle.leases()).toEqual([{ name, state: 'lost', token: null }]);
    const next = await contend(lifecycle, { name });
    await reached(next, 'held');
    expect(next.token).toBe(2);
    expect(lifecycle.gate.writeRefusal()).toBe(null);
  });
});
