/**
 * The document service under load when it is killed, and when it is told to end: what was
 * acknowledged is there, what was accepted is answered, and the backup is worth its name.
 *
 * @module
 */

import { rmSync } from 'node:fs';
import Database from 'libsql';
import { afterEach, describe, expect, it } from 'vitest';
import { saysClose, Wire } from '../runtime/wire.ts';
import { DataFolder, RUNTIMES, Service } from './process.ts';

const KILLS = 20;
const SEED = Number(process.env.TIDEGATE_SEED ?? Date.now() % 1_000_000);

const folders: DataFolder[] = [];
const services: Service[] = [];

afterEach(async () => {
  for (const service of services.splice(0)) await service.kill();
  for (const folder of folders.splice(0)) folder.remove();
});

async function start(
  runtime: (typeof RUNTIMES)[number],
  data: DataFolder = new DataFolder(),
): Promise<[Service, DataFolder]> {
  folders.push(data);
  const service = await Service.start(runtime, data);
  services.push(service);
  return [service, data];
}

/** What a client knows of its own documents: the newest version that was acknowledged. */
type Acknowledged = Map<string, number>;

/** Puts one version after the other until the service is gone. */
async function writeOn(service: Service, name: string, known: Acknowledged): Promise<void> {
  for (let version = (known.get(name) ?? 0) + 1; ; version++) {
    try {
      const response = await service.put(name, `Version ${version}`, 'x'.repeat(version % 500));
      if (response.status === 503) return;
      if (!response.ok) throw new Error(`PUT said ${response.status}`);
      known.set(name, version);
    } catch (error) {
      if (error instanceof TypeError) return; // The connection is gone: not acknowledged.
      throw error;
    }
  }
}

/** What is there is what was acknowledged, or the one write after it that was under way. */
async function mustHave(service: Service, known: Acknowledged): Promise<void> {
  for (const [name, version] of known) {
    const response = await service.get(`/documents/${name}`);
    const { title } = (await response.json()) as { readonly title: string };
    const found = Number(title.replace('Version ', ''));
    expect([version, version + 1], `${name}, seed ${SEED}`).toContain(found);
    known.set(name, found);
  }
}

describe('killed with SIGKILL', () => {
  it(`${KILLS} times at random moments of a write load, it has every acknowledged write`, async () => {
    const random = randomOf(SEED);
    const known: Acknowledged = new Map();
    let [service, data] = await start('node');
    for (let round = 0; round < KILLS; round++) {
      const clients = ['a', 'b', 'c', 'd'].map((name) => writeOn(service, name, known));
      // Not before the first write of the round, or there is nothing to replay.
      const before = known.get('a') ?? 0;
      while ((known.get('a') ?? 0) === before) await sleep(1);
      await sleep(random() * 150);
      await service.kill();
      await Promise.all(clients);
      [service, data] = await start('node', data);
      const status = await (await service.admin('GET', '/admin/status')).json();
      expect(status.cold_start.wal_replay_ready_at_ms).toBeGreaterThan(0);
      expect(JSON.stringify(status.cold_start.durations_ms)).toContain('wal_replay');
      await mustHave(service, known);
    }
    const writes = [...known.values()].reduce((sum, version) => sum + version, 0);
    console.log(`seed ${SEED}: ${writes} acknowledged writes, none lost in ${KILLS} kills`);
    expect(writes).toBeGreaterThan(KILLS * 4);
  });

  it('in the middle of the first load, it loads the rest at the next boot', async () => {
    const data = new DataFolder();
    folders.push(data);
    const first = Service.launch('node', { DATA_DIR: data.path, TIDEGATE_ADMIN_TOKEN: 'x' });
    services.push(first);
    await first.seen(/load .*\d+\/2307/);
    await first.kill();
    const [service] = await start('node', data);
    expect(service.output).toContain('2307 documents');
    const found = (await (await service.get('/search?q=teletype')).json()) as {
      readonly results: readonly unknown[];
    };
    expect(found.results.length).toBeGreaterThan(0);
  });
});

describe.each(RUNTIMES)('told to end on %s', (runtime) => {
  const runs = runtime === 'node' ? 3 : 1;

  it(`by SIGTERM under load, ${runs} times: nothing acknowledged or accepted is lost`, async () => {
    for (let run = 0; run < runs; run++) {
      const [service, data] = await start(runtime);
      const known: Acknowledged = new Map();
      const lost: string[] = [];
      const clients = Array.from({ length: 8 }, (_, index) =>
        keptAlive(service.port, `kept-${index}`, known, lost),
      );
      while ([...known.values()].reduce((sum, version) => sum + version, 0) < 200) await sleep(5);
      service.signal('SIGTERM');
      const exit = await service.exit;
      await Promise.all(clients);
      expect(lost).toEqual([]);
      expect(exit).toMatchObject({ code: 0, signal: null });
      const tookMs = exit.atMs - service.seenAtMs(/^ {4}close/);
      console.log(`${runtime}: exit ${tookMs} ms after the last step`);
      // The bound is the project's promise, not a guess about the machine.
      expect(tookMs).toBeLessThan(100);
      const before = rowsOf(data.database);
      expect(rowsOf(data.backup)).toEqual(before);

      data.loseDatabase();
      const [restored] = await start(runtime, data);
      expect(restored.output).toContain('restored the backup');
      await mustHave(restored, known);
      restored.signal('SIGTERM');
      await restored.exit;
      expect(rowsOf(data.database)).toEqual(before);
    }
  });

  it('by 20 POST /admin/shutdown, SIGTERM and SIGINT at once: one flush, one report', async () => {
    const [service] = await start(runtime);
    const headers = ['authorization: Bearer a token for tests'];
    const wires = await Promise.all(Array.from({ length: 20 }, () => Wire.open(service.port)));
    const replies = wires.map((wire) =>
      wire.request('/admin/shutdown', { method: 'POST', headers }),
    );
    service.signal('SIGTERM');
    service.signal('SIGINT');
    const answers = await Promise.all(replies);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
    expect(JSON.parse(answers[0]?.body ?? '')).toMatchObject({
      ok: true,
      drained: true,
      flushed_wal: true,
      final_checkpoint: true,
      backup_uploaded: true,
    });
    expect(await service.exit).toMatchObject({ code: 0, signal: null });
    expect(service.output.match(/flush_wal/g)).toHaveLength(1);
  });
});

/** Writes over kept-alive connections until none is accepted; a request without a reply is lost. */
async function keptAlive(
  port: number,
  name: string,
  known: Acknowledged,
  lost: string[],
): Promise<void> {
  for (let version = 1; ; ) {
    let wire: Wire;
    try {
      wire = await Wire.open(port);
    } catch {
      return;
    }
    for (let open = true; open; version++) {
      const body = JSON.stringify({ title: `Version ${version}`, text: 'kept' });
      try {
        const reply = await wire.request(`/documents/${name}`, { method: 'PUT', body });
        if (reply.status === 200 || reply.status === 201) known.set(name, version);
        else if (reply.status !== 503) lost.push(`${name} ${version}: ${reply.status}`);
        open = !saysClose(reply);
      } catch (error) {
        lost.push(`${name} ${version}: ${error}`);
        open = false;
      }
    }
    wire.socket.destroy();
  }
}

/** All rows, read by another connection than the service's. */
function rowsOf(file: string): unknown[] {
  const database = new Database(file, { readonly: true });
  try {
    return database
      .prepare('SELECT id, title, text, updated_at_ms FROM documents ORDER BY id')
      .all();
  } finally {
    database.close();
    for (const suffix of ['-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
