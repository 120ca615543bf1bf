/**
 * The admin calls: who may, what they answer in every phase, and what they do not do.
 *
 * @module
 */

import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { createHandler, type HandlerOptions } from '../../src/http/index.ts';
import { LifecycleError } from '../../src/index.ts';
import { BACKENDS, PHASES, Subject, TOKEN } from './ask.ts';

const POSTS = ['/admin/drain', '/admin/shutdown', '/admin/readonly'] as const;
const ROUTES = ['/admin/status', ...POSTS] as const;
const methodOf = (path: string): string => (path === '/admin/status' ? 'GET' : 'POST');
const basic = (pair: string): string => `Basic ${btoa(pair)}`;

describe('authorization of admin calls', () => {
  it.each(ROUTES)(
    '%s without a configured token is closed, and says how to open it',
    async (path) => {
      const subject = new Subject({}).in(1);
      const before = subject.state();
      const { status, json } = await subject.ask(path, { method: methodOf(path) });
      expect(status).toBe(403);
      expect(json).toEqual({ ok: false, error: expect.stringContaining('adminToken') });
      expect(subject.state()).toBe(before);
    },
  );

  it.each(
    ROUTES.flatMap((path) =>
      [
        '',
        'Bearer',
        'Bearer ',
        'Bearer wrong',
        `Bearer ${TOKEN}x`,
        `Bearer ${TOKEN.slice(1)}`,
        `Bearer ${TOKEN.toUpperCase()}`,
        `Digest ${TOKEN}`,
        TOKEN,
        basic(`${TOKEN}:wrong`),
        basic(TOKEN),
        'Basic %%%',
      ].map((header) => [path, header] as const),
    ),
  )('%s with authorization "%s" is 401 and moves nothing', async (path, authorization) => {
    const subject = new Subject().in(1);
    const before = subject.state();
    const { status, headers } = await subject.ask(path, {
      method: methodOf(path),
      headers: { authorization },
    });
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toContain('Bearer');
    expect(subject.state()).toBe(before);
  });

  it('the scheme is not case-sensitive', async () => {
    const headers = { authorization: `bEARER   ${TOKEN} ` };
    expect((await new Subject().ask('/admin/status', { headers })).status).toBe(200);
  });

  it('status also takes Basic with the token as the password, and no POST does', async () => {
    const headers = { authorization: basic(`anybody:${TOKEN}`) };
    const subject = new Subject().in(1);
    expect((await subject.ask('/admin/status', { headers })).status).toBe(200);
    expect((await subject.ask('/admin/status', { headers, method: 'HEAD' })).status).toBe(200);
    for (const path of POSTS) {
      expect((await subject.ask(path, { headers, method: 'POST' })).status, path).toBe(401);
    }
    const wrong = { authorization: 'x' };
    const { headers: asked } = await subject.ask('/admin/status', { headers: wrong });
    expect(asked.get('www-authenticate')).toContain('Basic');
  });

  it.each([
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': 'same-site' }, 403],
    [{ 'sec-fetch-site': 'same-origin' }, 200],
    [{ 'sec-fetch-site': 'none' }, 200],
    [{ origin: 'http://evil.test' }, 403],
    [{ origin: 'null' }, 403],
    [{ origin: 'http://service.test' }, 200],
    [{}, 200],
  ])('with openAdmin a request with %j is %i', async (headers, status) => {
    const subject = new Subject({ openAdmin: true }).in(1);
    const before = subject.state();
    const post = { method: 'POST', headers, token: null };
    expect((await subject.ask('/admin/drain', post)).status).toBe(status);
    if (status === 403) expect(subject.state()).toBe(before);
  });

  it('with openAdmin and a token the token is asked for', async () => {
    const subject = new Subject({ openAdmin: true, adminToken: TOKEN });
    expect((await subject.ask('/admin/status', { token: null })).status).toBe(401);
  });

  it('the metrics are open until they have a token of their own', async () => {
    expect((await new Subject().ask('/metrics', { token: null })).status).toBe(200);
    const subject = new Subject({ metricsToken: 'scraper', adminToken: TOKEN });
    expect((await subject.ask('/metrics', { token: TOKEN })).status).toBe(401);
    expect((await subject.ask('/metrics', { token: 'scraper' })).status).toBe(200);
  });
});

describe.each(BACKENDS)('on %s', (backend) => {
  const create = (phase: number): Subject => new Subject({ adminToken: TOKEN }, backend).in(phase);

  it.each(PHASES.map((name, phase) => [name, phase] as const))(
    'POST /admin/drain in %s',
    async (name, phase) => {
      const subject = create(phase);
      const { status, json } = await subject.ask('/admin/drain', { method: 'POST' });
      if (name === 'starting') {
        expect(status).toBe(409);
        expect(json).toEqual({ ok: false, phase: 'starting', error: expect.any(String) });
      } else {
        expect(status).toBe(200);
        expect(json).toEqual({ ok: true, phase: name === 'ready' ? 'draining' : name });
      }
    },
  );

  it('POST /admin/drain does not wait for the writes in flight', async () => {
    const subject = create(1);
    subject.lifecycle.gate.tryEnter('write');
    expect((await subject.ask('/admin/drain', { method: 'POST' })).status).toBe(200);
  });

  it('POST /admin/shutdown answers with the report, again and again', async () => {
    const subject = create(1);
    let flushes = 0;
    subject.lifecycle.pipeline({
      steps: [
        {
          name: 'flush_wal',
          run: () => {
            flushes += 1;
          },
        },
        { name: 'own', run: () => {} },
      ],
    });
    const replies = await Promise.all(
      Array.from({ length: 20 }, () => subject.ask('/admin/shutdown', { method: 'POST' })),
    );
    replies.push(await subject.ask('/admin/shutdown', { method: 'POST' }));
    expect(new Set(replies.map(({ text }) => text)).size).toBe(1);
    expect(flushes).toBe(1);
    const [{ status, json, headers } = { status: 0, json: {}, headers: new Headers() }] = replies;
    expect([status, headers.get('connection')]).toEqual([200, 'close']);
    const report = subject.lifecycle.shutdownReport();
    expect(json).toEqual({
      ok: true,
      flushed_wal: true,
      final_checkpoint: false,
      backup_uploaded: false,
      duration_ms: report?.durationMs,
      started_at_ms: report?.startedAtMs,
      completed_at_ms: report?.completedAtMs,
      drained: true,
      taken_over: false,
      failed: false,
      trigger: 'http',
      steps: [
        { name: 'flush_wal', status: 'ok', duration_ms: expect.any(Number) },
        { name: 'own', status: 'ok', duration_ms: expect.any(Number) },
      ],
    });
  });

  it.each([
    ['a step that failed', false],
    ['writes that were left', true],
  ])('POST /admin/shutdown with %s is 500 with ok: false', async (_, leaves) => {
    const subject = create(1);
    if (leaves) subject.lifecycle.gate.tryEnter('write');
    subject.lifecycle.pipeline({
      drainTimeoutMs: 5,
      steps: [
        {
          name: 'flush_wal',
          run: () => {
            if (!leaves) throw new Error('disk "full"');
          },
        },
        { name: 'backup', run: () => {} },
      ],
    });
    const { status, json } = await subject.ask('/admin/shutdown', { method: 'POST' });
    expect([status, json.ok, json.drained]).toEqual([500, false, !leaves]);
    if (!leaves) {
      expect(json.steps).toMatchObject([
        { status: 'failed', error: 'disk "full"' },
        { status: 'skipped' },
      ]);
    }
  });

  it('POST /admin/readonly sets and lifts the hold, and says whether it changed', async () => {
    const subject = create(1);
    const set = (enabled: boolean) =>
      subject.ask('/admin/readonly', { method: 'POST', body: JSON.stringify({ enabled }) });
    expect((await set(true)).json).toEqual({ ok: true, read_only: true, changed: true });
    expect((await set(true)).json).toEqual({ ok: true, read_only: true, changed: false });
    expect(subject.lifecycle.gate.holds()).toEqual(['read_only']);
    expect((await set(false)).json).toEqual({ ok: true, read_only: false, changed: true });
    expect((await set(false)).json).toEqual({ ok: true, read_only: false, changed: false });
  });

  it('GET /admin/status is the whole snapshot, by wire names', async () => {
    const subject = create(0);
    const { lifecycle } = subject;
    lifecycle.setStartingReason('booting');
    lifecycle.setRestoreStartedAtMs(5);
    lifecycle.setRestoreReadyAtMs(8);
    lifecycle.stage('own').setStartedAtMs(6);
    lifecycle.gate.hold('replica');
    const { json } = await subject.ask('/admin/status');
    expect(json).toEqual({
      host: hostname(),
      pid: process.pid,
      runtime: expect.stringMatching(/^(node|deno|bun) \d/),
      phase: 'starting',
      reason: 'booting',
      at_ms: expect.any(Number),
      started_at_ms: lifecycle.startedAtMs(),
      ready_at_ms: null,
      draining_at_ms: null,
      shutting_down_at_ms: null,
      stopped_at_ms: null,
      shutdown_requested: false,
      accepted_at_ms: null,
      shutdown: null,
      holds: ['replica'],
      checks: [],
      leases: [],
      in_flight: { writes: 0, queries: 0 },
      members: [
        {
          member: lifecycle.member.number,
          incarnation: lifecycle.member.incarnation,
          writes: 0,
          queries: 0,
          thread_id: expect.any(Number),
          is_probes: false,
          blocked_ms: null,
        },
      ],
      cold_start: {
        started_at_ms: lifecycle.startedAtMs(),
        restore_started_at_ms: 5,
        restore_ready_at_ms: 8,
        wal_replay_started_at_ms: 0,
        wal_replay_ready_at_ms: 0,
        index_warmup_started_at_ms: 0,
        index_warmup_ready_at_ms: 0,
        ready_at_ms: 0,
        stages: [{ name: 'own', started_at_ms: 6, ready_at_ms: 0 }],
        durations_ms: [['restore', 3]],
      },
      steps: [],
      step_ends_ms: [],
      running_since_ms: [],
      report: null,
      backend,
      previous_run: null,
    });
    subject.in(4);
    const after = (await subject.ask('/admin/status')).json;
    expect(after).toMatchObject({ phase: 'stopped', reason: null, report: { duration_ms: 12 } });
  });
});

describe('bodies', () => {
  const post = (subject: Subject, body: BodyInit | null, headers: HeadersInit = {}) =>
    subject.ask('/admin/readonly', { method: 'POST', body, headers });
  const chunks = (...sizes: readonly number[]): ReadableStream<Uint8Array> =>
    new ReadableStream({
      start(controller) {
        for (const size of sizes) controller.enqueue(new Uint8Array(size).fill(0x20));
        controller.close();
      },
    });
  const stream = (body: ReadableStream<Uint8Array>, path = '/admin/readonly'): Request =>
    new Request(`http://service.test${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}` },
      body,
      duplex: 'half',
    } as RequestInit);

  it.each([
    null,
    '',
    'null',
    '[]',
    '{}',
    'true',
    '{"enabled": 1}',
    '{"enabled": "true"}',
    '{"Enabled": true}',
    '{"enabled": true, "other": 1}',
    '{"enabled": true',
    `${'['.repeat(2000)}`,
    new Uint8Array([0xff, 0xfe]),
  ])('%s is 400 and changes nothing', async (body) => {
    const subject = new Subject().in(1);
    const before = subject.state();
    expect((await post(subject, body)).status).toBe(400);
    expect(subject.state()).toBe(before);
  });

  it('4096 bytes are read, and one more is 413', async () => {
    const subject = new Subject().in(1);
    const padded = (length: number): string => '{"enabled": true}'.padEnd(length);
    expect((await post(subject, padded(4097))).status).toBe(413);
    expect(subject.lifecycle.gate.holds()).toEqual([]);
    expect((await post(subject, padded(4096))).status).toBe(200);
  });

  it.each(POSTS)('%s refuses a chunked body that is too long, and moves nothing', async (path) => {
    const subject = new Subject().in(1);
    const before = subject.state();
    expect((await subject.send(stream(chunks(4000, 96, 1), path)))?.status).toBe(413);
    expect(subject.state()).toBe(before);
  });

  it('a body that breaks off is 400', async () => {
    const subject = new Subject().in(1);
    const broken = new ReadableStream<Uint8Array>({
      start: (controller) => controller.error(new Error('reset')),
    });
    expect((await subject.send(stream(broken)))?.status).toBe(400);
  });
});

describe('createHandler()', () => {
  it.each([
    null,
    5,
    { adminToken: '' },
    { adminToken: 5 },
    { metricsToken: '' },
    { openAdmin: 'yes' },
    { readyWhileDraining: 0 },
    { basePath: 'internal' },
    { basePath: '/' },
    { basePath: '/internal/' },
    { basePath: 5 },
  ])('refuses %j', (options) => {
    const { lifecycle } = new Subject();
    const create = (): unknown => createHandler(lifecycle, options as HandlerOptions);
    expect(create).toThrow(LifecycleError);
    expect(create).toThrow(expect.objectContaining({ code: 'invalid_argument' }));
  });
});
