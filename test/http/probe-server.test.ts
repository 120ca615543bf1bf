/**
 * The port of the probe thread, on every runtime: which addresses it has, what may be chosen of it, and the
 * admin calls that a token opens there. A blocked main loop is `test/runtime/blocked.test.ts`.
 *
 * @module
 */

import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { Lifecycle, LifecycleError, Phase } from '../../src/index.ts';
import { type ProbeServer, type ProbeServerOptions, serveProbes } from '../../src/node.ts';
import { BEARER, basic, TOKEN } from './wire.ts';

const open: ProbeServer[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

const hasIPv6 = Object.values(networkInterfaces())
  .flat()
  .some((each) => each?.address === '::1');

async function probesOf(
  options: Omit<ProbeServerOptions, 'lifecycle'> = {},
): Promise<{ lifecycle: Lifecycle; probes: ProbeServer }> {
  const lifecycle = Lifecycle.create();
  const probes = await serveProbes({ lifecycle, ...options });
  open.push(probes);
  return { lifecycle, probes };
}

const post = (headers: Readonly<Record<string, string>> = BEARER, body?: string): RequestInit => ({
  method: 'POST',
  headers,
  ...(body !== undefined && { body }),
});

describe('the addresses', () => {
  it('are all by default, of IPv4 and IPv6', async () => {
    const { probes } = await probesOf();
    expect(probes.url).toBe(`http://127.0.0.1:${probes.port}`);
    const urls = [probes.url, ...(hasIPv6 ? [`http://[::1]:${probes.port}`] : [])];
    for (const url of urls) expect((await fetch(`${url}/health/live`)).status).toBe(200);
  });

  it('are the one that is named', async () => {
    const { probes } = await probesOf({ hostname: '127.0.0.1' });
    expect(probes.hostname).toBe('127.0.0.1');
    expect((await fetch(`${probes.url}/health/live`)).status).toBe(200);
    if (!hasIPv6) return;
    await expect(fetch(`http://[::1]:${probes.port}/health/live`)).rejects.toThrow();
  });
});

describe('the options', () => {
  it.each<[string, object, RegExp]>([
    ['host', { host: '127.0.0.1' }, /did you mean "hostname"/],
    ['an empty hostname', { hostname: '' }, /hostname/],
    ['a token that is a function', { adminToken: () => 'a' }, /adminToken must be a string/],
    ['an empty token', { adminToken: '' }, /adminToken/],
    ['openAdmin', { openAdmin: true }, /unknown option "openAdmin"/],
    ['details', { details: () => ({}) }, /unknown option "details"/],
    ['an unknown path', { paths: { liveness: '/livez' } }, /did you mean "live"/],
    ['two of one path', { paths: { live: '/metrics' } }, /"\/metrics"/],
    ['a base path that is none', { basePath: 'x' }, /basePath/],
    ['an empty name', { name: '' }, /name/],
  ])('refuse %s, and start no thread', async (_, wrong, message) => {
    const lifecycle = Lifecycle.create();
    const refused = serveProbes({ lifecycle, ...wrong } as ProbeServerOptions);
    const error: unknown = await refused.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LifecycleError);
    expect(error).toMatchObject({
      code: 'invalid_argument',
      message: expect.stringMatching(message),
    });
    expect(lifecycle.snapshot().members).toHaveLength(1);
  });

  it('choose paths, and what the service is called', async () => {
    const { probes } = await probesOf({
      basePath: '/internal',
      paths: { live: '/livez', metrics: '/m' },
      name: 'orders',
      version: '1.4.2',
      adminToken: TOKEN,
    });
    const statusOf = async (path: string) => (await fetch(`${probes.url}${path}`)).status;
    expect(await statusOf('/internal/livez')).toBe(200);
    expect(await statusOf('/internal/health/ready')).toBe(503);
    expect(await statusOf('/internal/health/live')).toBe(404);
    expect(await statusOf('/livez')).toBe(404);
    const metrics = await (await fetch(`${probes.url}/internal/m`)).text();
    expect(metrics).toContain('tidegate_build_info{name="orders",version="1.4.2",');
    const status = await fetch(`${probes.url}/internal/admin/status`, { headers: BEARER });
    expect(await status.json()).toMatchObject({ name: 'orders', version: '1.4.2' });
  });
});

describe('without a token', () => {
  it('there is no admin at all, whatever is shown', async () => {
    const { lifecycle, probes } = await probesOf();
    lifecycle.markReady();
    for (const name of ['status', 'drain', 'shutdown', 'readonly']) {
      for (const method of ['GET', 'POST', 'OPTIONS']) {
        const { status } = await fetch(`${probes.url}/admin/${name}`, { method, headers: BEARER });
        expect([name, method, status]).toEqual([name, method, 404]);
      }
    }
    expect(lifecycle.snapshot()).toMatchObject({ phase: Phase.Ready, shutdownRequested: false });
  });
});

describe('with a token', () => {
  it('every admin call wants it, and moves nothing without it', async () => {
    const { lifecycle, probes } = await probesOf({ adminToken: TOKEN });
    lifecycle.markReady();
    const shows = [{}, { authorization: 'Bearer x' }, { authorization: `Bearer ${TOKEN}x` }];
    for (const headers of [...shows, basic('x')]) {
      for (const name of ['drain', 'shutdown', 'readonly']) {
        const answer = await fetch(
          `${probes.url}/admin/${name}`,
          post(headers, '{"enabled":true}'),
        );
        expect([name, answer.status]).toEqual([name, 401]);
        expect(answer.headers.get('www-authenticate')).toContain('Bearer');
      }
      expect((await fetch(`${probes.url}/admin/status`, { headers })).status).toBe(401);
    }
    // The password of the status page opens the status alone.
    expect((await fetch(`${probes.url}/admin/drain`, post(basic(TOKEN)))).status).toBe(401);
    expect((await fetch(`${probes.url}/admin/status`, { headers: basic(TOKEN) })).status).toBe(200);
    expect(lifecycle.snapshot()).toMatchObject({
      phase: Phase.Ready,
      holds: [],
      shutdownRequested: false,
    });
  });

  it('the status is JSON, and a page for a browser', async () => {
    const { probes } = await probesOf({ adminToken: TOKEN, name: 'orders' });
    const json = await fetch(`${probes.url}/admin/status`, { headers: BEARER });
    expect(await json.json()).toMatchObject({ phase: 'starting', name: 'orders' });
    const headers = { ...basic(TOKEN), accept: 'text/html' };
    const page = await fetch(`${probes.url}/admin/status`, { headers });
    expect(await page.text()).toContain('<title>starting · orders · ');
  });

  it('drain and read-only move the lifecycle that all threads share', async () => {
    const { lifecycle, probes } = await probesOf({ adminToken: TOKEN });
    const early = await fetch(`${probes.url}/admin/drain`, post());
    expect([early.status, (await early.json()).ok]).toEqual([409, false]);
    lifecycle.markReady();
    const hold = await fetch(`${probes.url}/admin/readonly`, post(BEARER, '{"enabled":true}'));
    expect(await hold.json()).toEqual({ ok: true, read_only: true, changed: true });
    expect(lifecycle.gate.holds()).toEqual(['read_only']);
    const drain = await fetch(`${probes.url}/admin/drain`, post());
    expect([drain.status, await drain.json()]).toEqual([200, { ok: true, phase: 'draining' }]);
    expect(lifecycle.phase()).toBe(Phase.Draining);
  });

  it.each([
    ['ends well', false, 200],
    ['has a step that fails', true, 500],
  ])(
    'a shutdown is accepted at once, and has the report when it is over: one that %s',
    async (_, fails, status) => {
      const { lifecycle, probes } = await probesOf({ adminToken: TOKEN });
      lifecycle.markReady();
      let go = (): void => {};
      const asked = new Promise<void>((resolve) => {
        go = resolve;
      });
      let runs = 0;
      lifecycle.pipeline({
        steps: [
          {
            name: 'flush_wal',
            run: async () => {
              runs += 1;
              await asked;
              if (fails) throw new Error('the disk is full');
            },
          },
        ],
      });
      const accepted = await fetch(`${probes.url}/admin/shutdown`, post());
      expect(accepted.status).toBe(202);
      expect(accepted.headers.get('connection')).toBe('close');
      // Where it is by then is up to the thread that runs it.
      expect(await accepted.json()).toEqual({
        ok: true,
        accepted: true,
        phase: expect.stringMatching(/^(ready|draining|shutting_down)$/),
      });
      await lifecycle.waitFor(Phase.ShuttingDown);
      const again = await fetch(`${probes.url}/admin/shutdown`, post());
      expect([again.status, await again.json()]).toEqual([
        202,
        { ok: true, accepted: true, phase: 'shutting_down' },
      ]);
      go();
      await lifecycle.waitFor(Phase.Stopped);
      const over = await fetch(`${probes.url}/admin/shutdown`, post());
      expect(over.status).toBe(status);
      expect(await over.json()).toMatchObject({
        ok: !fails,
        trigger: 'http',
        flushed_wal: !fails,
        steps: [{ name: 'flush_wal', status: fails ? 'failed' : 'ok' }],
      });
      expect(runs).toBe(1);
    },
  );

  it('a broken call moves nothing: 400 and 413', async () => {
    const { lifecycle, probes } = await probesOf({ adminToken: TOKEN });
    lifecycle.markReady();
    const ask = async (name: string, body: string) =>
      (await fetch(`${probes.url}/admin/${name}`, post(BEARER, body))).status;
    for (const name of ['drain', 'shutdown', 'readonly']) {
      expect([name, await ask(name, '{')]).toEqual([name, 400]);
      expect([name, await ask(name, 'x'.repeat(4_097))]).toEqual([name, 413]);
    }
    expect(lifecycle.snapshot()).toMatchObject({ phase: Phase.Ready, shutdownRequested: false });
  });
});
