/**
 * What a lease does to a lifecycle: its holds, its token, the shutdown that keeps it and gives it back,
 * and what is refused. The store is a folder, or one that a test makes fail.
 *
 * @module
 */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { fileStore, type Lease, type LeaseOptions, lease, type Store } from '../../src/fleet.ts';
import { type Clock, Lifecycle, LifecycleError } from '../../src/index.ts';
import { installLog, type LogEvent } from '../../src/lifecycle/journal.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-lease-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Long enough for a slow machine, and given back at the end of each test. */
const TTL_MS = 5_000;
const undos: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of undos.splice(0)) await undo();
});

let names = 0;
function freshName(): string {
  names += 1;
  return `name-${names}`;
}

function ready(clock?: Clock): Lifecycle {
  const lifecycle = Lifecycle.create(clock === undefined ? {} : { clock });
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

/** A store that does as its folder does, until it is told to fail. */
function breakable(): Store & { break(error: unknown): void; mend(): void } {
  const inner = fileStore(folder, { pollMs: 10 });
  let broken: (() => Promise<never>) | undefined;
  return {
    pollMs: inner.pollMs,
    read: (...args) => broken?.() ?? inner.read(...args),
    swap: (...args) => broken?.() ?? inner.swap(...args),
    break(error) {
      broken = () => Promise.reject(error);
    },
    mend() {
      broken = undefined;
    },
  };
}

function logOf(lifecycle: Lifecycle): LogEvent[] {
  const events: LogEvent[] = [];
  installLog(lifecycle, (event) => void events.push(event));
  return events;
}

const UNREACHABLE = new Error('connection refused');

describe('one writer at a time', () => {
  it('a lease that can be had is held when lease() resolves, and writes are admitted', async () => {
    const lifecycle = ready();
    const asked = lease(lifecycle, { store: fileStore(folder), name: freshName() });
    expect(lifecycle.gate.holds()).toEqual(['replica']);
    const made = await asked;
    undos.push(() => made.release());
    expect(made).toMatchObject({ state: 'held', token: 1 });
    expect(lifecycle.gate.holds()).toEqual([]);
    expect(lifecycle.gate.run('write', () => 'written')).toBe('written');
  });

  it('the second one waits, refuses writes as a replica, and takes over with a greater token', async () => {
    const name = freshName();
    const first = await contend(ready(), { name });
    const lifecycle = ready();
    const second = await contend(lifecycle, { name });
    expect(second).toMatchObject({ state: 'waiting', token: null });
    expect(lifecycle.gate.writeRefusal()).toBe('replica');
    expect(lifecycle.gate.run('query', () => 'read')).toBe('read');
    expect(await first.release()).toBe(true);
    expect(first).toMatchObject({ state: 'waiting', token: null });
    await reached(second, 'held');
    expect(second.token).toBe(2);
    expect(lifecycle.gate.writeRefusal()).toBe(null);
  });

  it('leases of different names know nothing of each other', async () => {
    const lifecycle = ready();
    const one = await contend(lifecycle);
    const other = await contend(lifecycle);
    expect([one.token, other.token]).toEqual([1, 1]);
    await one.release();
    // The hold of the one is not released by the other.
    expect(lifecycle.gate.holds()).toEqual(['replica']);
    expect(other.state).toBe('held');
  });

  it('a hold that the application has set stays when the lease is held', async () => {
    const lifecycle = ready();
    lifecycle.gate.hold('replica');
    const made = await contend(lifecycle);
    expect(made.state).toBe('held');
    expect(lifecycle.gate.holds()).toEqual(['replica']);
  });

  it('is renewed before its time is over', async () => {
    const name = freshName();
    const made = await contend(ready(), { name, ttlMs: 1_500 });
    const sequence = (): number => {
      const newest = readdirSync(folder)
        .filter((file) => file.startsWith(`lease-${name}.`))
        .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')).sequence);
      return Math.max(...newest);
    };
    while (sequence() < 4) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(made.token).toBe(1);
  });

  it('onChange hears each change, and what it throws is logged and stops nothing', async () => {
    const name = freshName();
    const first = await contend(ready(), { name });
    const lifecycle = ready();
    const events = logOf(lifecycle);
    const second = await contend(lifecycle, { name });
    const heard: unknown[] = [];
    second.onChange(() => {
      throw new Error('mine');
    });
    second.onChange(({ state, token }) => heard.push([state, token]));
    await first.release();
    await reached(second, 'held');
    await second.release();
    expect(heard).toEqual([
      ['held', 2],
      ['waiting', null],
    ]);
    expect(events.map(({ type }) => type)).toEqual(['listener_failed', 'listener_failed']);
  });
});

describe('the end of its time', () => {
  it('is lost by its own clock when the store is gone, and is held again when it is back', async () => {
    const store = breakable();
    const lifecycle = ready();
    const events = logOf(lifecycle);
    const made = await contend(lifecycle, { store, ttlMs: 500 });
    store.break(UNREACHABLE);
    await reached(made, 'lost');
    expect(made.token).toBe(null);
    expect(lifecycle.gate.writeRefusal()).toBe('lease_lost');
    store.mend();
    await reached(made, 'held');
    // Nobody else has had it.
    expect(made.token).toBe(1);
    expect(lifecycle.gate.holds()).toEqual([]);
    expect(new Set(events.map(({ type }) => type))).toEqual(new Set(['lease_failed']));
    expect(events.some(({ error }) => error === UNREACHABLE)).toBe(true);
  });

  it('the token is null at the first look after a loop that was blocked for longer', async () => {
    const lifecycle = ready();
    installLog(lifecycle, false);
    const made = await contend(lifecycle, { ttlMs: 300 });
    const until = performance.now() + 301;
    while (performance.now() < until);
    // No timer has had its turn.
    expect(made.token).toBe(null);
    expect(lifecycle.gate.writeRefusal()).toBe('lease_lost');
  });

  it('a wall clock that is set changes nothing', async () => {
    let wallMs = Date.now();
    const made = await contend(ready(() => wallMs));
    wallMs += 86_400_000;
    expect(made.state).toBe('held');
    wallMs -= 2 * 86_400_000;
    expect(made.state).toBe('held');
  });
});

describe('a shutdown', () => {
  it('keeps the lease until the last step has ended, and Stopped waits until it is given back', async () => {
    const name = freshName();
    const lifecycle = ready();
    const made = await contend(lifecycle, { name });
    const tokens: unknown[] = [];
    lifecycle.step({ name: 'flush_wal', run: () => tokens.push(made.token) });
    const { steps } = await lifecycle.shutdown();
    expect(tokens).toEqual([1]);
    expect(steps.map((step) => step.name)).toEqual(['flush_wal']);
    expect(made).toMatchObject({ state: 'waiting', token: null });
    // It is free: nobody has to wait until its time is over.
    const next = await contend(ready(), { name });
    expect(next).toMatchObject({ state: 'held', token: 2 });
  });

  it('is not held up by a store that does not answer for longer than the budget', async () => {
    const store = breakable();
    const lifecycle = ready();
    const events = logOf(lifecycle);
    await contend(lifecycle, { store });
    lifecycle.pipeline({ steps: [], budgetMs: 300 });
    store.break(UNREACHABLE);
    await lifecycle.shutdown();
    expect(lifecycle.shutdownReport()).toMatchObject({ drained: true });
    while (events.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(events[0]?.type).toBe('lease_failed');
  });

  it('that was accepted takes no lease, though it becomes free', async () => {
    const name = freshName();
    const first = await contend(ready(), { name });
    const lifecycle = ready();
    const second = await contend(lifecycle, { name });
    const states: string[] = [];
    second.onChange(({ state }) => states.push(state));
    let end = (): void => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    lifecycle.step({ name: 'long', run: () => ended });
    const over = lifecycle.shutdown();
    await first.release();
    const third = await contend(ready(), { name });
    expect(third).toMatchObject({ state: 'held', token: 2 });
    end();
    await over;
    expect(states).toEqual([]);
  });

  it('that the application runs itself gives the lease back at its end', async () => {
    const name = freshName();
    const lifecycle = ready();
    const made = await contend(lifecycle, { name });
    lifecycle.beginShutdown();
    expect(made.state).toBe('held');
    const report = { flushedWal: true, finalCheckpoint: true, backupUploaded: true };
    lifecycle.finishShutdown({ ...report, durationMs: 0, startedAtMs: 0, completedAtMs: 0 });
    await reached(made, 'waiting');
    const next = await contend(ready(), { name });
    await reached(next, 'held');
    expect(next.token).toBe(2);
  });
});

describe('release()', () => {
  it('admits no new write, even if an answer that comes late regains the lease meanwhile', async () => {
    const inner = fileStore(folder, { pollMs: 10 });
    let answer = (): void => {};
    let writes = 0;
    const store: Store = {
      pollMs: inner.pollMs,
      read: (...args) => inner.read(...args),
      // The renewal is written at once, and its answer is kept back until the time is over.
      swap: async (...args) => {
        const written = await inner.swap(...args);
        writes += 1;
        if (writes === 2) await new Promise<void>((resolve) => (answer = resolve));
        return written;
      },
    };
    const lifecycle = ready();
    const made = await contend(lifecycle, { store, ttlMs: 600 });
    const permit = lifecycle.gate.tryEnter('write');
    const refusals: (string | null)[] = [];
    const states: string[] = [];
    made.onChange(({ state }) => {
      states.push(state);
      refusals.push(lifecycle.gate.writeRefusal());
      if (state === 'lost') answer();
      else permit?.release();
    });
    await made.release();
    permit?.release();
    expect(states).not.toEqual([]);
    expect(refusals).not.toContain(null);
  });

  it('refuses writes at once, and gives the lease back when those in progress have ended', async () => {
    const lifecycle = ready();
    const made = await contend(lifecycle);
    const permit = lifecycle.gate.tryEnter('write');
    let isGivenBack = false;
    const released = made.release().then((known) => {
      isGivenBack = true;
      return known;
    });
    expect(lifecycle.gate.writeRefusal()).toBe('replica');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([isGivenBack, made.state]).toEqual([false, 'held']);
    permit?.release();
    expect(await released).toBe(true);
    expect(await made.release()).toBe(true);
  });

  it('is for good: another lease() contends again', async () => {
    const name = freshName();
    const lifecycle = ready();
    const made = await contend(lifecycle, { name });
    await made.release();
    const again = await contend(lifecycle, { name });
    expect([again.token, made.token]).toEqual([2, null]);
    expect(lifecycle.gate.holds()).toEqual([]);
  });
});

describe('a store that cannot be used', () => {
  it('is asked again until a shutdown, when lease() rejects with leaving', async () => {
    const store = breakable();
    store.break(UNREACHABLE);
    const lifecycle = ready();
    const asked = lease(lifecycle, { store, name: freshName() });
    const outcome = asked.catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(lifecycle.gate.writeRefusal()).toBe('replica');
    await lifecycle.shutdown({ trigger: 'test' });
    expect(await outcome).toMatchObject({ code: 'leaving', trigger: 'test' });
  });

  it('is asked again, and the lease is held when it is back', async () => {
    const store = breakable();
    store.break(UNREACHABLE);
    const asked = contend(ready(), { store });
    await new Promise((resolve) => setTimeout(resolve, 100));
    store.mend();
    expect(await asked).toMatchObject({ state: 'held', token: 1 });
  });

  it.each(['store_refused', 'store_version', 'store_not_durable', 'store_conflict'] as const)(
    'for the reason %s makes lease() reject at once, and writes stay refused',
    async (code) => {
      const store = breakable();
      store.break(new LifecycleError(code, 'Cannot ask the store'));
      const lifecycle = ready();
      const name = freshName();
      await expect(lease(lifecycle, { store, name })).rejects.toMatchObject({ code });
      expect(lifecycle.gate.writeRefusal()).toBe('replica');
      // Mended, it can be asked for again.
      store.mend();
      const made = await contend(lifecycle, { store, name });
      expect(made.state).toBe('held');
      expect(lifecycle.gate.writeRefusal()).toBe(null);
    },
  );

  it('because something else was written under its key is not overwritten', async () => {
    const name = freshName();
    const file = join(folder, `lease-${name}.1`);
    writeFileSync(file, 'mine');
    await expect(contend(ready(), { name })).rejects.toMatchObject({ code: 'store_conflict' });
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });
});

describe('what is refused', () => {
  const store = fileStore(folder);

  it.each([
    [{ store, name: '' }, /name must be a string of 1 to 80 bytes, got ""/],
    [{ store, name: 'x'.repeat(81) }, /name must be a string of 1 to 80 bytes/],
    [{ store: {}, name: 'x' }, /store must be a Store/],
    [{ store, name: 'x', ttlMs: 99 }, /ttlMs must be an integer from 100 to 86400000, got 99/],
    [{ store, name: 'x', holder: 7 }, /holder must be a string/],
    [{ store, name: 'x', ttl: 15_000 }, /unknown option "ttl", did you mean "ttlMs"/],
    [undefined, /the options must be an object/],
  ])('lease(lifecycle, %j)', async (options, message) => {
    const lifecycle = ready();
    const asked = lease(lifecycle, options as LeaseOptions);
    await expect(asked).rejects.toThrow(message);
    await expect(asked).rejects.toMatchObject({ code: 'invalid_argument' });
    expect(lifecycle.gate.holds()).toEqual([]);
  });

  it('a second lease of the same name by the same lifecycle', async () => {
    const lifecycle = ready();
    const name = freshName();
    await contend(lifecycle, { name });
    await expect(lease(lifecycle, { store, name })).rejects.toThrow(/must not be leased/);
  });

  it.each([
    [[''], /folder must be a path/],
    [['x', { pollMs: 0 }], /pollMs must be an integer from 1 to 60000, got 0/],
    [['x', { poll: 5 }], /did you mean "pollMs"/],
  ])('fileStore(...%j)', (args, message) => {
    expect(() => fileStore(...(args as [string]))).toThrow(message);
  });

  it('a folder that is a file is refused, not asked again', async () => {
    const path = join(folder, 'file');
    writeFileSync(path, '');
    const asked = contend(ready(), { store: fileStore(path) });
    await expect(asked).rejects.toMatchObject({ code: 'store_refused' });
  });
});
