/**
 * `/fleet/*`: there once the lifecycle follows a fleet, for who has the admin token, heard by the audit, and none of the
 * application's requests. The fleet is one of servers, over a folder.
 *
 * @module
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { Fleet, fileStore, type Store } from '../../src/fleet.ts';
import {
  type AuditEvent,
  createHandler,
  type Handler,
  type HandlerOptions,
} from '../../src/http/index.ts';
import { Lifecycle, Phase } from '../../src/index.ts';
import { installLog } from '../../src/lifecycle/journal.ts';
import { ownPaths } from '../../src/lifecycle/routes.ts';
import { ask } from './wire.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-http-fleet-'));
afterAll(() => rmSync(folder, { recursive: true }));
const undos: (() => void)[] = [];
afterEach(() => {
  for (const undo of undos.splice(0)) undo();
});

const TOKEN = 'a-secret';
const authorization = `Bearer ${TOKEN}`;
const PATHS = ['/fleet/status', '/fleet/drain', '/fleet/shutdown'];

let names = 0;
function fleetOver(store: Store = fileStore(folder)): Fleet {
  names += 1;
  // Nothing is too slow to be waited for.
  return new Fleet({ store, deployment: 'v1', name: `${names}`, cacheAgeMs: 60_000 });
}

function ready(): Lifecycle {
  const lifecycle = Lifecycle.create();
  lifecycle.markReady();
  return lifecycle;
}

async function follow(lifecycle: Lifecycle, fleet: Fleet = fleetOver()): Promise<Fleet> {
  const follower = await fleet.follow(lifecycle);
  undos.push(() => follower.stop());
  return fleet;
}

/** A process that follows, asked through its handler. */
async function member(options: HandlerOptions = { adminToken: TOKEN }): Promise<{
  lifecycle: Lifecycle;
  handler: Handler;
  fleet: Fleet;
}> {
  const lifecycle = ready();
  const handler = createHandler(lifecycle, options);
  return { lifecycle, handler, fleet: await follow(lifecycle) };
}

async function call(
  handler: Handler,
  method: string,
  path: string,
  body: string | null = null,
): Promise<[number | undefined, Record<string, unknown>]> {
  const response = await handler(
    new Request(`http://localhost${path}`, { method, headers: { authorization }, body }),
  );
  return [response?.status, (await response?.json()) as Record<string, unknown>];
}

describe('the routes of a fleet', () => {
  it('are not there as long as the lifecycle follows none, and then they are, whichever was first', async () => {
    const lifecycle = ready();
    const before = createHandler(lifecycle, { adminToken: TOKEN, basePath: '/in' });
    for (const path of PATHS) {
      expect(await before(new Request(`http://localhost/in${path}`))).toBe(undefined);
      expect(ownPaths(lifecycle).has(`/in${path}`)).toBe(false);
    }
    await follow(lifecycle);
    const after = createHandler(lifecycle, { adminToken: TOKEN });
    expect(await call(before, 'GET', '/in/fleet/status')).toMatchObject([200, { phase: 'ready' }]);
    expect(await call(after, 'GET', '/fleet/status')).toMatchObject([200, { phase: 'ready' }]);
    // None of them counts as a request of the application.
    for (const path of PATHS) {
      expect([path, `/in${path}`].map((each) => ownPaths(lifecycle).has(each))).toEqual([
        true,
        true,
      ]);
    }
  });

  it('leave a path to the probe that the application has put there', async () => {
    const { handler } = await member({ adminToken: TOKEN, paths: { live: '/fleet/status' } });
    expect(await call(handler, 'GET', '/fleet/status')).toEqual([
      200,
      { status: 'alive', phase: 'ready' },
    ]);
  });

  it('say where the fleet is, and move it, in the words of the edge', async () => {
    const { lifecycle, handler, fleet } = await member();
    const other = ready();
    await follow(other, fleet);
    expect(await call(handler, 'GET', '/fleet/status')).toEqual([
      200,
      {
        ok: true,
        phase: 'ready',
        deployment: 'v1',
        newest: 'v1',
        changed: false,
        settles_in_ms: null,
        draining_at_ms: null,
        shutting_down_at_ms: null,
      },
    ]);
    expect(await call(handler, 'POST', '/fleet/drain', '{"deployment":"v1"}')).toEqual([
      200,
      {
        ok: true,
        phase: 'draining',
        deployment: 'v1',
        newest: 'v1',
        changed: true,
        settles_in_ms: expect.any(Number),
        draining_at_ms: expect.any(Number),
        shutting_down_at_ms: null,
      },
    ]);
    expect([lifecycle, other].map((each) => each.phase())).toEqual([
      Phase.Draining,
      Phase.Draining,
    ]);
    expect(await call(handler, 'POST', '/fleet/drain')).toMatchObject([200, { changed: false }]);
    expect(await call(handler, 'POST', '/fleet/shutdown')).toMatchObject([
      200,
      { phase: 'shutting_down', changed: true, shutting_down_at_ms: expect.any(Number) },
    ]);
    await lifecycle.waitFor(Phase.Stopped);
  });

  it('refuse what is no deployment, and one that there is not', async () => {
    const { lifecycle, handler } = await member();
    for (const body of [
      '[]',
      '{',
      '{"deployment":1}',
      '{"other":"d"}',
      'null',
      '{"deployment":""}',
    ]) {
      expect([body, ...(await call(handler, 'POST', '/fleet/drain', body))]).toMatchObject([
        body,
        400,
        { ok: false },
      ]);
    }
    const unknown = await call(handler, 'POST', '/fleet/shutdown', '{"deployment":"v0"}');
    expect(unknown).toMatchObject([404, { ok: false }]);
    expect(lifecycle.phase()).toBe(Phase.Ready);
  });

  it('are 503 when the store cannot be reached', async () => {
    const lifecycle = ready();
    installLog(lifecycle, false);
    const refuse = (): Promise<never> => Promise.reject(new Error('connection refused'));
    const store: Store = { pollMs: 75, read: refuse, swap: refuse };
    const asked = fleetOver(store).follow(lifecycle);
    const handler = createHandler(lifecycle, { adminToken: TOKEN });
    const [status, body] = await call(handler, 'GET', '/fleet/status');
    expect([status, body.error]).toEqual([503, expect.stringContaining('connection refused')]);
    await lifecycle.shutdown();
    await expect(asked).rejects.toMatchObject({ code: 'leaving' });
  });

  it.each(['/fleet/drain', '/fleet/shutdown'])('are for who has the token: %s', async (path) => {
    const heard: AuditEvent[] = [];
    const audit = (event: AuditEvent): number => heard.push(event);
    const { lifecycle, handler } = await member({ adminToken: TOKEN, audit });
    for (const headers of [{}, { authorization: 'Bearer wrong' }]) {
      const refused = await ask(handler, 'POST', path, { headers });
      expect([refused.status, 'www-authenticate' in refused.headers]).toEqual([401, true]);
    }
    expect((await ask(handler, 'GET', path, { headers: { authorization } })).status).toBe(405);
    expect((await ask(handler, 'GET', '/fleet/status')).status).toBe(401);
    expect(lifecycle.phase()).toBe(Phase.Ready);
    expect(heard.map((each) => [each.path, each.by, each.status])).toEqual([
      [path, null, 401],
      [path, null, 401],
      ['/fleet/status', null, 401],
    ]);
    await call(handler, 'POST', path);
    expect(heard.at(-1)).toMatchObject({
      path,
      by: 'adminToken',
      status: 200,
      answer: { ok: true },
    });
    const closed = await member({});
    expect((await ask(closed.handler, 'POST', path)).status).toBe(403);
  });
});

describe('readiness', () => {
  it('says how it stands with the fleet, beside the details of the application', async () => {
    const lifecycle = ready();
    const handler = createHandler(lifecycle, {
      details: () => ({ region: 'here', fleet: 'mine' }),
    });
    const look = async (path: string): Promise<unknown> =>
      (await handler(new Request(`http://localhost${path}`)))?.json();
    expect(await look('/health/ready')).toMatchObject({ region: 'here', fleet: 'mine' });
    const fleet = fleetOver();
    const follower = await fleet.follow(lifecycle);
    for (const path of ['/health/ready', '/health/ready/write', '/health/startup']) {
      expect(await look(path)).toMatchObject({
        status: 'ready',
        region: 'here',
        fleet: { reachable: true, phase: 'ready', deployment: 'v1', age_ms: expect.any(Number) },
      });
    }
    await fleet.drain();
    expect(await look('/health/ready')).toMatchObject({ fleet: { phase: 'draining' } });
    follower.stop();
    expect(await look('/health/ready')).toMatchObject({ region: 'here', fleet: 'mine' });
  });
});

describe('how it stands with the fleet', () => {
  it('is in the metrics, the status and on the page while it follows one, and is absent before and after', async () => {
    const lifecycle = ready();
    const handler = createHandler(lifecycle, { adminToken: TOKEN });
    const get = async (path: string, accept = 'application/json'): Promise<string> => {
      const headers = { authorization, accept };
      const response = await handler(new Request(`http://localhost${path}`, { headers }));
      return (await response?.text()) ?? '';
    };
    const status = async (): Promise<Record<string, unknown>> =>
      JSON.parse(await get('/admin/status'));
    expect(await get('/metrics')).not.toContain('tidegate_fleet');
    expect(await status()).not.toHaveProperty('fleet');
    const fleet = fleetOver();
    const follower = await fleet.follow(lifecycle);
    await fleet.drain();
    const text = await get('/metrics');
    expect(text.match(/^tidegate_fleet_(phase|reachable).*$/gm)).toEqual([
      'tidegate_fleet_phase{phase="ready"} 0',
      'tidegate_fleet_phase{phase="draining"} 1',
      'tidegate_fleet_phase{phase="shutting_down"} 0',
      'tidegate_fleet_reachable 1',
    ]);
    expect(text).toMatch(/^tidegate_fleet_age_seconds [\d.e-]+$/m);
    expect((await status()).fleet).toEqual({
      reachable: true,
      phase: 'draining',
      deployment: 'v1',
      age_ms: expect.any(Number),
    });
    expect(await get('/admin/status', 'text/html')).toContain('v1 is draining');
    follower.stop();
    expect(await get('/metrics')).not.toContain('tidegate_fleet');
    expect(await status()).not.toHaveProperty('fleet');
  });
});
