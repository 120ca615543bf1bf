/**
 * What a fleet promises, over simulated lives: how soon a drain is in force everywhere, by true time, what a store that
 * does not answer does to that, and what 1,000 processes ask of a store. A seed replays.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import { RATE_ERROR } from '../../src/fleet/contender.ts';
import {
  decodeFleet,
  deploymentKeyOf,
  encodeFleet,
  fleetKeyOf,
} from '../../src/fleet/fleet-record.ts';
import { LEASE_AGES, NOTHING, phaseAt } from '../../src/fleet/state.ts';
import { Lifecycle, Phase } from '../../src/index.ts';
import { FleetProcess, type Network, Registers } from './fleet-world.ts';
import { World } from './world.ts';

const CACHE_AGE_MS = 1_000;
const SEEDS = Number(process.env.FLEET_SEEDS ?? 25);
const FIRST_SEED = Number(process.env.FLEET_SEED ?? 1);
/** Faults until here, and then time enough to hear of everything. */
const FAULTS_UNTIL_MS = 20_000;
const END_MS = 30_000;
/** A timer fires at a whole millisecond, or the next. */
const TIMER_MS = 2;

function ready(): Lifecycle {
  const lifecycle = Lifecycle.create();
  lifecycle.markReady();
  return lifecycle;
}

interface Life {
  readonly processes: FleetProcess[];
  /** What went against a promise. */
  readonly broken: string[];
  /** The longest time from the answer of a drain to the last moment at which a write was admitted, in milliseconds. */
  readonly longestMs: number;
  readonly drains: number;
}

/**
 * Plays one life: processes of five deployments come, and whichever is the newest is drained by one of them.
 *
 * @param isFaulty whether the network loses and delays; otherwise the store answers within a fifth of an age
 */
async function live(seed: number, isFaulty: boolean): Promise<Life> {
  const world = new World(seed);
  const registers = new Registers();
  const network: Network = { lost: 0, least: 0.2, most: CACHE_AGE_MS / 5 };
  const processes: FleetProcess[] = [];
  const broken: string[] = [];
  /** When the drain of each deployment was answered first. */
  const drainedAtMs = new Map<string, number>();
  let longestMs = 0;
  let generation = 1;

  const bear = (): void => {
    const named = { id: `v${generation}`, made_at_ms: null };
    const role = { named, cacheAgeMs: CACHE_AGE_MS };
    processes.push(new FleetProcess(world, registers, network, ready(), role));
  };
  for (let count = 0; count < 4; count++) world.in(world.between(0, 500), bear);

  const drain = (): void => {
    const asked = processes[Math.floor(world.random() * processes.length)];
    asked?.ledger.move('draining', undefined, 5_000).then(
      ({ deployment }) => {
        if (!drainedAtMs.has(deployment.id)) drainedAtMs.set(deployment.id, world.nowMs);
      },
      () => {},
    );
  };
  for (let round = 0; round < 4; round++) {
    world.at(3_000 + round * 4_000 + world.between(0, 2_000), drain);
    world.at(6_000 + round * 4_000, () => {
      generation += 1;
    });
    for (let count = 0; count < 2; count++) {
      world.at(6_000 + round * 4_000 + world.between(1, 500), bear);
    }
  }
  const trouble = (): void => {
    const isOver = world.nowMs > FAULTS_UNTIL_MS;
    network.lost = isOver || world.random() < 0.4 ? 0 : world.between(0, 0.6);
    network.most = isOver || world.random() < 0.4 ? CACHE_AGE_MS / 5 : 3 * CACHE_AGE_MS;
    if (!isOver) world.in(world.between(0, 2_500), trouble);
  };
  if (isFaulty) world.in(world.between(0, 3_000), trouble);

  // By a clock that is as slow as one may be.
  const ages = isFaulty ? LEASE_AGES : 1;
  const boundMs = (ages * CACHE_AGE_MS) / (1 - RATE_ERROR / 2) + TIMER_MS;
  const phases = new Map<FleetProcess, Phase>();
  await world.play(END_MS, () => {
    for (const each of processes) {
      const { lifecycle, role } = each;
      const phase = lifecycle.phase();
      if (phase < (phases.get(each) ?? Phase.Starting)) broken.push('a phase went back');
      phases.set(each, phase);
      const atMs = drainedAtMs.get(role.named.id);
      if (atMs === undefined || lifecycle.gate.writeRefusal() !== null) continue;
      longestMs = Math.max(longestMs, world.nowMs - atMs);
      if (world.nowMs - atMs > boundMs) {
        broken.push(`${role.named.id} admits a write ${world.nowMs - atMs} ms after its drain`);
      }
    }
  });
  // In the end each is where the store says that it is.
  const state = decodeFleet('key', registers.of('fleet-fleet').value);
  for (const { lifecycle, role, follower } of processes) {
    const isDrained = drainedAtMs.has(role.named.id);
    if (isDrained && lifecycle.phase() !== Phase.Draining) broken.push(`${role.named.id} goes on`);
    if (!follower.isReachable || lifecycle.gate.holds().length > 0) broken.push('it is not over');
    follower.stop();
  }
  // Without a time of its own, one that is heard of late counts as new.
  const isNewest = isFaulty || state.newest?.id === `v${generation}`;
  if (!isNewest) broken.push('the newest is not the newest');
  return { processes, broken, longestMs, drains: drainedAtMs.size };
}

describe('over many simulated lives', () => {
  it.each([
    { network: 'a store that answers within a fifth of a cache age', isFaulty: false, ages: 1 },
    { network: 'a network that loses and delays', isFaulty: true, ages: 3 },
  ])(
    'no write is admitted later than $ages cache ages after the answer of a drain, with $network',
    async ({ isFaulty }) => {
      let drains = 0;
      let longestMs = 0;
      for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
        const life = await live(seed, isFaulty);
        expect({ seed, broken: life.broken.slice(0, 3) }).toEqual({ seed, broken: [] });
        drains += life.drains;
        longestMs = Math.max(longestMs, life.longestMs);
      }
      expect(drains).toBeGreaterThan(SEEDS);
      // It was put to the test: writes were admitted for a good part of the time.
      expect(longestMs).toBeGreaterThan((isFaulty ? 1 : 0.5) * CACHE_AGE_MS);
      console.log(
        `${SEEDS} lives, ${drains} drains, writes for ${Math.round(longestMs)} ms at most`,
      );
    },
  );
});

describe('the age of an answer', () => {
  it('counts from the question, however late it comes', async () => {
    const world = new World(3);
    const network: Network = { lost: 0, least: 1, most: 1 };
    const lifecycle = ready();
    const role = { named: { id: 'v1', made_at_ms: null }, cacheAgeMs: CACHE_AGE_MS };
    const registers = new Registers();
    // It is there already, so one question is enough.
    const first = new FleetProcess(world, registers, network, ready(), role);
    await world.play(2_000, () => {});
    first.follower.stop();
    Object.assign(network, { least: 800, most: 800 });
    const askedAtMs = world.nowMs;
    const { follower } = new FleetProcess(world, registers, network, lifecycle, role);
    await world.play(askedAtMs + 799, () => {});
    expect(lifecycle.gate.writeRefusal()).toBe('lease_lost');
    await world.play(askedAtMs + 810, () => {});
    expect(lifecycle.gate.writeRefusal()).toBe(null);
    // From here on nothing arrives.
    network.lost = 1;
    await world.play(askedAtMs + LEASE_AGES * CACHE_AGE_MS - 20, () => {});
    expect(lifecycle.gate.writeRefusal()).toBe(null);
    await world.play(askedAtMs + LEASE_AGES * CACHE_AGE_MS + 20, () => {});
    expect(lifecycle.gate.writeRefusal()).toBe('lease_lost');
    follower.stop();
  });
});

describe('what a store is asked', () => {
  const FOLLOWERS = 1_000;
  const AGES = 3;

  it('is two requests of each process in a cache age at most, spread over the age', async () => {
    const world = new World(7);
    const registers = new Registers();
    const network: Network = { lost: 0, least: 1, most: 5 };
    // One lifecycle for all: how each is moved is not looked at here.
    const lifecycle = ready();
    const role = { named: { id: 'v1', made_at_ms: null }, cacheAgeMs: CACHE_AGE_MS };
    // They start together, which is the worst that they can do.
    const processes = Array.from(
      { length: FOLLOWERS },
      () => new FleetProcess(world, registers, network, lifecycle, role),
    );
    await world.play(CACHE_AGE_MS, () => {});
    // One brings the deployment, and the others find it.
    const swaps = registers.swaps.length;
    const before = processes.map(({ asked }) => asked);
    const { length } = registers.reads;
    await world.play((1 + AGES) * CACHE_AGE_MS, () => {});
    const perAge = processes.map(({ asked }, index) => (asked - (before[index] ?? 0)) / AGES);
    const reads = registers.reads.slice(length);
    const mean = reads.length / FOLLOWERS / AGES;
    const tenths = new Map<number, number>();
    for (const atMs of reads) {
      const tenth = Math.floor((atMs / CACHE_AGE_MS) * 10);
      tenths.set(tenth, (tenths.get(tenth) ?? 0) + 1);
    }
    const busiest = Math.max(...tenths.values());
    for (const { follower } of processes) follower.stop();
    console.log(
      `${FOLLOWERS} followers: ${mean.toFixed(2)} requests each in a cache age, ` +
        `${busiest} in the busiest tenth of one, ${swaps} swaps at the start`,
    );
    expect(Math.max(...perAge)).toBeLessThanOrEqual(2);
    expect(mean).toBeLessThan(1.6);
    expect(registers.swaps.length).toBe(swaps);
  });
});

describe('a record of a fleet', () => {
  const mark = { id: 'v1', order: 5, atMs: 1_700_000_000_000 };
  const state = {
    ...NOTHING,
    newest: { id: 'v2', order: 7.5 },
    draining: mark,
    cacheAgeMs: 1_000,
  };

  it('is read as it was written, and nothing is a fleet of nobody', () => {
    expect(decodeFleet('key', encodeFleet(state, 'one'))).toEqual(state);
    expect(phaseAt(decodeFleet('key', encodeFleet(state, 'one')), 5)).toBe('draining');
    expect(decodeFleet('key', null)).toEqual(NOTHING);
  });

  it('has a key of its own for each fleet and deployment, which every store takes', () => {
    const ids = ['v1', 'V1', 'a/b', '', 'é'.repeat(256), `${'é'.repeat(255)}e`, 'x'.repeat(256)];
    const keys = ['a', 'a==', 'a-b', 'é'.repeat(40)].flatMap((name) => [
      fleetKeyOf(name),
      ...ids.map((id) => deploymentKeyOf(name, id)),
    ]);
    expect(new Set(keys).size).toBe(4 * (1 + ids.length));
    for (const key of keys) expect(key).toMatch(/^[\w=-]{1,200}$/);
  });

  it.each([
    '',
    'null',
    '7',
    '{}',
    '{"tidegate_fleet":2}',
    encodeFleet({ ...state, draining: { ...mark, atMs: -1 } }, 'one'),
    encodeFleet({ ...state, newest: { id: '', order: 1 } }, 'one'),
  ])('that no fleet wrote is refused: %s', (value) => {
    const conflict = expect.objectContaining({ code: 'store_conflict' });
    expect(() => decodeFleet('key', value)).toThrow(conflict);
  });
});
