/**
 * `withLifecycle` on real workerd, at the current compatibility date and at the oldest supported one:
 * requests, work after the answer, events, boots, and what a client that leaves leaves behind.
 *
 * @module
 */

import { connect } from 'node:net';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DATES, type Isolates, type Program, program, start } from './isolates.ts';

const authorization = 'Bearer secret';

interface State {
  readonly boots: number;
  readonly calls: readonly string[];
  readonly touched: readonly string[];
  readonly phase: number;
  readonly inFlight: { readonly writes: number; readonly queries: number };
  readonly startedAtMs: number;
  readonly atModuleScope: readonly unknown[];
  readonly early: readonly number[];
  readonly isSameClass: boolean;
  readonly passed: boolean;
  readonly wrongs: readonly (readonly [string, string])[];
  readonly userAgent: string;
  readonly backend: string;
  readonly unhandled: readonly string[];
}

let modules: Program;
beforeAll(async () => {
  modules = await program('worker');
});

describe.each(DATES)('a worker at %s', (compatibilityDate) => {
  let isolates: Isolates;

  const worker = (name: string, bindings: object = {}) => ({
    name,
    modules,
    compatibilityDate,
    bindings,
  });
  const ask = (path: string, init?: RequestInit, isolate = 'plain'): Promise<Response> =>
    isolates.ask(isolate, path, init);
  const state = async (isolate = 'plain'): Promise<State> =>
    (await ask('/state', {}, isolate)).json() as Promise<State>;
  const release = (name: string, isolate = 'plain'): Promise<Response> =>
    ask(`/release?name=${name}`, {}, isolate);
  const seen = async (holds: (now: State) => boolean, isolate = 'plain'): Promise<State> => {
    for (let tries = 0; tries < 1_000; tries++) {
      const now = await state(isolate);
      if (holds(now)) return now;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`It never came to that: ${JSON.stringify(await state(isolate))}`);
  };

  beforeEach(async () => {
    isolates = await start([
      worker('plain', { ADMIN_TOKEN: 'secret' }),
      worker('slow', { BOOT: 'slow' }),
      worker('fails', { BOOT: 'fails once' }),
    ]);
  });
  afterEach(() => isolates[Symbol.asyncDispose]());

  it('is workerd, boots once, and touches nothing at module scope', async () => {
    await Promise.all(Array.from({ length: 20 }, () => ask('/hello')));
    const { userAgent, touched, boots, phase, isSameClass, ...now } = await state();
    expect([userAgent, now.backend, isSameClass]).toEqual(['Cloudflare-Workers', 'wasm', true]);
    expect(touched).toEqual([]);
    expect([boots, phase, now.inFlight]).toEqual([1, 1, { writes: 0, queries: 0 }]);
    // The clock of module scope: there is no time yet, and a mark says so. The first call that sees one
    // gives it to what was done before.
    expect(now.atModuleScope).toEqual([0, true, false]);
    for (const ms of [now.startedAtMs, ...now.early]) {
      expect(Math.abs(ms - Date.now())).toBeLessThan(60_000);
    }
  });

  it('admits by method, counts, and answers 503 with the reason once it drains', async () => {
    const writing = ask('/until?name=w', { method: 'PUT' });
    const reading = ask('/until?name=r');
    await seen(({ inFlight }) => inFlight.writes === 1 && inFlight.queries === 1);
    const drained = await ask('/admin/drain', { method: 'POST', headers: { authorization } });
    expect(await drained.json()).toEqual({ ok: true, phase: 'draining' });
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const refused = await ask('/a', { method });
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
      expect(await refused.json()).toMatchObject({ ok: false, reason: 'draining' });
    }
    for (const method of ['GET', 'HEAD', 'OPTIONS']) {
      expect((await ask('/a', { method })).status).toBe(200);
    }
    // A gate that the handler itself finds closed is a 503, too.
    expect((await ask('/gate')).status).toBe(503);
    await release('w');
    await release('r');
    expect(await (await writing).text()).toBe('PUT /until');
    expect(await (await reading).text()).toBe('GET /until');
    const { calls } = await seen(({ inFlight }) => inFlight.writes + inFlight.queries === 0);
    expect(calls.filter((call) => call.endsWith(' /a')).sort()).toEqual([
      'GET /a',
      'HEAD /a',
      'OPTIONS /a',
    ]);
  });

  it('counts waitUntil work as in flight until it has ended, well or not', async () => {
    const after = await ask('/after?name=later', { method: 'POST' });
    expect(await after.text()).toBe('POST /after');
    expect((await state()).inFlight).toEqual({ writes: 1, queries: 0 });
    await ask('/after-failure');
    await ask('/throws').catch(() => {});
    await seen(({ inFlight }) => inFlight.queries === 0);
    expect((await state()).inFlight).toEqual({ writes: 1, queries: 0 });
    // The platform's answer is out, and what the handler began before it threw goes on.
    expect((await ask('/throws-after?name=thrown', { method: 'PUT' })).status).toBe(500);
    expect((await state()).inFlight).toEqual({ writes: 2, queries: 0 });
    await release('later');
    await seen(({ inFlight }) => inFlight.writes === 1);
    await release('thrown');
    await seen(({ inFlight }) => inFlight.writes === 0);
  });

  it('shuts down once for two callers, after the writes in flight of others', async () => {
    const writing = ask('/until?name=w', { method: 'PUT' });
    await seen(({ inFlight }) => inFlight.writes === 1);
    const asked = [1, 2].map(async () => {
      const answer = await ask('/admin/shutdown', { method: 'POST', headers: { authorization } });
      return [answer.status, await answer.json()] as const;
    });
    await seen(({ phase }) => phase === 2);
    expect((await ask('/a', { method: 'PUT' })).status).toBe(503);
    expect((await ask('/a')).status).toBe(200);
    await release('w');
    const [first, second] = await Promise.all(asked);
    expect((await writing).status).toBe(200);
    expect(first).toEqual(second);
    expect(first?.[0]).toBe(200);
    expect(first?.[1]).toMatchObject({
      ok: true,
      drained: true,
      flushed_wal: true,
      trigger: 'http',
    });
    expect((await state()).calls.filter((call) => call === 'backup')).toEqual(['backup']);
    expect((await ask('/a')).status).toBe(503);
    expect((await ask('/health/live')).status).toBe(503);
  });

  it('handles the rejection of every event that it refuses', async () => {
    await ask('/a', { method: 'PUT' });
    await ask('/admin/drain', { method: 'POST', headers: { authorization } });
    for (const method of ['PUT', 'POST']) expect((await ask('/a', { method })).status).toBe(503);
    expect((await state()).unhandled).toEqual([]);
  });

  it('says that it is starting while it boots, and lets requests wait for that', async () => {
    const waiting = ['PUT', 'GET', 'GET'].map((method) => ask('/a', { method }, 'slow'));
    const probe = await ask('/health/ready', {}, 'slow');
    expect([probe.status, (await probe.json()).status]).toEqual([503, 'starting']);
    expect((await state('slow')).calls).toEqual([]);
    await release('boot', 'slow');
    const answers = await Promise.all(waiting);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await state('slow')).boots).toBe(1);
    expect((await ask('/health/ready', {}, 'slow')).status).toBe(200);
  });

  it('boots again if the boot failed, and the event that began it fails', async () => {
    const failed = await ask('/a', { method: 'PUT' }, 'fails');
    expect(failed.status).toBe(500);
    const probe = await ask('/health/ready', {}, 'fails');
    expect((await probe.json()).reason).toBe('boot_failed');
    expect((await ask('/a', { method: 'PUT' }, 'fails')).status).toBe(200);
    expect(await state('fails')).toMatchObject({ boots: 2, phase: 1 });
  });

  it('takes scheduled and queued work as writes, and refuses it once it drains', async () => {
    const events = await isolates.events('plain');
    const messages = ['1', '2'].map((id) => ({
      id,
      timestamp: new Date(),
      attempts: 1,
      body: 'a',
    }));
    const cron = '5 * * * *';
    const scheduled = events.scheduled({ cron });
    await seen(({ calls, inFlight }) => calls.length === 1 && inFlight.writes === 1);
    const queued = events.queue('jobs', messages);
    await seen(({ calls, inFlight }) => calls.length === 2 && inFlight.writes === 2);
    await release('queue');
    await release('scheduled');
    // The handlers have had the platform's own objects, and told it by their methods.
    expect(await scheduled).toMatchObject({ outcome: 'ok', noRetry: true });
    expect(await queued).toMatchObject({ outcome: 'ok', explicitAcks: ['1'] });
    const { calls } = await seen(({ inFlight }) => inFlight.writes === 0);
    expect(calls).toEqual([`scheduled at ${cron}`, 'queue of 2']);
    await ask('/admin/drain', { method: 'POST', headers: { authorization } });
    expect((await events.scheduled({ cron })).outcome).toBe('exception');
    expect((await events.queue('jobs', messages)).outcome).toBe('exception');
    expect((await state()).calls).toEqual(calls);
  });

  it('counts a request whose client has left until its handler has ended', async () => {
    const { hostname, port } = await isolates.url('plain');
    const socket = connect(Number(port), hostname);
    socket.write('PUT /until?name=left HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n');
    await seen(({ inFlight }) => inFlight.writes === 1);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.destroy();
    await closed;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await state()).inFlight).toEqual({ writes: 1, queries: 0 });
    await release('left');
    await seen(({ inFlight }) => inFlight.writes === 0);
  });

  it('passes on what it does not know, and refuses what cannot be with a typed error', async () => {
    const { passed, wrongs } = await state();
    expect(passed).toBe(true);
    expect(wrongs.length).toBeGreaterThan(10);
    expect(wrongs.filter(([, code]) => code !== 'invalid_argument')).toEqual([]);
  });

  it('refuses /admin without the token', async () => {
    const answer = await ask('/admin/drain', { method: 'POST' });
    expect([answer.status, (await state()).phase]).toEqual([401, 1]);
  });

  it('says how to set the token on this platform, where nobody has', async () => {
    const answer = await ask(
      '/admin/drain',
      { method: 'POST', headers: { authorization } },
      'slow',
    );
    expect(answer.status).toBe(403);
    const { error } = (await answer.json()) as { error: string };
    for (const word of ['adminToken', '.dev.vars', 'wrangler secret put']) {
      expect(error).toContain(word);
    }
  });
});
