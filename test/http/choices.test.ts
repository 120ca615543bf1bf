/**
 * What an application may choose of the routes: other paths, its own metrics, what it is called. The
 * contract's own paths are `routes.test.ts`'s.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import { createHandler, type HandlerOptions, metricsText } from '../../src/http/index.ts';
import { Lifecycle, Phase } from '../../src/index.ts';
import { ownPaths } from '../../src/lifecycle/routes.ts';
import { VERSION } from '../../src/version.ts';
import {
  ask,
  BACKENDS,
  BEARER,
  METHODS,
  PHASES,
  PROBES,
  READS,
  ROUTES,
  room,
  TOKEN,
} from './wire.ts';

const OWN = {
  live: '/livez',
  ready: '/readyz',
  readyWrite: '/readyz/write',
  startup: '/startupz/',
  metrics: '/internal/metrics.txt',
};

const isOurs = async (options: HandlerOptions, path: string): Promise<boolean> => {
  const handler = createHandler(Lifecycle.create(), options);
  const answers = METHODS.map((method) => handler(new Request(`http://a${path}`, { method })));
  const ours = (await Promise.all(answers)).map((answer) => answer !== undefined);
  expect(new Set(ours).size).toBe(1);
  return ours[0] === true;
};

describe('with paths of its own', () => {
  it('each probe answers at its new path as it does at the old one', async () => {
    for (const phase of [Phase.Starting, Phase.Ready, Phase.Draining, Phase.Stopped]) {
      const { lifecycle, handler } = room('wasm', phase, { paths: OWN });
      const usual = createHandler(lifecycle);
      for (const [index, path] of [OWN.live, OWN.ready, OWN.readyWrite, OWN.startup].entries()) {
        const old = ['/health/live', '/health/ready', '/health/ready/write', '/health/startup'];
        expect(await ask(handler, 'GET', path)).toEqual(await ask(usual, 'GET', old[index] ?? ''));
      }
      expect((await ask(handler, 'GET', OWN.metrics)).text).toContain('tidegate_phase{');
    }
  });

  it('the old paths are the application’s, those that keep their name are not', async () => {
    for (const path of [...PROBES, '/metrics'])
      expect(await isOurs({ paths: OWN }, path)).toBe(false);
    for (const path of Object.values(OWN)) expect(await isOurs({ paths: OWN }, path)).toBe(true);
    const some = { paths: { live: '/', ready: undefined } };
    for (const path of ['/', '/health/ready', '/metrics', '/admin/status']) {
      expect([path, await isOurs(some, path)]).toEqual([path, true]);
    }
    expect(await isOurs(some, '/health/live')).toBe(false);
  });

  it('the base path comes before them, too', async () => {
    const options = { basePath: '/internal', paths: OWN };
    expect(await isOurs(options, '/internal/livez')).toBe(true);
    expect(await isOurs(options, '/livez')).toBe(false);
    expect(await isOurs(options, '/internal/admin/drain')).toBe(true);
  });

  it('servers know exactly those for the handler’s own', () => {
    const lifecycle = Lifecycle.create();
    createHandler(lifecycle, { basePath: '/in', paths: { live: '/livez' }, metrics: false });
    expect([...ownPaths(lifecycle)].sort()).toEqual(
      [
        '/in/livez',
        ...ROUTES.filter((path) => !['/health/live', '/metrics'].includes(path)).map(
          (path) => `/in${path}`,
        ),
      ].sort(),
    );
  });

  it('a handler that is refused leaves no path behind', () => {
    const lifecycle = Lifecycle.create();
    expect(() => createHandler(lifecycle, { paths: { live: '/metrics' } })).toThrow('/metrics');
    expect([...ownPaths(lifecycle)]).toEqual([]);
  });
});

describe('metrics: false', () => {
  it('leaves /metrics to the application, and nothing else', async () => {
    const options = { metrics: false, adminToken: TOKEN };
    expect(await isOurs(options, '/metrics')).toBe(false);
    for (const path of READS.filter((each) => each !== '/metrics')) {
      expect([path, await isOurs(options, path)]).toEqual([path, true]);
    }
  });

  it('metricsText() gives the text that /metrics would', async () => {
    const { lifecycle, handler } = room('wasm', 1);
    // The clock is set by hand, so both say the same.
    expect(metricsText(lifecycle)).toBe((await ask(handler, 'GET', '/metrics')).text);
    expect(metricsText(lifecycle)).not.toContain('# EOF');
    expect(metricsText(lifecycle, { name: 'orders', version: '7' })).toContain(
      'tidegate_build_info{name="orders",version="7",',
    );
  });

  it('metricsText() of a lifecycle that was detached throws', () => {
    const lifecycle = Lifecycle.create();
    lifecycle.detach();
    expect(() => metricsText(lifecycle)).toThrow(expect.objectContaining({ code: 'detached' }));
  });
});

describe('name and version', () => {
  const told = async (options: HandlerOptions) => {
    const { handler } = room('wasm', 1, { ...options, adminToken: TOKEN });
    const { json } = await ask(handler, 'GET', '/admin/status', { headers: BEARER });
    const { text } = await ask(handler, 'GET', '/metrics');
    const [, labels = ''] = /^tidegate_build_info\{(.*)\} 1$/m.exec(text) ?? [];
    return { status: json as Record<string, unknown>, labels };
  };

  it('are in /admin/status and in tidegate_build_info', async () => {
    const { status, labels } = await told({ name: 'orders', version: '1.4.2' });
    expect(status).toMatchObject({ name: 'orders', version: '1.4.2', phase: 'ready' });
    expect(labels).toMatch(/^name="orders",version="1\.4\.2",backend="wasm",runtime="\w+"$/);
  });

  it('are absent where they are not given; the metric then has the version of tidegate', async () => {
    const { status, labels } = await told({});
    expect(Object.keys(status)).not.toContain('name');
    expect(Object.keys(status)).not.toContain('version');
    expect(labels).toContain(`version="${VERSION}"`);
    expect(labels).not.toContain('name=');
  });

  it('break out of no label', async () => {
    const { labels } = await told({ name: 'a"} 1\ntidegate_phase 9', version: '\\' });
    expect(labels).toContain('name="a\\"} 1\\ntidegate_phase 9",version="\\\\"');
  });
});

describe.each(BACKENDS)('OPTIONS on %s', (backend) => {
  it.each(PHASES.map((name, phase) => [name, phase as Phase] as const))(
    'of a probe in %s is its verdict, with allow',
    async (_, phase) => {
      for (const path of PROBES) {
        const { handler } = room(backend, phase);
        const get = await ask(handler, 'GET', path);
        const { status, headers, text } = await ask(handler, 'OPTIONS', path);
        expect(headers.allow).toBe('GET, HEAD, OPTIONS');
        expect(headers['cache-control']).toBe('no-store');
        if (get.status === 200) {
          expect([status, text, headers['content-type']]).toEqual([204, '', undefined]);
        } else {
          expect([status, text]).toEqual([503, get.text]);
          expect(headers['retry-after']).toBe('1');
        }
      }
    },
  );

  it('elsewhere is 204 with allow, for everybody, and moves nothing', async () => {
    const { lifecycle, handler } = room(backend, 1);
    const before = JSON.stringify(lifecycle.snapshot());
    for (const path of ROUTES.filter((each) => !PROBES.includes(each))) {
      const { status, headers, text } = await ask(handler, 'OPTIONS', path);
      const allow = READS.includes(path) ? 'GET, HEAD, OPTIONS' : 'POST, OPTIONS';
      expect([path, status, headers.allow, text]).toEqual([path, 204, allow, '']);
    }
    expect(JSON.stringify(lifecycle.snapshot())).toBe(before);
  });

  it('of a probe counts as a probe: the pre-drain ends by it', async () => {
    const { lifecycle, handler } = room(backend, 1);
    lifecycle.pipeline({ steps: [], preDrainMs: 600_000, preDrainProbes: 2 });
    const probe = () => ask(handler, 'OPTIONS', '/health/ready/write');
    expect((await probe()).status).toBe(204);
    const report = lifecycle.shutdown();
    expect([(await probe()).status, (await probe()).status]).toEqual([503, 503]);
    expect((await report).drained).toBe(true);
  });

  it('of a lifecycle that was detached is 503 with allow', async () => {
    const { lifecycle, handler } = room(backend, 1);
    lifecycle.detach();
    const { status, headers } = await ask(handler, 'OPTIONS', '/health/ready');
    expect([status, headers.allow]).toEqual([503, 'GET, HEAD, OPTIONS']);
  });
});
