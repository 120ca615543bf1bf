/**
 * The document service is killed without a warning, and boots again: real processes, kill -9.
 *
 * @module
 */

import { writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { Journal, seeded } from './journal.ts';
import { DataFolder, RUNTIMES, type Runtime, Service } from './process.ts';
import { checkDatabase, rowsOf } from './rows.ts';

/** The promise is for Node; the others show that the same source keeps it there, too. */
const KILLS = { node: 24, deno: 4, bun: 4 } as const;
const CLIENTS = 4;
const IDS_EACH = 12;
const LONGEST_MS = 300;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const SEED = Number(process.env.TEST_SEED ?? Date.now() % 1_000_000);

const folders: DataFolder[] = [];
const services: Service[] = [];

function newFolder(): DataFolder {
  const folder = new DataFolder();
  folders.push(folder);
  return folder;
}

async function ready(folder: DataFolder, runtime: Runtime = 'node'): Promise<Service> {
  const service = await Service.start(runtime, folder);
  services.push(service);
  return service;
}

/** All documents, without the times at which they were loaded. */
function contents({ database }: DataFolder): [string, string, string][] {
  return rowsOf(database).map(({ id, title, text }) => [id, title, text]);
}

async function stop(service: Service): Promise<void> {
  service.signal('SIGTERM');
  expect((await service.exit).code).toBe(0);
}

afterEach(async () => {
  for (const service of services.splice(0)) await service.kill();
  for (const folder of folders.splice(0)) folder.remove();
});

/** Writes and removes one document after the other, until the service is gone. */
async function client(
  service: Service,
  name: string,
  journal: Journal,
  random: () => number,
): Promise<void> {
  for (let count = 0; ; count++) {
    const id = `${name}-${Math.floor(random() * IDS_EACH)}`;
    const isRemoval = random() < 0.15;
    const text = isRemoval ? undefined : `${count} ${'word '.repeat(Math.floor(random() * 200))}`;
    journal.sends(id, text);
    try {
      const response = await fetch(service.url(`/documents/${id}`), {
        method: isRemoval ? 'DELETE' : 'PUT',
        ...(isRemoval ? {} : { body: JSON.stringify({ title: id, text }) }),
      });
      // The whole answer is the acknowledgement.
      await response.arrayBuffer();
      if (response.ok) journal.acknowledges(id);
      else if (response.status === 404) journal.refuses(id);
      else throw new Error(`Got ${response.status}`);
    } catch (error) {
      if (error instanceof TypeError) return;
      throw error;
    }
  }
}

/** As `/metrics` has them: milliseconds by name. */
async function stagesOf(service: Service): Promise<Map<string, number>> {
  const text = await (await service.get('/metrics')).text();
  const lines = text.matchAll(/^tidegate_cold_start_phase_seconds\{phase="(\w+)"\} (\S+)$/gm);
  return new Map([...lines].map(([, name = '', value]) => [name, Number(value) * 1000]));
}

async function documentsOf(service: Service, ids: readonly string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const id of ids) {
    const response = await service.get(`/documents/${id}`);
    const { text } = (await response.json()) as { text?: string };
    if (response.status === 200 && text !== undefined) found.set(id, text);
    else if (response.status !== 404) throw new Error(`Got ${response.status}`);
  }
  return found;
}

describe('after a kill -9', () => {
  it.each(RUNTIMES)(
    'every acknowledged write is there, and the replay shows in the cold start, on %s',
    async (runtime) => {
      const kills = KILLS[runtime];
      const random = seeded(SEED);
      const journal = new Journal();
      const folder = newFolder();
      const replayMs: number[] = [];
      let service = await ready(folder, runtime);
      for (let kill = 1; kill <= kills; kill++) {
        const clients = Array.from({ length: CLIENTS }, (_, index) =>
          client(service, `client-${index}`, journal, seeded(SEED + kill * CLIENTS + index)),
        );
        await sleep(random() * LONGEST_MS);
        await service.kill();
        expect((await service.exit).signal).toBe('SIGKILL');
        await Promise.all(clients);

        service = await ready(folder, runtime);
        const stages = await stagesOf(service);
        expect([...stages.keys()], `kill ${kill}`).toContain('wal_replay');
        expect(service.output).toMatch(/wal_replay\s+\d+ ms/);
        replayMs.push(stages.get('wal_replay') ?? 0);
        const found = await documentsOf(service, journal.ids);
        expect(journal.wrong(found), `kill ${kill}, seed ${SEED}`).toEqual([]);
      }
      const status = (await (await service.admin('GET', '/admin/status')).json()) as {
        cold_start: { wal_replay_started_at_ms: number; durations_ms: [string, number][] };
      };
      expect(status.cold_start.wal_replay_started_at_ms).toBeGreaterThan(0);
      expect(status.cold_start.durations_ms.map(([name]) => name)).toContain('wal_replay');
      await stop(service);
      checkDatabase(folder.database);
      const slowest = Math.max(...replayMs);
      console.log(
        `kill -9 on ${runtime}, seed ${SEED}: ${kills} kills, ${journal.acknowledged} writes acknowledged, none lost; ` +
          `replay at most ${slowest} ms`,
      );
      expect(journal.acknowledged).toBeGreaterThan(kills);
    },
  );

  it('at a random moment of the first boot, the next boots finish it', async () => {
    console.log(`kill -9 while it boots: seed ${SEED}`);
    const random = seeded(SEED);
    const whole = newFolder();
    const first = await ready(whole);
    await stop(first);
    const folder = newFolder();
    for (let kill = 0; kill < 6; kill++) {
      const service = Service.launch('node', { DATA_DIR: folder.path });
      services.push(service);
      await service.seen(/answers its probes/);
      await sleep(random() * 150);
      await service.kill();
    }
    const service = await ready(folder);
    await stop(service);
    checkDatabase(folder.database);
    expect(contents(folder)).toEqual(contents(whole));
  });

  it('while it restores the backup, the next boot has all of it', async () => {
    const folder = newFolder();
    const first = await ready(folder);
    expect((await first.put('mine', 'Mine', 'my text')).status).toBe(201);
    await stop(first);
    const rows = rowsOf(folder.backup);
    // What such a kill leaves: half a copy that has not got its name yet.
    folder.loseDatabase();
    writeFileSync(`${folder.database}.part`, 'SQLite format 3 and nothing else');
    const second = await ready(folder);
    expect([...(await stagesOf(second)).keys()]).toContain('restore');
    await stop(second);
    expect(rowsOf(folder.database)).toEqual(rows);
  });
});
