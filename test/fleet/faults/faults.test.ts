/**
 * Each store with three processes and its real engine, while everything around them fails once: the short
 * form of `npm run fleet:faults`. All engines run side by side, because most of the time they wait.
 *
 * @module
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { ENGINES, missingEngine } from '../engines.ts';
import { randomOf } from '../world.ts';
import { bundleWriters, FaultRun, noClocks } from './fault-run.ts';
import { judgeHistory } from './judge.ts';

const TTL_MS = 1_000;
/** Between two troubles. */
const WRITES = 100;
const SEED = Number(process.env.FLEET_SEED ?? Date.now() % 2 ** 31);
/** Tells a hang from a slow machine. */
const HUNG_MS = 400_000;

beforeAll(() => bundleWriters());

it('faketime is there, as .ci/run installs it', () => {
  expect(noClocks).toBe(undefined);
});

describe.concurrent.each(['file', ...ENGINES] as const)('%sStore()', (kind) => {
  const why = kind === 'file' ? undefined : missingEngine(kind);

  it.skipIf(why !== undefined)(
    `gives no token twice, lets no late write through, and is linearizable under every fault ${why ?? ''}`,
    async ({ expect }) => {
      const run = await FaultRun.start({ kind, ttlMs: TTL_MS, random: randomOf(SEED) });
      try {
        for (const trouble of Object.values(run.troubles)) {
          await run.writes(WRITES);
          await trouble();
        }
        const history = await run.end();
        const { accepted, refused, holders, broken } = run.resource;
        const judged = judgeHistory(history, kind, true);
        console.log(
          `${kind}, seed ${SEED}: ${accepted} writes accepted, ${refused} refused, ${holders.size} tokens, ${judged.operations} operations, ${judged.unknown} without an answer`,
        );
        expect({ broken, history: judged.broken }).toEqual({ broken: [], history: [] });
        // The faults did bite: late writes came, and the lease changed hands.
        expect(refused).toBeGreaterThan(0);
        expect(holders.size).toBeGreaterThanOrEqual(kind === 'file' ? 4 : 7);
      } finally {
        await run.remove();
      }
    },
    HUNG_MS,
  );
});
