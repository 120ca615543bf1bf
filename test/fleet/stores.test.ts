/**
 * Every store with real processes and its real engine: holders are killed and stopped, engines are
 * stopped and killed and started again. No token is ever that of two, and somebody writes again each time.
 *
 * @module
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Runtime } from '../runtime/program.ts';
import { bundleContenders, Contenders } from './contenders.ts';
import { ENGINES, Engine, missingEngine } from './engines.ts';
import type { Place } from './open.ts';

const TTL_MS = 1_000;
/** Between two troubles. */
const WRITES = 20;

beforeAll(() => bundleContenders());

const undos: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of undos.splice(0).reverse()) await undo();
});

function contend(place: Place, runtimes: readonly Runtime[]): Contenders {
  const contenders = new Contenders(place, TTL_MS);
  undos.push(() => contenders.end());
  for (const runtime of runtimes) contenders.start(runtime);
  return contenders;
}

/** Holders die, stall and leave, and each time another one writes with a greater token. */
async function trouble(contenders: Contenders): Promise<void> {
  const { resource } = contenders;
  let writer = await contenders.writerAbove(0);
  await contenders.writes(WRITES);
  writer.signal('SIGKILL');
  const killedAt = resource.highest;
  writer = await contenders.writerAbove(killedAt);
  await contenders.writes(WRITES);
  // Its clock goes on; when it wakes up, its time is over and its token too low.
  writer.signal('SIGSTOP');
  const stoppedAt = resource.highest;
  const next = await contenders.writerAbove(stoppedAt);
  writer.signal('SIGCONT');
  await contenders.until(() => writer.state === 'lost' || writer.state === 'waiting');
  next.signal('SIGTERM');
  const endedAt = resource.highest;
  await contenders.writerAbove(endedAt);
  await next.gone;
}

function judge({ resource }: Contenders): void {
  const { accepted, refused, holders, broken } = resource;
  console.log(`${accepted} writes accepted, ${refused} refused, ${holders.size} tokens`);
  expect(broken).toEqual([]);
  expect(holders.size).toBeGreaterThanOrEqual(4);
}

describe('fileStore()', () => {
  it('has one writer at a time over Node, Deno and Bun, whoever is killed and stopped', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tidegate-file-'));
    undos.push(() => rmSync(folder, { recursive: true, force: true }));
    const runtimes = ['node', 'deno', 'bun', 'deno', 'bun'] as const;
    const contenders = contend({ kind: 'file', folder }, runtimes);
    await trouble(contenders);
    judge(contenders);
  });
});

describe.each(ENGINES)('%sStore()', (kind) => {
  const why = missingEngine(kind);

  it.skipIf(why !== undefined)(
    `has one writer at a time, whoever is killed and stopped, the engine too ${why ?? ''}`,
    async () => {
      const engine = await Engine.start(kind);
      undos.push(() => engine.remove());
      const contenders = contend(engine.place, ['node', 'node', 'node', 'node', 'node']);
      await trouble(contenders);
      const alive = contenders.processes.filter(({ isGone }) => !isGone);

      engine.pause();
      await contenders.until(() => alive.every(({ state }) => state !== 'held'));
      engine.resume();
      await contenders.writes(WRITES);

      await engine.kill();
      await contenders.until(() => alive.every(({ state }) => state !== 'held'));
      await engine.resurrect();
      await contenders.writes(WRITES);
      judge(contenders);
    },
  );
});
