/**
 * What a lease costs its store, and how long nobody holds it: exactly, in the simulated world, where times
 * are true; and counted by a real engine. How long it takes on real machines is measured by
 * `npm run fleet:faults`.
 *
 * @module
 */

import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { lease, redisStore } from '../../src/fleet.ts';
import { Lifecycle } from '../../src/index.ts';
import * as engines from './engines.ts';
import { Engine, type Faults, Process, World } from './world.ts';

/** The default of the stores. */
const POLL_MS = 75;
const NO_FAULTS: Faults = { lost: 0, repeated: 0, slow: 0, slowMs: 0 };

interface Scene {
  readonly world: World;
  readonly engine: Engine;
  readonly processes: readonly Process[];
}

/** So many processes that contend, started one after the other. */
function scene(seed: number, count: number, ttlMs: number, faults = NO_FAULTS): Scene {
  const world = new World(seed);
  const engine = new Engine();
  const processes = Array.from({ length: count }, (_, index) => {
    return new Process(world, engine, faults, `p${index}`, ttlMs, POLL_MS);
  });
  return { world, engine, processes };
}

function holderOf({ processes }: Scene): Process | undefined {
  return processes.find(({ isDead, contender }) => !isDead && contender.state === 'held');
}

/** Who holds it first from now on, and when. */
async function heldFrom(
  playing: Scene,
  limitMs: number,
): Promise<{ by: Process | undefined; atMs: number }> {
  const { world } = playing;
  let held: { by: Process; atMs: number } | undefined;
  await world.play(world.nowMs + limitMs, () => {
    const by = holderOf(playing);
    if (by !== undefined) held ??= { by, atMs: world.nowMs };
  });
  return held ?? { by: undefined, atMs: Number.POSITIVE_INFINITY };
}

describe('an idle holder', () => {
  it.each([
    { network: 'quick', faults: NO_FAULTS },
    { network: 'slow', faults: { ...NO_FAULTS, slow: 1, slowMs: 900 } },
  ])(
    'makes at most four requests in a time to live, over a $network network',
    async ({ faults }) => {
      const ttlMs = 15_000;
      const rounds = 200;
      const playing = scene(1, 1, ttlMs, faults);
      const { world, engine } = playing;
      await world.play(ttlMs, () => {});
      expect(holderOf(playing)).toBeDefined();
      const before = engine.asked.reads + engine.asked.swaps;
      await world.play(world.nowMs + rounds * ttlMs, () => {});
      const asked = engine.asked.reads + engine.asked.swaps - before;
      expect(asked).toBeLessThanOrEqual(4 * rounds);
      // It did renew.
      expect(asked).toBeGreaterThan(2 * rounds);
      expect(engine.asked.reads).toBe(1);
    },
  );
});

describe('a thousand that wait', () => {
  it('read once in each interval of the store, and write nothing', async () => {
    const playing = scene(1, 1_001, 15_000);
    const { world, engine } = playing;
    await world.play(1_000, () => {});
    const { reads, swaps } = engine.asked;
    const seconds = 1;
    await world.play(world.nowMs + 1_000 * seconds, () => {});
    const asked = engine.asked.reads - reads;
    console.log(`1000 that wait: ${asked / seconds} reads a second`);
    // Each waits for at least three quarters of the interval.
    expect(asked).toBeLessThanOrEqual(1_000 * Math.ceil((1_000 * seconds) / (0.75 * POLL_MS)));
    expect(asked).toBeGreaterThan(1_000 * seconds * 5);
    // None but those of the holder.
    expect(engine.asked.swaps - swaps).toBeLessThanOrEqual(1);
  });
});

describe('the lease is held again', () => {
  it.each([1_000, 15_000, 60_000])(
    'within its time to live of %i ms and a second, after a holder has died at any moment',
    async (ttlMs) => {
      for (let seed = 1; seed <= 5; seed++) {
        const playing = scene(seed, 3, ttlMs);
        const { world } = playing;
        await world.play(ttlMs + world.between(0, ttlMs), () => {});
        const holder = holderOf(playing);
        if (holder === undefined) throw new Error('Nobody holds it');
        holder.isDead = true;
        const diedAtMs = world.nowMs;
        const { by, atMs } = await heldFrom(playing, ttlMs + 2_000);
        expect(by).toBeDefined();
        expect(atMs - diedAtMs).toBeLessThanOrEqual(ttlMs + 1_000);
      }
    },
  );

  it('within a tenth of a second after it was given back', async () => {
    for (let seed = 1; seed <= 30; seed++) {
      const playing = scene(seed, 3, 15_000);
      const { world, engine } = playing;
      await world.play(world.between(1_000, 20_000), () => {});
      const holder = holderOf(playing);
      let isKnown = false;
      void holder?.contender.giveBack(5_000).then((known) => {
        isKnown = known;
      });
      const { swaps } = engine.asked;
      const releasedAtMs = world.nowMs;
      const { by, atMs } = await heldFrom(playing, 1_000);
      expect({ seed, isKnown, isOther: by !== holder }).toEqual({
        seed,
        isKnown: true,
        isOther: true,
      });
      expect(atMs - releasedAtMs).toBeLessThanOrEqual(100);
      expect(engine.asked.swaps).toBeGreaterThan(swaps);
    }
  });
});

const undos: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of undos.splice(0).reverse()) await undo();
});

describe('counted by Redis', () => {
  const why = engines.missingEngine('redis');

  it.skipIf(why !== undefined)(
    `an idle holder asks once for each renewal, and not at all for permits ${why ?? ''}`,
    async () => {
      const ttlMs = 3_000;
      const engine = await engines.Engine.start('redis');
      undos.push(() => engine.remove());
      const [mine, theirs] = [1, 2].map(() => {
        const client = new Redis({ host: '127.0.0.1', port: engine.place.port ?? 0 });
        undos.push(() => client.disconnect());
        return client;
      }) as [Redis, Redis];
      const lifecycle = Lifecycle.create();
      lifecycle.markReady();
      const writer = await lease(lifecycle, { store: redisStore(theirs), name: 'writer', ttlMs });
      undos.push(() => writer.release());
      expect(writer.state).toBe('held');
      const look = async (): Promise<{ asked: number; renewed: number }> => {
        const stats = await mine.info('commandstats');
        const [, calls] = /cmdstat_eval:calls=(\d+)/.exec(stats) ?? [];
        const [, renewed] =
          /"sequence":(\d+)/.exec((await mine.get('tidegate:lease-writer')) ?? '') ?? [];
        return { asked: Number(calls), renewed: Number(renewed) };
      };
      const first = await look();
      const began = performance.now();
      let last = first;
      while (last.renewed < first.renewed + 4) {
        for (let count = 0; count < 1_000; count++) lifecycle.gate.run('write', () => {});
        await new Promise((resolve) => setTimeout(resolve, 20));
        last = await look();
      }
      const renewals = last.renewed - first.renewed;
      expect(last.asked - first.asked).toBe(renewals);
      // No more often than three times in each time to live: timers are not early by more than a part.
      expect(performance.now() - began).toBeGreaterThan((renewals - 1) * (ttlMs / 3) * 0.95);
    },
  );
});
