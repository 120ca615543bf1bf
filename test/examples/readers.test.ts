/**
 * The document service with its reader threads, while they die in the middle of queries, crash and
 * hang, and while the main loop is blocked. Real threads of a real process; Node only, since the
 * other runtimes serve with one thread.
 *
 * @module
 */

import { afterEach, describe, expect, it } from 'vitest';
import { DataFolder, RUNTIMES, type Runtime, Service } from './process.ts';

/** A search that nearly every document matches: long enough to die in. */
const HEAVY = '/search?limit=50&q=the';
const CLIENTS = 4;
/** Readers that die under load. */
const DEATHS = 12;
/** The main thread and the probe thread. */
const OTHERS = 2;

const folders: DataFolder[] = [];
const services: Service[] = [];

afterEach(async () => {
  for (const service of services.splice(0)) await service.kill();
  for (const folder of folders.splice(0)) folder.remove();
});

async function start(workers: number, runtime: Runtime = 'node'): Promise<Service> {
  const data = new DataFolder();
  folders.push(data);
  const environment = { WORKERS: String(workers) };
  const service = await Service.start(runtime, data, environment, runtime === 'node');
  services.push(service);
  return service;
}

/** A number of the probe thread's metrics. */
async function metric(service: Service, line: string): Promise<number> {
  const text = await (await service.probe('/metrics')).text();
  const found = text.split('\n').find((each) => each.startsWith(`${line} `));
  return Number(found?.slice(line.length + 1));
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(10);
}

const members = (service: Service): Promise<number> => metric(service, 'tidegate_members');
const queries = (service: Service): Promise<number> =>
  metric(service, 'tidegate_in_flight{kind="query"}');

/** Clients that search until they are told to stop; what they were answered, by status. */
class Crowd {
  readonly answers: Map<number, number> = new Map();
  readonly #clients: Promise<unknown>;
  readonly #turns: number[] = Array.from({ length: CLIENTS }, () => 0);
  #goesOn = true;

  constructor(service: Service, paths: readonly string[]) {
    this.#clients = Promise.all(
      this.#turns.map(async (_, client) => {
        for (let turn = client; this.#goesOn; turn++) {
          const response = await service.get(paths[turn % paths.length] ?? '');
          await response.arrayBuffer();
          this.answers.set(response.status, (this.answers.get(response.status) ?? 0) + 1);
          this.#turns[client] = (this.#turns[client] ?? 0) + 1;
        }
      }),
    );
  }

  /** Until each client has had an answer to what it asked after this call; fails as soon as one does. */
  async round(): Promise<void> {
    const before = [...this.#turns];
    const isRound = (): boolean =>
      this.#turns.every((turns, client) => turns >= (before[client] ?? 0) + 2);
    await Promise.race([this.#clients, until(async () => isRound())]);
  }

  async stop(): Promise<void> {
    this.#goesOn = false;
    await this.#clients;
  }
}

async function stopsClean(service: Service): Promise<void> {
  service.signal('SIGTERM');
  expect(await service.exit).toMatchObject({ code: 0, signal: null });
  expect(service.output).toMatch(/: clean; every write was finished/);
}

describe('a reader', () => {
  it(`that dies under load, ${DEATHS} times, costs nobody an answer and leaves no permit`, async () => {
    const service = await start(2);
    const crowd = new Crowd(service, [HEAVY, '/documents/foo']);
    let inQuery = 0;
    for (let death = 0; death < DEATHS; death++) {
      const reader = death % 2;
      await until(async () => (await queries(service)) > 0);
      if (death % 4 === 3) await service.sabotage('crash', { reader });
      else {
        inQuery += Number((await queries(service)) > 0);
        await service.sabotage('terminate', { reader });
      }
      await crowd.round();
      await until(async () => (await members(service)) === OTHERS + 2);
    }
    await crowd.stop();
    console.log(`${DEATHS} readers died, ${inQuery} while queries ran: ${[...crowd.answers]}`);
    expect([...crowd.answers.keys()]).toEqual([200]);
    expect(inQuery).toBeGreaterThan(0);
    expect(await queries(service)).toBe(0);
    await stopsClean(service);
  });

  it('that is the only one is stood in for by the main thread, and replaced', async () => {
    const service = await start(1);
    await service.sabotage('terminate', { reader: 0 });
    expect((await service.get('/documents/foo')).status).toBe(200);
    await until(async () => (await members(service)) === OTHERS + 1);
    await service.sabotage('crash', { reader: 0 });
    await service.seen(/A reader failed: Crashed on purpose/);
    expect((await service.get(HEAVY)).status).toBe(200);
    await until(async () => (await members(service)) === OTHERS + 1);
    await stopsClean(service);
  });

  it('that dies in a drain is not replaced, and reads are still answered', async () => {
    const service = await start(1);
    expect((await service.admin('POST', '/admin/drain')).status).toBe(200);
    await service.sabotage('terminate', { reader: 0 });
    expect((await service.get('/documents/foo')).status).toBe(200);
    expect(await members(service)).toBe(OTHERS);
    await stopsClean(service);
  });

  it('that hangs is ended, and what it owed is answered by another', async () => {
    const service = await start(2);
    await service.sabotage('hang', { reader: 0 });
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => service.get('/documents/foo')),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    await service.seen(/A reader is ended: it owes an answer/);
    await until(async () => (await members(service)) === OTHERS + 2);
    await stopsClean(service);
  });

  it('that dies with a read that another one has died with leaves it to the main thread', async () => {
    const service = await start(2);
    for (const reader of [0, 1]) await service.sabotage('hang', { reader });
    // One for each of them: neither can answer, and when the first has died the second has both.
    const reads = [0, 1].map(() => service.get('/documents/foo'));
    await until(async () => (await service.get('/health/ready')).ok);
    await service.sabotage('terminate', { reader: 0 });
    // What was the second is the first now.
    await service.sabotage('terminate', { reader: 0 });
    expect((await Promise.all(reads)).map(({ status }) => status)).toEqual([200, 200]);
    await until(async () => (await members(service)) === OTHERS + 2);
    await stopsClean(service);
  });

  it('sees a write as soon as it was acknowledged', async () => {
    const service = await start(4);
    for (let version = 0; version < 50; version++) {
      expect((await service.put('mine', `Version ${version}`, 'text')).ok).toBe(true);
      const found = await (await service.get('/documents/mine')).json();
      expect(found).toMatchObject({ title: `Version ${version}` });
    }
    await stopsClean(service);
  });
});

describe('the main loop', () => {
  it('while it is blocked, has probes that answer and say so, and owes its reads', async () => {
    const service = await start(2);
    const blocking = service.sabotage('block', { ms: 2_000 });
    const read = service.get('/documents/foo');
    let blocked: Record<string, unknown> = {};
    await until(async () => {
      blocked = (await (await service.probe('/health/live')).json()) as Record<string, unknown>;
      return blocked.loop === 'blocked';
    });
    expect(blocked).toMatchObject({ status: 'alive', phase: 'ready' });
    expect((await service.probe('/health/ready')).status).toBe(200);
    await blocking;
    expect((await read).status).toBe(200);
  });

  it('is held up less by searches that others make than by its own', async () => {
    const means: number[] = [];
    for (const workers of [0, 2]) {
      const service = await start(workers);
      const crowd = new Crowd(service, [HEAVY]);
      await crowd.round();
      await service.sabotage('measure');
      for (let round = 0; round < 3; round++) await crowd.round();
      const found = (await service.sabotage('measured')) as { meanMs: number; p99Ms: number };
      await crowd.stop();
      const [mean, p99] = [found.meanMs, found.p99Ms].map((ms) => ms.toFixed(1));
      console.log(`${workers} readers: the loop is held up by ${mean} ms (mean), ${p99} ms (p99)`);
      means.push(found.meanMs);
      await stopsClean(service);
    }
    const [without = 0, withReaders = 0] = means;
    // Each in the same run on the same machine: a control, and no promise of a time.
    expect(withReaders).toBeLessThan(without);
  });
});

it.each(RUNTIMES)('WORKERS=0, and Deno and Bun, read on the main thread: %s', async (runtime) => {
  const service = await start(runtime === 'node' ? 0 : 2, runtime);
  expect(service.output).toMatch(/the main thread reads and writes/);
  expect(await members(service)).toBe(OTHERS);
  expect((await service.get('/search?q=unix')).status).toBe(200);
  expect((await service.probe('/health/live')).status).toBe(200);
  await stopsClean(service);
});

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
