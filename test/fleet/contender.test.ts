/**
 * What a lease promises, over thousands of simulated lives: no two hold it at once, no two have the same
 * token, tokens grow, and it finds a holder once the faults are over. A seed replays.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import { decodeRecord, encodeRecord, keyOf } from '../../src/fleet/record.ts';
import { Engine, type Faults, Process, World } from './world.ts';

const TTL_MS = 3_000;
/** What an engine that says so forgets at most: less than a lease counts on. */
const FORGOTTEN_MS = 2_900;
const PROCESSES = 4;
/** Faults until here, and then time enough to find a holder. */
const FAULTS_UNTIL_MS = 40_000;
const END_MS = 60_000;
const SEEDS = Number(process.env.FLEET_SEEDS ?? 60);
const FIRST_SEED = Number(process.env.FLEET_SEED ?? 1);

interface Life {
  /** The name of each holder, by its token, in the order of the tokens' first use. */
  readonly holders: Map<number, string>;
  /** What went against a promise. */
  readonly broken: string[];
  readonly held: string[];
}

/** Plays one life. `isForgetful`: the engine loses the end of what it has acknowledged. */
async function live(seed: number, isForgetful = false): Promise<Life> {
  const world = new World(seed);
  const engine = new Engine();
  const faults: Faults = { lost: 0, repeated: 0.05, slow: 0, slowMs: 3 * TTL_MS };
  const life: Life = { holders: new Map(), broken: [], held: [] };
  const processes: Process[] = [];
  let born = 0;
  const bear = (): void => {
    born += 1;
    processes.push(new Process(world, engine, faults, `p${born}`, TTL_MS));
  };
  for (let count = 0; count < PROCESSES; count++) world.in(world.between(0, 100), bear);

  const trouble = (): void => {
    if (world.nowMs > FAULTS_UNTIL_MS) {
      Object.assign(faults, { lost: 0, slow: 0, repeated: 0 });
      return;
    }
    faults.lost = world.random() < 0.5 ? 0 : world.between(0, 0.7);
    faults.slow = world.random() < 0.5 ? 0 : world.between(0, 0.6);
    const alive = processes.filter(({ isDead }) => !isDead);
    const holder = alive.find(({ contender }) => contender.state === 'held');
    const victim = world.random() < 0.7 ? holder : alive[Math.floor(world.random() * alive.length)];
    const dice = world.random();
    if (dice < 0.3) victim?.stall(world.between(0, 2.5 * TTL_MS));
    else if (dice < 0.4 && victim !== undefined) {
      victim.isDead = true;
      bear();
    } else if (dice < 0.5) void victim?.contender.giveBack(TTL_MS).then(bear);
    else if (dice < 0.6 && isForgetful) engine.forget(world.nowMs - world.between(0, FORGOTTEN_MS));
    world.in(world.between(0, TTL_MS), trouble);
  };
  trouble();

  await world.play(END_MS, () => {
    const holding = processes.filter(
      ({ isDead, contender }) => !isDead && contender.state === 'held',
    );
    life.held.splice(0, Infinity, ...holding.map(({ name }) => name));
    if (holding.length > 1) life.broken.push(`at ${world.nowMs}: ${life.held} hold it`);
    for (const { name, contender } of holding) {
      const { token } = contender;
      if (token === null) continue;
      const known = life.holders.get(token);
      if (known === name) continue;
      if (known !== undefined) life.broken.push(`${known} and ${name} have token ${token}`);
      if (token <= Math.max(0, ...life.holders.keys())) {
        life.broken.push(`${name} has token ${token}, which is not above those before it`);
      }
      life.holders.set(token, name);
    }
  });
  return life;
}

describe('over many simulated lives', () => {
  it.each([
    { engine: 'an engine that is durable', isForgetful: false },
    {
      engine: 'an engine that forgets the end of what it acknowledged, and says so',
      isForgetful: true,
    },
  ])(
    'no two hold the lease at once or have the same token, with $engine',
    async ({ isForgetful }) => {
      let changes = 0;
      for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
        const { broken, holders, held } = await live(seed, isForgetful);
        expect({ seed, broken }).toEqual({ seed, broken: [] });
        expect({ seed, holding: held.length }).toEqual({ seed, holding: 1 });
        changes += holders.size;
      }
      // The faults did bite: the lease changed hands several times in every life.
      expect(changes).toBeGreaterThan(3 * SEEDS);
      console.log(`${SEEDS} lives, ${changes} changes of holder`);
    },
  );
});

describe('a record', () => {
  const record = { token: 7, id: 'one', sequence: 3, holder: 'me', ttlMs: 15_000 };

  it('is read as it was written', () => {
    expect(decodeRecord('key', encodeRecord(record))).toEqual(record);
  });

  it.each(['', 'null', '7', '{}', '{"tidegate_lease":2}', encodeRecord({ ...record, token: 0.5 })])(
    'that no lease wrote is refused: %s',
    (value) => {
      expect(() => decodeRecord('key', value)).toThrow(
        expect.objectContaining({ code: 'store_conflict' }),
      );
    },
  );

  it('has a key of its own for each name, in letters that every store takes', () => {
    const names = ['writer', 'Writer', 'a/b', 'a.b', 'a=2fb', 'é', '*', ' '];
    const keys = names.map(keyOf);
    expect(new Set(keys).size).toBe(names.length);
    for (const key of keys) expect(key).toMatch(/^[\w=-]+$/);
    // A file of it has 38 characters more.
    const long = ['é'.repeat(40), `${'é'.repeat(39)}ê`].map(keyOf);
    expect(new Set(long).size).toBe(2);
    for (const key of long) expect(key.length).toBeLessThan(255 - 38);
  });
});
