/**
 * Fleets of real processes on Node, Deno and Bun, over a folder and over real engines: drains and shutdowns asked of one
 * by HTTP and by the command line, late joiners, deployments, and an engine that is killed.
 *
 * @module
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Phase } from '../../src/index.ts';
import { run, TOKEN } from '../cli/command.ts';
import { bundle, Program, RUNTIMES, type Runtime, type ServiceEvent } from '../runtime/program.ts';
import { Engine, type EngineKind, missingEngine } from './engines.ts';
import type { MemberOptions } from './member.ts';
import type { Place } from './open.ts';

const SOURCE = join(import.meta.dirname, 'member.ts');
/** What it is by default: processes start slowly beside others. */
const CACHE_AGE_MS = 1_000;
const SOME: readonly EngineKind[] = ['redis', 'etcd'];

beforeAll(() => bundle(SOURCE));
const undos: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of undos.splice(0).reverse()) await undo();
});

async function start(
  runtime: Runtime,
  place: Place,
  options: Partial<MemberOptions> = {},
): Promise<Program> {
  const told = { place, adminToken: TOKEN, deployment: 'v1', cacheAgeMs: CACHE_AGE_MS, ...options };
  const program = await Program.start(runtime, told, SOURCE);
  undos.push(() => program.kill());
  return program;
}

function folder(): Place {
  const path = mkdtempSync(join(tmpdir(), 'tidegate-fleet-'));
  undos.push(() => rmSync(path, { recursive: true, force: true }));
  return { kind: 'file', folder: path };
}

const urlOf = ({ port }: Program): string => `http://127.0.0.1:${port}`;

async function call(
  program: Program,
  method: string,
  path: string,
): Promise<Record<string, unknown>> {
  const headers = { authorization: `Bearer ${TOKEN}` };
  const response = await fetch(`${urlOf(program)}${path}`, { method, headers });
  return (await response.json()) as Record<string, unknown>;
}

/** The first event that is so, past or to come. */
async function heard(
  program: Program,
  event: string,
  isSo: (event: ServiceEvent) => boolean = () => true,
): Promise<ServiceEvent> {
  while (true) {
    const found = program.all(event).find(isSo);
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const refusedBy = (program: Program, reason: string | null): Promise<ServiceEvent> =>
  heard(program, 'gate', (event) => event.reason === reason);

/** A drain that is asked of the first one, and then a process that comes late, and a shutdown. */
async function drainAndShutDown(
  members: readonly Program[],
  late: () => Promise<Program>,
): Promise<void> {
  const [first] = members;
  if (first === undefined) return;
  for (const each of members) await heard(each, 'writes');
  expect(await call(first, 'POST', '/fleet/drain')).toMatchObject({
    ok: true,
    phase: 'draining',
    deployment: 'v1',
    changed: true,
  });
  const drainedAtMs = Date.now();
  const ends = await Promise.all(members.map((each) => refusedBy(each, 'draining')));
  const [last] = ends.map(({ atMs }) => Math.round(atMs - drainedAtMs)).sort((a, b) => b - a);
  console.log(`${members.length} processes: the last write is refused ${last} ms after the answer`);
  for (const each of members) {
    // On a busy machine an answer may be late, and the next one is not.
    let seen = await call(each, 'GET', '/health/ready');
    while (!(seen.fleet as { reachable: boolean }).reachable) {
      seen = await call(each, 'GET', '/health/ready');
    }
    expect(seen).toMatchObject({
      status: 'ready',
      phase: 'draining',
      fleet: { phase: 'draining', deployment: 'v1' },
    });
  }
  const joined = await late();
  expect(await heard(joined, 'follows')).toMatchObject({ phase: 'draining' });
  expect(await refusedBy(joined, 'draining')).toBeDefined();
  expect(joined.all('writes')).toEqual([]);

  await call(joined, 'POST', '/fleet/shutdown');
  for (const each of [...members, joined]) {
    expect(await each.exit).toMatchObject({ code: 0 });
    expect(each.all('step')).toHaveLength(1);
    expect(each.all('phase').at(-1)).toMatchObject({ to: Phase.Stopped });
  }
}

describe('a fleet over a folder', () => {
  it('drains and shuts down as one, over Node, Deno and Bun, and who comes late joins drained', async () => {
    const place = folder();
    const members = await Promise.all(RUNTIMES.map((runtime) => start(runtime, place)));
    await drainAndShutDown(members, () => start('node', place));
  });

  it('a process that is still starting drains right after Ready; a newer deployment starts afresh', async () => {
    const place = folder();
    const [first, starting] = await Promise.all([
      start('node', place),
      start('bun', place, { isStarting: true }),
    ]);
    await heard(first, 'writes');
    await heard(starting, 'follows');
    await call(first, 'POST', '/fleet/drain');
    await heard(starting, 'fleet', ({ phase }) => phase === 'draining');
    expect((await fetch(`${urlOf(starting)}/ready`, { method: 'POST' })).status).toBe(200);
    await refusedBy(starting, 'draining');
    expect(starting.all('writes')).toEqual([]);
    const next = await start('deno', place, { deployment: 'v2' });
    await heard(next, 'writes');
    expect(await call(first, 'GET', '/fleet/status')).toMatchObject({
      newest: 'v2',
      phase: 'ready',
    });
  });

  it.each(RUNTIMES)('is told by the command line on %s', async (runtime) => {
    const place = folder();
    const [one, other] = [await start('node', place), await start('node', place)];
    await Promise.all([heard(one, 'writes'), heard(other, 'writes')]);
    const fleet = (...words: string[]) => run(runtime, ['fleet', ...words]);
    const status = await fleet('status', urlOf(one));
    expect(status).toMatchObject({ code: 0, stdout: 'v1: ready\n', stderr: '' });
    const unknown = await fleet('drain', urlOf(one), '--deployment', 'v0');
    expect(unknown).toMatchObject({ code: 1, stderr: '' });
    expect(unknown.stdout).toMatch(/no such deployment/);
    const drained = await fleet('drain', urlOf(one), '--deployment', 'v1');
    expect(drained.code).toBe(0);
    expect(drained.stdout).toMatch(/^v1: draining, settled in \S+ m?s\n$/);
    await refusedBy(other, 'draining');
    const again = await fleet('drain', urlOf(other), '--json');
    expect(JSON.parse(again.stdout)).toMatchObject({ phase: 'draining', changed: false });
    const wrong = await run(runtime, ['fleet', 'shutdown', urlOf(one)], { token: 'wrong-secret' });
    expect(wrong).toMatchObject({ code: 4, stderr: 'tidegate: The token is wrong\n' });
    expect(await fleet('shutdown', urlOf(one))).toMatchObject({ code: 0, stderr: '' });
    for (const each of [one, other]) expect(await each.exit).toMatchObject({ code: 0 });
    expect(await fleet('status', urlOf(one))).toMatchObject({ code: 3, stdout: '' });
  });
});

describe.each(SOME)('a fleet over %s', (kind) => {
  const why = missingEngine(kind);

  it.skipIf(why !== undefined)(
    `drains and shuts down as one; while the engine is gone it refuses writes by lease_lost ${why ?? ''}`,
    async () => {
      const engine = await Engine.start(kind);
      undos.push(() => engine.remove());
      const runtimes: readonly Runtime[] = ['node', 'node', 'node'];
      const members = await Promise.all(runtimes.map((runtime) => start(runtime, engine.place)));
      for (const each of members) await heard(each, 'writes');
      await engine.kill();
      const killedAtMs = Date.now();
      const lost = await Promise.all(
        members.map((each) =>
          heard(each, 'gate', ({ reason, atMs }) => reason === 'lease_lost' && atMs >= killedAtMs),
        ),
      );
      const [last] = lost.map(({ atMs }) => Math.round(atMs - killedAtMs)).sort((a, b) => b - a);
      console.log(`${kind}: the last write is refused ${last} ms after it was killed`);
      const [first] = members;
      expect(first && (await call(first, 'GET', '/health/ready'))).toMatchObject({
        status: 'ready',
        fleet: { reachable: false, phase: 'ready' },
      });
      await engine.resurrect();
      for (const each of members) {
        const { atMs } = lost[members.indexOf(each)] ?? { atMs: 0 };
        await heard(each, 'gate', (event) => event.reason === null && event.atMs > atMs);
      }
      await drainAndShutDown(members, () => start('node', engine.place));
    },
  );
});
