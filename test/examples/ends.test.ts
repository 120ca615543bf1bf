/**
 * The document service told to end, under load and at awkward moments: what was acknowledged is
 * there, what was accepted is answered, and the backup is worth its name. Kills are another file's.
 *
 * @module
 */

import { afterEach, describe, expect, it } from 'vitest';
import { saysClose, Wire } from '../runtime/wire.ts';
import { DataFolder, RUNTIMES, Service, TOKEN } from './process.ts';
import { keepReading, rowsOf } from './rows.ts';

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

/** Nobody was killed, so every write was answered: what is there is what was acknowledged. */
async function mustHave(service: Service, known: Acknowledged): Promise<void> {
  for (const [name, version] of known) {
    const response = await service.get(`/documents/${name}`);
    const { title } = (await response.json()) as { readonly title: string };
    const found = Number(title.replace('Version ', ''));
    expect(found, name).toBe(version);
  }
}

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
      // By the service's own clock, and by when its last step was seen here: the longer of the two.
      const [, stoppedAt = ''] = await service.seen(/stopped at (\S+Z)/);
      const lastStepMs = Math.min(Date.parse(stoppedAt), service.seenAtMs(/^ {4}backup/));
      const tookMs = exit.atMs - lastStepMs;
      console.log(`${runtime}: exit ${tookMs} ms after the last step`);
      const before = rowsOf(data.database);
      expect(before.length).toBe(2307 + known.size);
      expect(rowsOf(data.backup)).toEqual(before);

      data.loseDatabase();
      const [restored] = await start(runtime, data);
      expect(restored.output).toContain('restored the backup');
      await mustHave(restored, known);
      restored.signal('SIGTERM');
      await restored.exit;
      expect(rowsOf(data.database)).toEqual(before);
      // No promise of a time: Node would wait so long for a connection that is idle, or longer.
      expect(tookMs).toBeLessThan(4_000);
    }
  });

  it('by 20 POST /admin/shutdown, SIGTERM and SIGINT at once: one flush, one report', async () => {
    const [service] = await start(runtime);
    const headers = [`authorization: Bearer ${TOKEN}`];
    const wires = await Promise.all(Array.from({ length: 20 }, () => Wire.open(service.port)));
    const beganMs = performance.now();
    const replies = wires.map((wire) =>
      wire.request('/admin/shutdown', { method: 'POST', headers }),
    );
    service.signal('SIGTERM');
    service.signal('SIGINT');
    console.log(`${runtime}: all asked within ${(performance.now() - beganMs).toFixed(1)} ms`);
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

/** The first half of a write; the connection waits for the rest. */
async function halfAnUpload(service: Service, id: string): Promise<{ wire: Wire; rest: string }> {
  const body = JSON.stringify({ title: id, text: 'a slow upload' });
  const wire = await Wire.open(service.port);
  const head = `PUT /documents/${id} HTTP/1.1\r\nhost: here\r\ncontent-length: ${body.length}`;
  wire.write(`${head}\r\n\r\n${body.slice(0, 10)}`);
  const underWay = /in_flight\{kind="write"\} 1/;
  while (!underWay.test(await (await service.get('/metrics')).text())) await sleep(5);
  return { wire, rest: body.slice(10) };
}

describe('asked to end at an awkward moment', () => {
  it('it waits for an upload that had begun, and keeps it', async () => {
    const [service, data] = await start('node');
    const { wire, rest } = await halfAnUpload(service, 'slow');
    service.signal('SIGTERM');
    await service.seen(/draining: 1 write under way/);
    await sleep(100);
    expect(service.output).not.toContain('flush_wal');
    wire.write(rest);
    expect((await wire.read()).status).toBe(201);
    expect((await service.exit).code).toBe(0);
    expect(rowsOf(data.backup).filter(({ id }) => id === 'slow')).toHaveLength(1);
  });

  it('it gives up an upload that stalls, and ends clean', async () => {
    const [service, data] = await start('node');
    const { wire } = await halfAnUpload(service, 'stalled');
    service.signal('SIGTERM');
    expect((await wire.read()).status).toBe(408);
    expect((await service.exit).code).toBe(0);
    expect(rowsOf(data.database).filter(({ id }) => id === 'stalled')).toEqual([]);
  });

  it('Ctrl-C and another a while later end it at once with 130; the next boot has everything', async () => {
    const [service, data] = await start('node');
    expect((await service.put('kept', 'Kept', 'text')).status).toBe(201);
    await halfAnUpload(service, 'never');
    service.signal('SIGINT');
    await service.seen(/draining/);
    await sleep(300);
    service.signal('SIGINT');
    expect(await service.exit).toMatchObject({ code: 130, signal: null });
    expect(service.output).not.toContain('flush_wal');
    const [next] = await start('node', data);
    expect(next.output).toMatch(/wal_replay +\d+ ms/);
    expect((await next.get('/documents/kept')).status).toBe(200);
  });

  it('Ctrl-C doubled by a terminal is one', async () => {
    const [service] = await start('node');
    service.signal('SIGINT');
    service.signal('SIGINT');
    expect(await service.exit).toMatchObject({ code: 0, signal: null });
    expect(service.output.match(/flush_wal/g)).toHaveLength(1);
  });

  it('in the middle of the boot it ends with 0, and the next boot goes on', async () => {
    const data = new DataFolder();
    folders.push(data);
    const service = Service.launch('node', { DATA_DIR: data.path });
    services.push(service);
    await service.seen(/load +\d+ %/);
    service.signal('SIGTERM');
    expect((await service.exit).code).toBe(0);
    expect(service.output).toMatch(/had not ended/);
    expect(service.output).not.toMatch(/try/);
    const [next] = await start('node', data);
    expect(next.output).toContain('2307 documents');
  });

  it.each(RUNTIMES)(
    'with nobody reading its output it backs up all the same, on %s',
    async (runtime) => {
      const [service, data] = await start(runtime);
      expect((await service.put('unread', 'Unread', 'text')).status).toBe(201);
      service.stopReading();
      service.signal('SIGTERM');
      expect((await service.exit).code).toBe(0);
      expect(rowsOf(data.backup).filter(({ id }) => id === 'unread')).toHaveLength(1);
    },
  );
});

describe.each(RUNTIMES)('told to end while the flush hangs, on %s', (runtime) => {
  it('it is ended by its budget, blocked as it is, and has kept what it acknowledged', async () => {
    // Below the 5 s that SQLite waits, and far above what the loop's silence takes to be told.
    const budgetMs = 2_500;
    const data = new DataFolder();
    folders.push(data);
    const environment = { SHUTDOWN_BUDGET_MS: String(budgetMs) };
    const service = await Service.start(runtime, data, environment);
    services.push(service);
    using _reader = keepReading(data.database);
    expect((await service.put('kept', 'Kept', 'text')).status).toBe(201);
    const sentAtMs = Date.now();
    service.signal('SIGTERM');
    await service.seen(/draining/);
    // SQLite waits for the reader, and with it the whole loop, for longer than the budget.
    let live: Record<string, unknown> = {};
    while (live.loop !== 'blocked' || live.phase !== 'shutting_down') {
      live = (await (await service.probe('/health/live')).json()) as Record<string, unknown>;
    }
    expect(live.status).toBe('alive');
    const { code, signal, atMs } = await service.exit;
    const lateMs = atMs - sentAtMs - budgetMs;
    console.log(`${runtime}: ended ${lateMs} ms after its budget`);
    expect([code, signal]).toEqual([null, 'SIGKILL']);
    expect(service.output).not.toMatch(/flush_wal +/);
    const [next] = await start(runtime, data);
    expect((await next.get('/documents/kept')).status).toBe(200);
    // Not before the budget; and not after the 5 s of SQLite, when the step would have shown its end.
    expect(lateMs).toBeGreaterThanOrEqual(-1);
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
        if (!open) break;
        const query = await wire.request('/search?q=unix');
        if (query.status !== 200 && query.status !== 503) lost.push(`search: ${query.status}`);
        open = !saysClose(query);
      } catch (error) {
        lost.push(`${name} ${version}: ${error}`);
        open = false;
      }
    }
    wire.socket.destroy();
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
