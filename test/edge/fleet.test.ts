/**
 * A fleet on real workerd: isolates that follow one object with storage, through drains, restarts of
 * the object and of everything, and times in which it cannot be reached.
 *
 * A write counts from the moment at which its client began to send it, and a drain from the moment
 * at which its caller had the answer: whatever delays either, the stated bounds must hold.
 *
 * @module
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  CURRENT_DATE,
  DATES,
  type IsolateOptions,
  type Isolates,
  type Program,
  program,
  start,
} from './isolates.ts';

const CACHE_AGE_MS = 400;
const LEASE_MS = 3 * CACHE_AGE_MS;
const authorization = 'Bearer secret';
/** Nothing is too slow to be waited for, so the object can always be reached. */
const PATIENT = { TIMEOUT_MS: 30_000 };

/** What `/health/ready` answers, as far as it is about the fleet. */
interface Readiness {
  readonly fleet: { readonly reachable: boolean; readonly age_ms: number | null };
}

let modules: Program;
let isolates: Isolates;
let folder: string;
/** The isolates that are up, but for the object's. */
let started: readonly string[];

beforeAll(async () => {
  modules = await program('fleet');
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidegate-fleet-'));
});
afterEach(async () => {
  // Whatever the test was about: nothing at module scope, and Atomics.waitAsync never.
  for (const name of ['object', ...started]) {
    expect(await tell(name, 'touched')).toEqual({ touched: [] });
  }
  await isolates[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** The isolate that holds the object, and those named, `name` or `name@deployment`. */
async function startFleet(
  names: readonly string[],
  {
    date = CURRENT_DATE,
    useSQLite = true,
    bindings = {},
    madeAt = {} as Record<string, string>,
  } = {},
): Promise<void> {
  const workers = ['object', ...names].map((each): IsolateOptions => {
    const [name = '', DEPLOYMENT = 'd1'] = each.split('@');
    const object = { className: 'IllObject', useSQLite };
    return {
      name,
      modules,
      compatibilityDate: date,
      bindings: {
        DEPLOYMENT,
        CACHE_AGE_MS,
        TOKEN: 'secret',
        ...(DEPLOYMENT in madeAt && { MADE_AT: madeAt[DEPLOYMENT] }),
        ...bindings,
      },
      durableObjects: { FLEET: name === 'object' ? object : { ...object, scriptName: 'object' } },
    };
  });
  isolates = await start(workers, { durableObjectsPersist: folder });
  started = names.map((each) => each.split('@')[0] ?? '');
}

const put = (name: string): Promise<Response> => isolates.ask(name, '/a', { method: 'PUT' });
const get = (name: string): Promise<Response> => isolates.ask(name, '/a');
const order = (
  name: string,
  call: string,
  body?: string | Uint8Array<ArrayBuffer>,
): Promise<Response> =>
  isolates.ask(name, `/fleet/${call}`, {
    method: 'POST',
    headers: { authorization },
    body: body ?? null,
  });
const tell = async (name: string, what: string): Promise<unknown> =>
  (await isolates.ask(name, `/test/${what}`)).json();
const fall = (how: string): Promise<Response> => isolates.ask('object', `/object/ill?how=${how}`);

async function reasonOf(response: Response): Promise<string> {
  expect(response.status).toBe(503);
  return ((await response.json()) as { readonly reason: string }).reason;
}

/** Asks until it is so. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 3_000; tries++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('It never came to that');
}

/** Writes to an isolate without a pause, and notes when each that was admitted had been begun. */
function hammer(name: string): { stop(): Promise<number[]> } {
  let isOver = false;
  const begun: number[] = [];
  const clients = [1, 2, 3].map(async () => {
    while (!isOver) {
      const at = Date.now();
      const response = await put(name);
      await response.text();
      if (response.status === 200) begun.push(at);
      else expect(response.status).toBe(503);
    }
  });
  return {
    stop: async () => {
      isOver = true;
      await Promise.all(clients);
      return begun;
    },
  };
}

describe.each(DATES)('a fleet at %s', (date) => {
  it('drains once, and every isolate refuses writes within a cache age', async () => {
    const names = ['a', 'b', 'c'];
    await startFleet(names, { date, bindings: PATIENT });
    const where = (await (await get('a')).json()) as { readonly userAgent: string };
    expect(where.userAgent).toBe('Cloudflare-Workers');
    const hammers = names.map(hammer);
    await until(async () => (await Promise.all(names.map(put))).every(({ ok }) => ok));
    const slow = isolates.ask('b', '/slow', { method: 'PUT' });
    // Two ask; one makes the move.
    const drains = await Promise.all([order('a', 'drain'), order('c', 'drain')]);
    const drainedAt = Date.now();
    const answers = await Promise.all(drains.map((each) => each.json()));
    expect(drains.map(({ status }) => status)).toEqual([200, 200]);
    expect(answers.filter(({ changed }) => changed)).toHaveLength(1);
    for (const answer of answers) {
      expect(answer).toMatchObject({ ok: true, phase: 'draining', deployment: 'd1' });
      expect(answer.settles_in_ms).toBeLessThanOrEqual(LEASE_MS);
    }
    // Those that were asked know at once; the other one by itself.
    expect([await reasonOf(await put('a')), await reasonOf(await put('c'))]).toEqual([
      'draining',
      'draining',
    ]);
    await until(async () => (await put('b')).status === 503);
    const begun = (await Promise.all(hammers.map((each) => each.stop()))).flat();
    expect(begun.length).toBeGreaterThan(0);
    expect(Math.max(...begun) - drainedAt).toBeLessThanOrEqual(CACHE_AGE_MS);
    expect((await slow).status).toBe(200);
    for (const name of names) {
      expect((await get(name)).status).toBe(200);
      const ready = await isolates.ask(name, '/health/ready');
      expect([ready.status, await ready.json()]).toMatchObject([
        200,
        { phase: 'draining', fleet: { reachable: true, phase: 'draining', deployment: 'd1' } },
      ]);
    }
  });

  it('shuts down once, and every isolate runs its own steps to the end', async () => {
    await startFleet(['a', 'b'], { date });
    expect((await put('a')).status).toBe(200);
    expect((await put('b')).status).toBe(200);
    const calls = await Promise.all([order('a', 'shutdown'), order('b', 'shutdown')]);
    const answers = await Promise.all(calls.map((each) => each.json()));
    expect(answers.filter(({ changed }) => changed)).toHaveLength(1);
    for (const name of ['a', 'b']) {
      await until(async () => (await get(name)).status === 503);
      await until(async () => (await isolates.ask(name, '/health/live')).status === 503);
      const status = await isolates.ask(name, '/admin/status', { headers: { authorization } });
      expect(await status.json()).toMatchObject({
        phase: 'stopped',
        report: { trigger: 'fleet', flushed_wal: true, drained: true },
      });
    }
    // There is no way back.
    expect((await (await order('a', 'drain')).json()).phase).toBe('shutting_down');
  });
});

describe('the object', () => {
  it.each([true, false])(
    'remembers through a restart of everything, SQLite: %s',
    async (useSQLite) => {
      await startFleet(['a', 'b'], { useSQLite });
      expect((await put('b')).status).toBe(200);
      expect((await order('a', 'drain')).status).toBe(200);
      await isolates[Symbol.asyncDispose]();
      await startFleet(['a', 'b', 'new@d2'], { useSQLite });
      // Isolates that never heard of the drain themselves.
      expect(await reasonOf(await put('a'))).toBe('draining');
      expect((await put('new')).status).toBe(200);
      // A new deployment starts afresh; the older one does not come back beside it.
      expect(await reasonOf(await put('b'))).toBe('draining');
      expect((await put('new')).status).toBe(200);
      const status = await isolates.ask('a', '/fleet/status', { headers: { authorization } });
      expect(await status.json()).toMatchObject({ newest: 'd2', deployment: 'd2', phase: 'ready' });
    },
  );

  it('remembers what it has said when the platform ends it and starts another', async () => {
    await startFleet(['a', 'b', 'late']);
    expect((await put('a')).status).toBe(200);
    expect((await put('b')).status).toBe(200);
    expect((await order('a', 'drain')).status).toBe(200);
    const first = await (await fall('dies')).json();
    // The next question kills it, whoever asks.
    await until(async () => {
      // It was never told otherwise: no write of it may pass, whatever becomes of the object.
      expect((await put('late')).status).toBe(503);
      return (await (await fall('')).json()).instances > first.instances;
    });
    await until(async () => (await put('b')).status === 503);
    for (const name of ['a', 'b', 'late']) {
      await until(async () => (await reasonOf(await put(name))) === 'draining');
    }
  });

  it('drains older deployments, even unknown ones, and a single deployment by its id', async () => {
    const madeAt = {
      old: '2026-01-01T00:00:00Z',
      middle: '2026-01-02T00:00:00Z',
      new: '2026-01-03T00:00:00Z',
    };
    await startFleet(['unheard@old', 'm@middle', 'n@new'], { madeAt });
    expect((await put('n')).status).toBe(200);
    expect((await put('m')).status).toBe(200);
    const drained = await order('n', 'drain', '{"deployment":"middle"}');
    expect(await drained.json()).toMatchObject({ deployment: 'middle', newest: 'new' });
    await until(async () => (await put('m')).status === 503);
    expect(await reasonOf(await put('unheard'))).toBe('draining');
    expect((await put('n')).status).toBe(200);
    expect((await order('n', 'drain', '{"deployment":"nobody"}')).status).toBe(404);
    for (const body of ['[]', '{', '{"deployment":1}', '{"other":"d"}', 'null']) {
      expect([body, (await order('n', 'drain', body)).status]).toEqual([body, 400]);
    }
    // A name that is no UTF-8 is not the one that it would be read as.
    const noText = Uint8Array.of(...new TextEncoder().encode('{"deployment":"m'), 0xff, 0x22, 0x7d);
    expect((await order('n', 'drain', noText)).status).toBe(400);
    expect((await put('n')).status).toBe(200);
  });

  it('refuses what is no call', async () => {
    await startFleet(['a']);
    const call = async (path: string, init: RequestInit): Promise<number> =>
      (await isolates.ask('object', `/object/${path}`, init)).status;
    const post = (body: string): RequestInit => ({ method: 'POST', body });
    expect(await call('drain', post(''))).toBe(409);
    expect(await call('poll', { method: 'GET' })).toBe(405);
    expect(await call('other', post(''))).toBe(404);
    for (const body of [
      '',
      '[]',
      '{"deployment":""}',
      '{"deployment":"d"}',
      '{"deployment":"d","cache_age_ms":0}',
      '{"deployment":"d","cache_age_ms":1,"made_at_ms":-1}',
      `{"deployment":"${'d'.repeat(257)}","cache_age_ms":1}`,
    ]) {
      expect([body, await call('poll', post(body))]).toEqual([body, 400]);
    }
    expect(await call('status', post(''))).toBe(409);
  });
});

describe('the calls that move a fleet', () => {
  it.each(['drain', 'shutdown'])('are refused without the token: %s', async (call) => {
    await startFleet(['a']);
    expect((await put('a')).status).toBe(200);
    const path = `/fleet/${call}`;
    for (const headers of [
      {},
      { authorization: 'Bearer wrong' },
      { authorization: 'Basic OnNlY3JldA==' },
    ]) {
      const refused = await isolates.ask('a', path, { method: 'POST', headers });
      expect([refused.status, refused.headers.has('www-authenticate')]).toEqual([401, true]);
    }
    expect((await isolates.ask('a', path, { headers: { authorization } })).status).toBe(405);
    expect((await isolates.ask('a', '/fleet/status')).status).toBe(401);
    const status = await isolates.ask('a', '/fleet/status', { headers: { authorization } });
    expect(await status.json()).toMatchObject({ phase: 'ready', settles_in_ms: null });
  });

  it('are closed if there is no token', async () => {
    await startFleet(['a'], { bindings: { TOKEN: '' } });
    expect((await order('a', 'drain')).status).toBe(403);
    expect((await put('a')).status).toBe(200);
  });
});

describe('an object that cannot be reached', () => {
  it('leaves an isolate its last state, which says so, and then no writes', async () => {
    const cacheAgeMs = 2_000;
    await startFleet(['a'], { bindings: { CACHE_AGE_MS: cacheAgeMs } });
    expect((await put('a')).status).toBe(200);
    await fall('throws');
    const illAt = Date.now();
    const ready = async (): Promise<Readiness> =>
      (await isolates.ask('a', '/health/ready')).json() as Promise<Readiness>;
    let seen = await ready();
    let seenAt = Date.now();
    await until(async () => {
      seenAt = Date.now();
      seen = await ready();
      return !seen.fleet.reachable;
    });
    expect(seen).toMatchObject({ probe: 'ready', status: 'ready', phase: 'ready' });
    expect(seen.fleet).toMatchObject({ reachable: false, phase: 'ready', deployment: 'd1' });
    // The last state: a write is admitted, although the object is gone. (Unless this machine was so
    // slow that the lease may have run out meanwhile.)
    const write = await put('a');
    const oldest = (seen.fleet.age_ms ?? Number.POSITIVE_INFINITY) + Date.now() - seenAt;
    if (oldest < 3 * cacheAgeMs) expect(write.status).toBe(200);
    await until(async () => (await put('a')).status === 503);
    expect(Date.now() - illAt).toBeGreaterThanOrEqual(cacheAgeMs);
    expect(await reasonOf(await put('a'))).toBe('lease_lost');
    expect((await get('a')).status).toBe(200);
    expect(await reasonOf(await isolates.ask('a', '/health/ready/write'))).toBe('lease_lost');
    await fall('');
    await until(async () => (await put('a')).status === 200);
    expect(await ready()).toMatchObject({ fleet: { reachable: true } });
  });

  it.each(['throws', 'hangs'])(
    'ends writes three cache ages after the last word: it %s',
    async (how) => {
      await startFleet(['a', 'b']);
      expect((await put('a')).status).toBe(200);
      const writing = hammer('a');
      await until(async () => (await put('a')).status === 200);
      await fall(how);
      const illAt = Date.now();
      await until(async () => (await put('a')).status === 503);
      const begun = await writing.stop();
      expect(Math.max(...begun) - illAt).toBeLessThanOrEqual(LEASE_MS);
      expect(await reasonOf(await put('a'))).toBe('lease_lost');
      // One that has never heard of the object has no last state to go by.
      expect(await reasonOf(await put('b'))).toBe('lease_lost');
      expect((await get('b')).status).toBe(200);
      await fall('');
      await until(async () => (await put('a')).status === 200);
      await until(async () => (await put('b')).status === 200);
    },
  );

  it('holds its bounds although its answers are late', async () => {
    await startFleet(['a', 'b']);
    await fall('is late');
    const hammers = ['a', 'b'].map(hammer);
    await until(async () => (await put('b')).status === 200);
    const drained = await order('a', 'drain');
    const drainedAt = Date.now();
    expect(drained.status).toBe(200);
    await until(async () => (await put('b')).status === 503);
    const begun = (await Promise.all(hammers.map((each) => each.stop()))).flat();
    expect(Math.max(...begun) - drainedAt).toBeLessThanOrEqual(LEASE_MS);
    expect(await reasonOf(await put('b'))).toBe('draining');
  });
});

describe('an event that lasts', () => {
  it('finds the gate closed while it is under way', async () => {
    await startFleet(['a', 'b']);
    const writing = isolates.ask('b', '/keep-writing', { method: 'PUT' });
    expect((await put('a')).status).toBe(200);
    const drained = await order('a', 'drain');
    const drainedAt = Date.now();
    expect(drained.status).toBe(200);
    const { lastAtMs } = await (await writing).json();
    expect(lastAtMs).toBeGreaterThan(0);
    // It looks every quarter of a cache age, and nothing else came to this isolate meanwhile.
    expect(lastAtMs - drainedAt).toBeLessThanOrEqual(LEASE_MS);
  });
});

describe('the clock of an isolate, which stands still while the test says so', () => {
  const T = 1_700_000_000_000;
  const HOUR_MS = 3_600_000;
  /** The object is asked by one isolate alone, so each question is that one's. */
  const polls = async (how = ''): Promise<number> => (await (await fall(how)).json()).polls;
  const at = (ms: number): Promise<unknown> => tell('a', `clock?ms=${ms}`);
  const readiness = async (): Promise<Readiness> =>
    (await isolates.ask('a', '/health/ready')).json() as Promise<Readiness>;

  it('makes it ask up to a quarter of a cache age early, by chance', async () => {
    await startFleet(['a'], { bindings: PATIENT });
    await at(T);
    await tell('a', 'chance?is=1');
    expect((await put('a')).status).toBe(200);
    expect(await polls()).toBe(1);
    const early = CACHE_AGE_MS * 0.75;
    await at(T + early - 1);
    for (const each of [put, get, put]) expect((await each('a')).status).toBe(200);
    expect(await polls()).toBe(1);
    await tell('a', 'chance?is=0');
    await at(T + early);
    expect((await get('a')).status).toBe(200);
    await until(async () => (await polls()) === 2);
    // What it was told then has no chance in it.
    await until(async () => (await readiness()).fleet.age_ms === 0);
    await at(T + early + CACHE_AGE_MS - 1);
    for (const each of [put, get, put]) expect((await each('a')).status).toBe(200);
    expect(await polls()).toBe(2);
    await at(T + early + CACHE_AGE_MS);
    expect((await put('a')).status).toBe(200);
    expect(await polls()).toBe(3);
  });

  it('shows the bounds to the millisecond, with the cache age of 1 s that is the default', async () => {
    await startFleet(['a', 'b'], { bindings: { CACHE_AGE_MS: 0 } });
    await at(T);
    await tell('a', 'chance?is=0');
    expect((await put('a')).status).toBe(200);
    const drained = await (await order('b', 'drain')).json();
    expect(drained.settles_in_ms).toBeGreaterThan(0);
    expect(drained.settles_in_ms).toBeLessThanOrEqual(3_000);
    // It has not heard of the drain, and need not yet.
    await at(T + 999);
    expect((await put('a')).status).toBe(200);
    await at(T + 1_000);
    expect(await reasonOf(await put('a'))).toBe('draining');
  });

  it('shows the lease to the millisecond, and that it comes back', async () => {
    await startFleet(['a'], { bindings: PATIENT });
    await at(T);
    expect((await put('a')).status).toBe(200);
    await fall('throws');
    await at(T + LEASE_MS - 1);
    expect((await put('a')).status).toBe(200);
    expect(await readiness()).toMatchObject({
      status: 'ready',
      fleet: { reachable: false, phase: 'ready', age_ms: LEASE_MS - 1 },
    });
    await at(T + LEASE_MS);
    expect(await reasonOf(await put('a'))).toBe('lease_lost');
    expect((await get('a')).status).toBe(200);
    await fall('');
    // The last question failed just now; the next one is due a quarter of a cache age later.
    await at(T + LEASE_MS + CACHE_AGE_MS / 4);
    expect((await put('a')).status).toBe(200);
    expect(await readiness()).toMatchObject({ fleet: { reachable: true, age_ms: 0 } });
  });

  it('counts the age of an answer from the question, however late it comes', async () => {
    await startFleet(['a'], { bindings: PATIENT });
    await at(T);
    await tell('a', 'chance?is=0');
    await fall('waits');
    const writing = put('a');
    await until(async () => (await polls('waits')) === 1);
    await at(T + CACHE_AGE_MS - 1);
    await fall('');
    expect((await writing).status).toBe(200);
    expect(await readiness()).toMatchObject({ fleet: { age_ms: CACHE_AGE_MS - 1 } });
  });

  it('can be set back: it asks again, and uses the new time', async () => {
    await startFleet(['a', 'b'], { bindings: PATIENT });
    await at(T);
    await tell('a', 'chance?is=0');
    expect((await put('a')).status).toBe(200);
    await at(T - HOUR_MS);
    expect((await put('a')).status).toBe(200);
    expect(await readiness()).toMatchObject({ fleet: { reachable: true, age_ms: 0 } });
    await at(T - HOUR_MS + CACHE_AGE_MS - 1);
    expect(await readiness()).toMatchObject({ fleet: { age_ms: CACHE_AGE_MS - 1 } });
    // Also while the object cannot be reached, when the next try is in what is now the future.
    await fall('throws');
    await at(T + HOUR_MS);
    expect(await reasonOf(await put('a'))).toBe('lease_lost');
    await fall('');
    await at(T);
    expect((await put('a')).status).toBe(200);
    expect((await order('b', 'drain')).status).toBe(200);
    await at(T + CACHE_AGE_MS);
    expect(await reasonOf(await put('a'))).toBe('draining');
  });

  it('can be set back while a request is in flight, whose answer then has no known age', async () => {
    await startFleet(['a'], { bindings: PATIENT });
    await at(T);
    await fall('waits');
    const writing = put('a');
    await until(async () => (await polls('waits')) === 1);
    await at(T - HOUR_MS);
    // Notices it, and asks anew.
    const reading = get('a');
    await until(async () => (await polls('waits')) === 2);
    await fall('');
    expect((await reading).status).toBe(200);
    // Admitted or not, by which answer came first; never by one of what is now the future.
    await writing;
    expect((await put('a')).status).toBe(200);
    expect(await readiness()).toMatchObject({ fleet: { reachable: true, age_ms: 0 } });
  });

  it('may be a little behind that of another event, and nothing is refused for it', async () => {
    await startFleet(['a'], { bindings: PATIENT });
    await at(T);
    expect((await put('a')).status).toBe(200);
    const asked = await polls();
    await at(T - 20);
    expect((await put('a')).status).toBe(200);
    expect(await readiness()).toMatchObject({ fleet: { age_ms: 0 } });
    expect(await polls()).toBe(asked);
  });
});
