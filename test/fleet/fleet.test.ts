/**
 * What a fleet does to the lifecycles that follow it: drains and shutdowns asked of one, deployments, late joiners,
 * stores that fail or forget, and what is refused. The store is a folder, or one that a test makes fail.
 *
 * @module
 */

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import {
  Fleet,
  type FleetFollower,
  type FleetOptions,
  fileStore,
  lease,
  type Store,
} from '../../src/fleet.ts';
import { Lifecycle, Phase } from '../../src/index.ts';
import { installLog, type LogEvent } from '../../src/lifecycle/journal.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-fleet-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A folder answers in far less than three of them, on any machine. */
const CACHE_AGE_MS = 2_000;
/** For stores that are to be lost. */
const SOON: Partial<FleetOptions> = { cacheAgeMs: 200 };
/** No folder is too slow to be waited for. */
const PATIENT_MS = 60_000;
const undos: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of undos.splice(0)) await undo();
});

let names = 0;
/** The name of a fleet that nobody has used. */
function freshName(): string {
  names += 1;
  return `fleet ${names}`;
}

function ready(): Lifecycle {
  const lifecycle = Lifecycle.create();
  lifecycle.markReady();
  return lifecycle;
}

function fleetOf(name: string, deployment = 'v1', more: Partial<FleetOptions> = {}): Fleet {
  const store = fileStore(folder);
  const ages = { cacheAgeMs: CACHE_AGE_MS, timeoutMs: PATIENT_MS };
  return new Fleet({ store, name, deployment, ...ages, ...more });
}

async function follow(fleet: Fleet, lifecycle: Lifecycle): Promise<FleetFollower> {
  const follower = await fleet.follow(lifecycle);
  undos.push(() => follower.stop());
  return follower;
}

/** A process of its own, as far as a fleet can tell. */
async function member(
  name: string,
  deployment = 'v1',
  more: Partial<FleetOptions> = {},
): Promise<{ fleet: Fleet; lifecycle: Lifecycle; follower: FleetFollower }> {
  const fleet = fleetOf(name, deployment, more);
  const lifecycle = ready();
  return { fleet, lifecycle, follower: await follow(fleet, lifecycle) };
}

/** Until it is so, whenever that is. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}

const isDraining = (lifecycle: Lifecycle): boolean => lifecycle.phase() === Phase.Draining;

/** A store that does as its folder does, until it is told to fail; and counts. */
function breakable(): Store & {
  break(error: unknown): void;
  mend(): void;
  readonly asked: number;
} {
  const inner = fileStore(folder);
  let broken: (() => Promise<never>) | undefined;
  let asked = 0;
  return {
    pollMs: inner.pollMs,
    get asked() {
      return asked;
    },
    read: (...args) => {
      asked += 1;
      return broken?.() ?? inner.read(...args);
    },
    swap: (...args) => broken?.() ?? inner.swap(...args),
    break(error) {
      broken = () => Promise.reject(error);
    },
    mend() {
      broken = undefined;
    },
  };
}

const UNREACHABLE = new Error('connection refused');

describe('a fleet', () => {
  it('refuses writes until the store has answered, and then admits them', async () => {
    const fleet = fleetOf(freshName());
    const lifecycle = ready();
    const asked = follow(fleet, lifecycle);
    expect(lifecycle.gate.writeRefusal()).toBe('lease_lost');
    const follower = await asked;
    expect(follower).toMatchObject({ deployment: 'v1', phase: 'ready', reachable: true });
    expect(follower.ageMs).toBeGreaterThanOrEqual(0);
    expect(lifecycle.gate.holds()).toEqual([]);
    expect(lifecycle.gate.run('write', () => 'written')).toBe('written');
  });

  it('drains once, whoever is asked, and every process refuses writes', async () => {
    const name = freshName();
    const [one, two, three] = [await member(name), await member(name), await member(name)];
    const answers = await Promise.all([one.fleet.drain(), two.fleet.drain()]);
    expect(answers.filter(({ changed }) => changed)).toHaveLength(1);
    for (const answer of answers) {
      expect(answer).toMatchObject({
        ok: true,
        phase: 'draining',
        deployment: 'v1',
        newest: 'v1',
        shutting_down_at_ms: null,
      });
      expect(answer.draining_at_ms).toBeGreaterThan(0);
      expect(answer.settles_in_ms).toBeGreaterThan(0);
      expect(answer.settles_in_ms).toBeLessThanOrEqual(3 * CACHE_AGE_MS);
    }
    // Those that were asked know at once; the other one by itself.
    expect([one, two].map(({ lifecycle }) => isDraining(lifecycle))).toEqual([true, true]);
    await until(() => isDraining(three.lifecycle));
    expect(three.lifecycle.gate.writeRefusal()).toBe('draining');
    expect(three.lifecycle.gate.run('query', () => 'read')).toBe('read');
    expect(three.follower.phase).toBe('draining');
  });

  it('says when the drain has settled, counted from when this process heard of it', async () => {
    const name = freshName();
    const { fleet } = await member(name, 'v1', SOON);
    expect(await fleet.status()).toMatchObject({ settles_in_ms: null, draining_at_ms: null });
    await fleet.drain();
    let left: number | null = Number.POSITIVE_INFINITY;
    while (left !== 0) left = (await fleet.status()).settles_in_ms;
    // Another process counts for itself.
    const late = await fleetOf(name).status();
    expect(late.settles_in_ms).toBe(3 * 200);
  });

  it('shuts down, and every process runs its own steps to the end', async () => {
    const name = freshName();
    const members = [await member(name), await member(name)] as const;
    const ran: number[] = [];
    for (const [index, { lifecycle }] of members.entries()) {
      lifecycle.step({ name: 'flush_wal', run: () => ran.push(index) });
    }
    expect(await members[0].fleet.shutdown()).toMatchObject({ phase: 'shutting_down' });
    for (const { lifecycle } of members) await lifecycle.waitFor(Phase.Stopped);
    expect(ran.sort()).toEqual([0, 1]);
    for (const { lifecycle } of members) {
      expect(lifecycle.shutdownReport()).toMatchObject({ trigger: 'fleet', drained: true });
    }
    // There is no way back.
    expect(await members[1].fleet.drain()).toMatchObject({
      phase: 'shutting_down',
      changed: false,
    });
  });

  it('a drain goes on to a shutdown', async () => {
    const name = freshName();
    const [one, two] = [await member(name), await member(name)];
    await one.fleet.drain();
    await until(() => isDraining(two.lifecycle));
    await one.fleet.shutdown();
    await two.lifecycle.waitFor(Phase.Stopped);
  });

  it('a process that is still starting drains right after Ready, and admits no write between', async () => {
    const name = freshName();
    const { fleet } = await member(name);
    await fleet.drain();
    const lifecycle = Lifecycle.create();
    const follower = await follow(fleetOf(name), lifecycle);
    expect([lifecycle.phase(), follower.phase]).toEqual([Phase.Starting, 'draining']);
    lifecycle.markReady();
    expect(lifecycle.gate.tryEnter('write')).toBe(null);
    await until(() => isDraining(lifecycle));
    expect(lifecycle.gate.holds()).toEqual([]);
  });

  it('a process that starts later joins drained, or shuts down', async () => {
    const name = freshName();
    const { fleet } = await member(name);
    await fleet.drain();
    const late = await member(name);
    expect(late.lifecycle.phase()).toBe(Phase.Draining);
    await fleet.shutdown();
    const later = await member(name);
    await later.lifecycle.waitFor(Phase.Stopped);
  });

  it('its deployments are ordered: a newer one starts afresh, an older one does not come back', async () => {
    const name = freshName();
    const old = await member(name, 'v1');
    await old.fleet.drain();
    const next = await member(name, 'v2');
    expect(next.lifecycle.gate.writeRefusal()).toBe(null);
    const again = await member(name, 'v1');
    expect(again.lifecycle.phase()).toBe(Phase.Draining);
    expect(await old.fleet.status()).toMatchObject({ deployment: 'v2', phase: 'ready' });
    // One by its name, and those that are older.
    expect(await next.fleet.status('v1')).toMatchObject({ phase: 'draining', newest: 'v2' });
    expect(await next.fleet.shutdown('v1')).toMatchObject({ deployment: 'v1', changed: true });
    await again.lifecycle.waitFor(Phase.Stopped);
    expect(next.lifecycle.gate.writeRefusal()).toBe(null);
  });

  it('knows older deployments by their time, though they are heard of later', async () => {
    const name = freshName();
    const made = (day: number): { deployment: FleetOptions['deployment'] } => ({
      deployment: { id: `day ${day}`, timestamp: `2026-01-0${day}T00:00:00Z` },
    });
    const newest = await member(name, '', made(3));
    await newest.fleet.drain();
    const older = await member(name, '', made(2));
    expect(older.lifecycle.phase()).toBe(Phase.Draining);
    expect(await newest.fleet.status('day 2')).toMatchObject({ newest: 'day 3' });
    const newer = await member(name, '', made(4));
    expect(newer.lifecycle.phase()).toBe(Phase.Ready);
  });

  it('knows the place of a deployment whose first process was killed before it had written that down', async () => {
    const name = freshName();
    await member(name, 'v1');
    // As if it had been killed between the two writes.
    const [place = ''] = readdirSync(folder).filter(
      (file) => file.startsWith('deployment-') && file.includes(`=20${names}==`),
    );
    rmSync(join(folder, place));
    const next = await member(name, 'v2');
    await next.fleet.drain();
    const again = await member(name, 'v1');
    expect(again.lifecycle.phase()).toBe(Phase.Draining);
    expect((await next.fleet.status()).newest).toBe('v2');
  });

  it('fleets of different names know nothing of each other, nor of a lease of the same name', async () => {
    const [one, other] = [freshName(), freshName()];
    const drained = await member(one);
    const free = await member(other);
    const writer = await lease(free.lifecycle, { store: fileStore(folder), name: one });
    undos.push(() => writer.release());
    await drained.fleet.drain();
    expect((await free.fleet.status()).phase).toBe('ready');
    expect(writer.state).toBe('held');
    expect(free.lifecycle.gate.holds()).toEqual([]);
  });

  it('hears each change, and what a listener throws is logged and stops nothing', async () => {
    const { fleet, lifecycle, follower } = await member(freshName());
    const events: LogEvent[] = [];
    installLog(lifecycle, (event) => void events.push(event));
    const heard: unknown[] = [];
    follower.onChange(() => {
      throw new Error('mine');
    });
    const undo = follower.onChange(({ phase }) => heard.push(phase));
    await fleet.drain();
    undo();
    await fleet.shutdown();
    expect(heard).toEqual(['draining']);
    expect(new Set(events.map(({ type }) => type))).toEqual(new Set(['listener_failed']));
  });

  it('is followed no more after stop(): the hold is released, and a drain is not heard of', async () => {
    const store = breakable();
    const { fleet, lifecycle, follower } = await member(freshName(), 'v1', { store, ...SOON });
    installLog(lifecycle, false);
    store.break(UNREACHABLE);
    await until(() => lifecycle.gate.writeRefusal() === 'lease_lost');
    follower.stop();
    follower.stop();
    expect(lifecycle.gate.holds()).toEqual([]);
    store.mend();
    await fleet.drain();
    expect(lifecycle.phase()).toBe(Phase.Ready);
    // And again, by whoever wants to.
    await follow(fleet, lifecycle);
    expect(lifecycle.phase()).toBe(Phase.Draining);
  });

  it('asks no more once the process is Stopped', async () => {
    const store = breakable();
    const { lifecycle } = await member(freshName(), 'v1', { store, ...SOON });
    await lifecycle.shutdown();
    const { asked } = store;
    // Another one that follows goes on: when it has asked twice, this one would have, too.
    const other = breakable();
    await member(freshName(), 'v1', { store: other });
    const before = other.asked;
    await until(() => other.asked >= before + 3);
    expect(store.asked).toBe(asked);
  });
});

describe('a store that cannot be reached', () => {
  it('ends writes with lease_lost, and they are admitted again when it answers', async () => {
    const store = breakable();
    const { fleet, lifecycle, follower } = await member(freshName(), 'v1', { store, ...SOON });
    const events: LogEvent[] = [];
    installLog(lifecycle, (event) => void events.push(event));
    store.break(UNREACHABLE);
    await until(() => !follower.reachable);
    await until(() => lifecycle.gate.writeRefusal() === 'lease_lost');
    expect(follower.ageMs).toBeGreaterThanOrEqual(3 * 200);
    expect(lifecycle.gate.run('query', () => 'read')).toBe('read');
    expect(follower.phase).toBe('ready');
    await expect(fleet.drain()).rejects.toMatchObject({
      code: 'fleet_unreachable',
      cause: UNREACHABLE,
    });
    store.mend();
    await until(() => lifecycle.gate.writeRefusal() === null);
    // Once, however often it failed.
    expect(events.map(({ type }) => type)).toEqual(['fleet_failed']);
  });

  it('is asked until the shutdown, and follow() rejects with that', async () => {
    const store = breakable();
    store.break(UNREACHABLE);
    const lifecycle = ready();
    installLog(lifecycle, false);
    const asked = fleetOf(freshName(), 'v1', { store, ...SOON }).follow(lifecycle);
    await lifecycle.shutdown();
    await expect(asked).rejects.toMatchObject({ code: 'leaving' });
  });

  it('holds for itself: no release of the application lifts that, and it lifts none of theirs', async () => {
    const store = breakable();
    const { lifecycle, follower } = await member(freshName(), 'v1', { store, ...SOON });
    installLog(lifecycle, false);
    store.break(UNREACHABLE);
    await until(() => lifecycle.gate.writeRefusal() === 'lease_lost');
    expect(lifecycle.gate.release('lease_lost')).toBe(false);
    expect(lifecycle.gate.tryEnter('write')).toBe(null);
    expect(lifecycle.gate.hold('lease_lost')).toBe(true);
    store.mend();
    await until(() => follower.reachable);
    expect(lifecycle.gate.holds()).toEqual(['lease_lost']);
    expect(lifecycle.gate.release('lease_lost')).toBe(true);
    expect(lifecycle.gate.holds()).toEqual([]);
  });

  it('that has forgotten everything is told of it again by those who have heard of it', async () => {
    const name = freshName();
    const old = await member(name, 'v1');
    const next = await member(name, 'v2');
    await old.fleet.drain('v1');
    for (const file of readdirSync(folder)) rmSync(join(folder, file));
    const phaseOf = async (deployment: string): Promise<string | undefined> =>
      (
        await fleetOf(name)
          .status(deployment)
          .catch(() => undefined)
      )?.phase;
    while ((await phaseOf('v1')) !== 'draining' || (await phaseOf('v2')) !== 'ready');
    const late = await member(name, 'v1');
    expect(late.lifecycle.phase()).toBe(Phase.Draining);
    expect(next.lifecycle.gate.writeRefusal()).toBe(null);
    expect((await next.fleet.status()).newest).toBe('v2');
  });
});

describe('what is refused', () => {
  const store = fileStore(folder);
  const right: FleetOptions = { store, deployment: 'v1' };

  it.each([
    [undefined, /the options must be an object/],
    [{ deployment: 'v1' }, /store must be a Store/],
    [{ store }, /the deployment must have 1 to 256 characters/],
    [{ ...right, deployment: { id: 'v1', timestamp: 'yesterday' } }, /must be a date/],
    [{ ...right, name: '' }, /name must be a string of 1 to 80 bytes/],
    [{ ...right, cacheAgeMs: 99 }, /cacheAgeMs must be an integer from 100 to 3600000, got 99/],
    [{ ...right, timeoutMs: 0 }, /timeoutMs must be an integer/],
    [{ ...right, cacheAge: 1 }, /did you mean "cacheAgeMs"/],
  ])('new Fleet(%j)', (options, message) => {
    const make = (): Fleet => new Fleet(options as FleetOptions);
    expect(make).toThrow(message);
    expect(make).toThrow(expect.objectContaining({ code: 'invalid_argument' }));
  });

  it('what is no lifecycle, one that follows already, and one that was detached', async () => {
    const fleet = fleetOf(freshName());
    await expect(fleet.follow({} as Lifecycle)).rejects.toThrow(/must be a Lifecycle/);
    const lifecycle = ready();
    await follow(fleet, lifecycle);
    await expect(fleet.follow(lifecycle)).rejects.toThrow(/must not follow a fleet already/);
    const gone = ready();
    gone.detach();
    await expect(fleet.follow(gone)).rejects.toMatchObject({ code: 'detached' });
  });

  it('a drain of nobody, of a deployment that there is not, and of what names none', async () => {
    const fleet = fleetOf(freshName());
    await expect(fleet.drain()).rejects.toMatchObject({ code: 'nothing_to_drain' });
    await follow(fleet, ready());
    await expect(fleet.drain('v0')).rejects.toMatchObject({ code: 'unknown_deployment' });
    await expect(fleet.drain('')).rejects.toMatchObject({ code: 'invalid_argument' });
    expect((await fleet.status()).phase).toBe('ready');
  });

  it('a key that somebody else wrote, and a folder that is a file; writes stay refused', async () => {
    writeFileSync(join(folder, 'fleet-theirs.1'), 'mine');
    const lifecycle = ready();
    const asked = fleetOf('theirs').follow(lifecycle);
    await expect(asked).rejects.toMatchObject({ code: 'store_conflict' });
    expect(lifecycle.gate.writeRefusal()).toBe('lease_lost');
    // Mended, it is followed; and the hold is this one's.
    rmSync(join(folder, 'fleet-theirs.1'));
    await follow(fleetOf('theirs'), lifecycle);
    expect(lifecycle.gate.holds()).toEqual([]);
    writeFileSync(join(folder, 'file'), '');
    const file = fleetOf(freshName(), 'v1', { store: fileStore(join(folder, 'file')) });
    await expect(file.follow(ready())).rejects.toMatchObject({ code: 'store_refused' });
  });
});
