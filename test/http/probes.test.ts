/**
 * The probes: every route in every phase, their shapes, their headers.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import { BACKENDS, named, PHASES, Subject, UNTIL_TOLD } from './ask.ts';

const PROBES = ['/health/ready', '/health/startup', '/health/ready/write'] as const;

describe.each(BACKENDS)('on %s', (backend) => {
  describe.each(PHASES.map((name, phase) => [name, phase] as const))('in %s', (name, phase) => {
    const subject = (): Subject => new Subject({}, backend).in(phase);

    it('/health/live tells whether it is alive', async () => {
      const { status, json, headers } = await subject().ask('/health/live');
      const isStopped = name === 'stopped';
      expect(status).toBe(isStopped ? 503 : 200);
      expect(json).toEqual({ status: isStopped ? 'stopped' : 'alive', phase: name });
      expect(headers.get('retry-after')).toBe(isStopped ? '1' : null);
    });

    it.each(PROBES)('%s tells what it is for', async (path) => {
      const it = subject();
      const { status, json, headers } = await it.ask(path);
      const probe = path.replace('/health/', '');
      const isReady = name === 'ready' || (name === 'draining' && probe !== 'ready/write');
      expect(status).toBe(isReady ? 200 : 503);
      expect(json).toEqual(
        isReady
          ? {
              probe,
              status: 'ready',
              phase: name,
              since_secs: 0,
              ready_at_unix_ms: it.lifecycle.readyAtMs(),
            }
          : { probe, status: name, phase: name, since_secs: 0, reason: name },
      );
      expect(headers.get('content-type')).toBe('application/json');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('retry-after')).toBe(isReady ? null : '1');
    });

    it('HEAD is GET without the body', async () => {
      for (const path of ['/health/live', '/metrics', ...PROBES]) {
        const [head, get] = [
          await subject().ask(path, { method: 'HEAD' }),
          await subject().ask(path),
        ];
        expect([head.status, head.text], path).toEqual([get.status, '']);
        expect([...head.headers]).toEqual([...get.headers]);
      }
    });
  });

  it('the reason is the one that the application gave, while it is starting', async () => {
    const subject = new Subject({}, backend);
    subject.lifecycle.setStartingReason('wal "replay" \n ü');
    for (const path of PROBES) {
      expect((await subject.ask(path)).json.reason).toBe('wal "replay" \n ü');
    }
    subject.in(3);
    expect((await subject.ask('/health/ready')).json.reason).toBe('shutting_down');
  });

  it('a write hold fails /health/ready/write only, with its name', async () => {
    const subject = new Subject({}, backend).in(1);
    subject.lifecycle.gate.hold('lease_lost');
    const { status, json } = await subject.ask('/health/ready/write');
    expect([status, json.reason, json.status]).toEqual([503, 'lease_lost', 'ready']);
    expect((await subject.ask('/health/ready')).status).toBe(200);
  });

  it('an accepted shutdown fails /health/ready/write, closes connections, and probes are counted', async () => {
    const subject = new Subject({}, backend).in(1);
    const { lifecycle } = subject;
    lifecycle.pipeline({ steps: [], ...UNTIL_TOLD, preDrainProbes: 2 });
    expect((await subject.ask('/health/ready')).headers.get('connection')).toBe(null);
    expect((await subject.ask('/health/ready/write')).status).toBe(200);
    const report = lifecycle.shutdown();
    const first = await subject.ask('/health/ready/write');
    expect([first.status, first.json.reason]).toEqual([503, 'shutdown_requested']);
    expect(first.headers.get('connection')).toBe('close');
    const ready = await subject.ask('/health/ready');
    expect([ready.status, ready.headers.get('connection')]).toEqual([200, 'close']);
    expect(named(lifecycle.phase())).toBe('ready');
    await subject.ask('/health/ready/write');
    expect((await report).drained).toBe(true);
  });

  it('with readyWhileDraining: false /health/ready fails as /health/ready/write does', async () => {
    const subject = new Subject({ readyWhileDraining: false }, backend).in(1);
    expect((await subject.ask('/health/ready')).status).toBe(200);
    subject.lifecycle.gate.hold('paused');
    expect((await subject.ask('/health/ready')).json).toMatchObject({
      probe: 'ready',
      reason: 'paused',
    });
    subject.in(2);
    expect((await subject.ask('/health/ready')).status).toBe(503);
    expect((await subject.ask('/health/startup')).status).toBe(200);
  });

  it('the stages that have ended are in server-timing, whatever the answer', async () => {
    const subject = new Subject({}, backend);
    const { lifecycle } = subject;
    const timing = async (path: string): Promise<string | null> =>
      (await subject.ask(path)).headers.get('server-timing');
    lifecycle.setRestoreStartedAtMs(1_000);
    lifecycle.stage('cache_fill').setStartedAtMs(5_000);
    expect(await timing('/health/ready')).toBe(null);
    lifecycle.setRestoreReadyAtMs(2_250);
    expect(await timing('/health/ready')).toBe('restore;dur=1250');
    lifecycle.stage('cache_fill').setReadyAtMs(5_000);
    for (const phase of [0, 1, 2, 3, 4]) {
      subject.in(phase);
      for (const path of ['/health/ready', '/health/startup']) {
        expect(await timing(path)).toBe('restore;dur=1250, cache_fill;dur=0');
      }
      for (const path of ['/health/live', '/health/ready/write', '/metrics']) {
        expect(await timing(path)).toBe(null);
      }
    }
  });

  it('since_secs counts whole seconds from the creation', async () => {
    const { Lifecycle } = await import('../../src/index.ts');
    const { createHandler } = await import('../../src/http/index.ts');
    const clock = { now: 10_000 };
    const lifecycle = Lifecycle.create({ backend, clock: () => clock.now });
    clock.now = 13_999;
    lifecycle.markReady();
    clock.now = 15_500;
    const response = await createHandler(lifecycle)(new Request('http://x/health/ready'));
    expect(await response?.json()).toMatchObject({ since_secs: 5, ready_at_unix_ms: 13_999 });
  });
});

describe('paths', () => {
  it.each([
    '/',
    '/health',
    '/health/',
    '/health/live/',
    '/Health/live',
    '/health/%6cive',
    '/metricsx',
  ])('%s is not the handler’s', async (path) => {
    expect(await new Subject().tryAsk(path)).toBe(undefined);
  });

  it('a query is no part of the path', async () => {
    expect((await new Subject().ask('/health/live?x=/admin')).status).toBe(200);
  });

  it('a base path comes before all of them, and they are not found without it', async () => {
    const subject = new Subject({ basePath: '/internal/probes' });
    expect((await subject.ask('/internal/probes/health/live')).status).toBe(200);
    expect(await subject.tryAsk('/health/live')).toBe(undefined);
    expect(await subject.tryAsk('/internal/probes')).toBe(undefined);
    expect(await subject.tryAsk('/internal/probesX/health/live')).toBe(undefined);
  });
});
