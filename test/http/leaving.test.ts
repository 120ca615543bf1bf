/**
 * From the acceptance of a shutdown to its report: what every answer says of the connection, which
 * probes are counted, and that everybody gets the same report, exactly as it is on the wire.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import { type Lifecycle, Phase } from '../../src/index.ts';
import { REPORT, turn } from '../conformance/suite.ts';
import { UNTIL_TOLD } from './ask.ts';
import {
  ask,
  BACKENDS,
  BEARER,
  CALLS,
  jsonHeaders,
  PHASES,
  READS,
  ROUTES,
  room,
  stateOf,
} from './wire.ts';

const ON_WIRE = {
  flushed_wal: true,
  final_checkpoint: false,
  backup_uploaded: true,
  duration_ms: 7,
  started_at_ms: 1_000,
  completed_at_ms: 1_007,
  drained: true,
  taken_over: false,
  failed: false,
  trigger: null,
  steps: [],
};

/** A write that is out keeps the shutdown in Draining until it is released. */
function acceptedWithWrite(lifecycle: Lifecycle): () => Promise<unknown> {
  const permit = lifecycle.gate.tryEnter('write');
  const report = lifecycle.shutdown();
  return () => {
    permit?.release();
    return report;
  };
}

describe.each(BACKENDS)('on %s', (backend) => {
  it('every answer says connection: close from the acceptance on, and none before', async () => {
    const { lifecycle, handler } = room(backend, 1);
    const connections = async (): Promise<string[]> => {
      const said = new Set<string>();
      const requests = [
        ...READS.flatMap((path) => ['GET', 'HEAD', 'POST'].map((method) => [method, path])),
        ...CALLS.flatMap((path) => ['PUT', 'GET'].map((method) => [method, path])),
      ] as const;
      for (const [method = '', path = ''] of requests) {
        for (const headers of [BEARER, {}]) {
          said.add(`${(await ask(handler, method, path, { headers })).headers.connection}`);
        }
      }
      for (const body of ['{', 'x'.repeat(5_000), '{"enabled":false}']) {
        const init = { headers: BEARER, body };
        said.add(`${(await ask(handler, 'POST', '/admin/readonly', init)).headers.connection}`);
      }
      return [...said];
    };
    expect(await connections()).toEqual(['undefined']);
    const end = acceptedWithWrite(lifecycle);
    expect(await connections()).toEqual(['close']);
    await end();
    expect(await connections()).toEqual(['close']);
    expect(await handler(new Request('http://localhost/mine'))).toBeUndefined();
  });

  it('counts the readiness probes that were answered so, HEAD among them, and no others', async () => {
    const { lifecycle, handler } = room(backend, 1);
    lifecycle.pipeline({ steps: [], ...UNTIL_TOLD, preDrainProbes: 2 });
    // Not counted: nothing was accepted yet.
    lifecycle.gate.hold('paused');
    for (let probe = 0; probe < 3; probe++) await ask(handler, 'GET', '/health/ready/write');
    lifecycle.gate.release('paused');
    const report = lifecycle.shutdown();
    for (const path of READS.filter((each) => each !== '/health/ready/write')) {
      await ask(handler, 'GET', path, { headers: BEARER });
      await ask(handler, 'HEAD', path, { headers: BEARER });
    }
    await ask(handler, 'POST', '/health/ready/write');
    const first = await ask(handler, 'HEAD', '/health/ready/write');
    expect(first.status).toBe(503);
    await turn(30);
    expect(lifecycle.phase()).toBe(Phase.Ready);
    const second = await ask(handler, 'GET', '/health/ready/write');
    expect(second.json).toMatchObject({ status: 'ready', reason: 'shutdown_requested' });
    expect((await report).drained).toBe(true);
  });

  it('with readyWhileDraining: false counts those of /health/ready, too', async () => {
    const { lifecycle, handler } = room(backend, 1, { readyWhileDraining: false });
    lifecycle.pipeline({ steps: [], ...UNTIL_TOLD, preDrainProbes: 1 });
    // Not counted: nothing was accepted yet. But this is somebody who was asking before.
    expect((await ask(handler, 'GET', '/health/ready')).status).toBe(200);
    const report = lifecycle.shutdown();
    expect((await ask(handler, 'GET', '/health/startup')).status).toBe(200);
    await turn(30);
    expect(lifecycle.phase()).toBe(Phase.Ready);
    expect((await ask(handler, 'GET', '/health/ready')).json).toMatchObject({
      probe: 'ready',
      reason: 'shutdown_requested',
    });
    expect((await report).drained).toBe(true);
  });

  it('20 calls at once run the pipeline once and get one answer, and so do later ones', async () => {
    const { lifecycle, handler } = room(backend, 1);
    const ran: string[] = [];
    const step = (name: string) => ({
      name,
      run: async () => {
        ran.push(name);
        await turn(2);
      },
    });
    lifecycle.pipeline({ steps: ['flush_wal', 'final_checkpoint', 'backup', 'own'].map(step) });
    const bySignal = lifecycle.shutdown({ trigger: 'SIGTERM' });
    const call = () => ask(handler, 'POST', '/admin/shutdown', { headers: BEARER });
    const answers = await Promise.all(Array.from({ length: 20 }, call));
    answers.push(await call());
    expect(ran).toEqual(['flush_wal', 'final_checkpoint', 'backup', 'own']);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    const { durationMs, startedAtMs, completedAtMs, steps } = await bySignal;
    expect(answers.at(-1)).toMatchObject({ status: 200 });
    expect(answers[0]?.json).toEqual({
      ok: true,
      ...ON_WIRE,
      final_checkpoint: true,
      duration_ms: durationMs,
      started_at_ms: startedAtMs,
      completed_at_ms: completedAtMs,
      trigger: 'SIGTERM',
      steps: ran.map((name, at) => ({ name, status: 'ok', duration_ms: steps[at]?.durationMs })),
    });
  });

  it.each([
    ['ok', undefined, true],
    ['skipped', 'flush_wal did not end ok', true],
    ['failed', 'disk "full"', false],
    ['timed_out', 'timed out after 5 ms', false],
  ] as const)(
    'a step that is %s is on the wire, and decides the status',
    async (status, error, ok) => {
      const { lifecycle, handler } = room(backend, 1);
      const step = { name: 'own', status, durationMs: 5 };
      const pending = joinOwn(lifecycle, handler);
      const steps = [error === undefined ? step : { ...step, error }];
      lifecycle.finishShutdown({ ...REPORT, takenOver: true, trigger: 'SIGINT', steps });
      const { json, status: code, headers } = await pending;
      // No retry-after: asked again, it is the same.
      expect(headers).toEqual(jsonHeaders({ connection: 'close' }));
      expect([code, json]).toEqual([
        ok ? 200 : 500,
        {
          ok,
          ...ON_WIRE,
          taken_over: true,
          failed: false,
          trigger: 'SIGINT',
          steps: [{ name: 'own', status, duration_ms: 5, ...(error !== undefined && { error }) }],
        },
      ]);
      const again = await ask(handler, 'POST', '/admin/shutdown', { headers: BEARER });
      expect([again.status, again.json]).toEqual([code, json]);
    },
  );

  it('what did not drain is a 500, though no step failed', async () => {
    const { lifecycle, handler } = room(backend, 1);
    const pending = joinOwn(lifecycle, handler);
    lifecycle.finishShutdown({ ...REPORT, drained: false });
    const { status, json } = await pending;
    expect([status, json]).toEqual([500, { ok: false, ...ON_WIRE, drained: false }]);
  });

  it('a call that is the first has the trigger http', async () => {
    const { handler } = room(backend, 0);
    const { json } = await ask(handler, 'POST', '/admin/shutdown', { headers: BEARER });
    expect(json).toMatchObject({ ok: true, trigger: 'http', drained: true, steps: [] });
  });

  it('a drain that meets another thread just at markReady() drains what is ready now', async () => {
    const { lifecycle, handler } = room(backend, 0);
    const markDraining = lifecycle.markDraining.bind(lifecycle);
    // The other thread's move, at the only moment that matters: after a first, vain attempt.
    lifecycle.markDraining = () => {
      const made = markDraining();
      lifecycle.markReady();
      return made;
    };
    const { status, json } = await ask(handler, 'POST', '/admin/drain', { headers: BEARER });
    expect([status, json]).toEqual([200, { ok: true, phase: 'draining' }]);
    expect(lifecycle.phase()).toBe(Phase.Draining);
  });

  it.each(PHASES.map((name, phase) => [name, phase as Phase] as const))(
    'the read-only hold can be set and lifted in %s, and touches nothing else',
    async (_, phase) => {
      const { lifecycle, handler } = room(backend, phase);
      lifecycle.gate.hold('replica');
      const before = stateOf(lifecycle);
      const post = async (enabled: boolean): Promise<unknown> => {
        const init = { headers: BEARER, body: JSON.stringify({ enabled }) };
        return (await ask(handler, 'POST', '/admin/readonly', init)).json;
      };
      expect(await post(false)).toEqual({ ok: true, read_only: false, changed: false });
      expect(await post(true)).toEqual({ ok: true, read_only: true, changed: true });
      expect(await post(true)).toEqual({ ok: true, read_only: true, changed: false });
      expect(lifecycle.gate.holds()).toEqual(['read_only', 'replica']);
      expect(lifecycle.gate.tryEnter('write')).toBeNull();
      expect(await post(false)).toEqual({ ok: true, read_only: false, changed: true });
      expect(stateOf(lifecycle)).toBe(before);
    },
  );

  it('answers in each phase with the reason: the text, the phase, or the hold', async () => {
    const told: unknown[][] = [];
    for (const phase of [0, 1, 2, 3, 4] as const) {
      const { lifecycle, clock, handler } = room(backend, phase);
      lifecycle.setStartingReason('index_warmup');
      for (const hold of ['paused', 'lease_lost'] as const) lifecycle.gate.hold(hold);
      clock.now += 999;
      for (const path of ROUTES.filter((each) => each.startsWith('/health/r'))) {
        told.push([path, (await ask(handler, 'GET', path)).json]);
      }
    }
    const failing = (probe: string, status: string, since_secs: number, reason = status) => [
      `/health/${probe}`,
      { probe, status, phase: status, since_secs, reason },
    ];
    const ready = (phase: string, since_secs: number) => [
      '/health/ready',
      { probe: 'ready', status: 'ready', phase, since_secs, ready_at_unix_ms: 1_500 },
    ];
    expect(told).toEqual([
      failing('ready', 'starting', 0, 'index_warmup'),
      failing('ready/write', 'starting', 0, 'index_warmup'),
      ready('ready', 1),
      failing('ready/write', 'ready', 1, 'lease_lost'),
      ready('draining', 1),
      failing('ready/write', 'draining', 1),
      failing('ready', 'shutting_down', 2),
      failing('ready/write', 'shutting_down', 2),
      failing('ready', 'stopped', 2),
      failing('ready/write', 'stopped', 2),
    ]);
  });
});

/** The application owns the shutdown, and a call over HTTP waits for its report. */
function joinOwn(lifecycle: Lifecycle, handler: Parameters<typeof ask>[0]) {
  expect(lifecycle.beginShutdown()).toBe(true);
  return ask(handler, 'POST', '/admin/shutdown', { headers: BEARER });
}
