/**
 * The audit, and tokens with names: who is told of, for which calls, and what is never told.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import { createHandler as createEdgeHandler } from '../../src/http/for-edge.ts';
import {
  type AuditEvent,
  createHandler,
  type Handler,
  type HandlerOptions,
} from '../../src/http/index.ts';
import { Lifecycle, type LogEvent } from '../../src/index.ts';
import { installLog } from '../../src/lifecycle/journal.ts';
import { ask, basic } from './wire.ts';

const TOKENS = { deploy: 'first-secret', ops: 'second-secret' };
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

interface Subject {
  readonly lifecycle: Lifecycle;
  readonly handler: Handler;
  readonly heard: AuditEvent[];
  readonly log: LogEvent[];
}

function subject(options: HandlerOptions = { adminTokens: TOKENS }): Subject {
  const lifecycle = Lifecycle.create();
  lifecycle.markReady();
  const heard: AuditEvent[] = [];
  const log: LogEvent[] = [];
  installLog(lifecycle, (event) => log.push(event));
  const audit = (event: AuditEvent): number => heard.push(event);
  return { lifecycle, handler: createHandler(lifecycle, { audit, ...options }), heard, log };
}

const post = (handler: Handler, path: string, headers = {}, body: string | null = null) =>
  ask(handler, 'POST', path, { headers, body });

describe('the audit', () => {
  it('hears of each call: who, what, how it was answered, and when', async () => {
    const { handler, heard } = subject({ adminToken: 'own', adminTokens: TOKENS, basePath: '/in' });
    const beganMs = Date.now();
    await post(handler, '/in/admin/readonly', bearer(TOKENS.ops), '{"enabled":true}');
    await post(handler, '/in/admin/drain', bearer('own'));
    const common = { from: null, method: 'POST', status: 200, atMs: expect.any(Number) };
    expect(heard).toEqual([
      {
        ...common,
        by: 'ops',
        path: '/in/admin/readonly',
        answer: { ok: true, read_only: true, changed: true },
      },
      {
        ...common,
        by: 'adminToken',
        path: '/in/admin/drain',
        answer: { ok: true, phase: 'draining' },
      },
    ]);
    for (const { atMs } of heard) expect(atMs).toBeGreaterThanOrEqual(beganMs);
    expect(Object.isFrozen(heard[0])).toBe(true);
  });

  it('is called for a status that was refused, with a wrong token or without one, and not for one that was allowed', async () => {
    const { handler, heard } = subject();
    await ask(handler, 'GET', '/admin/status', { headers: bearer(TOKENS.ops) });
    await ask(handler, 'GET', '/admin/status', { headers: bearer('wrong') });
    const closed = subject({});
    await ask(closed.handler, 'GET', '/admin/status');
    const refused = [...heard, ...closed.heard].map(({ method, by, status }) => [
      method,
      by,
      status,
    ]);
    expect(refused).toEqual([
      ['GET', null, 401],
      ['GET', null, 403],
    ]);
  });

  it('hears of a shutdown when it is accepted, and when it is over', async () => {
    const { lifecycle, handler, heard } = subject();
    const at: number[] = [];
    lifecycle.step({ name: 'flush', run: () => void at.push(heard.length) });
    await post(handler, '/admin/shutdown', bearer(TOKENS.deploy));
    expect(heard.map(({ by, status }) => [by, status])).toEqual([
      ['deploy', 202],
      ['deploy', 200],
    ]);
    expect(heard[0]?.answer).toEqual({ ok: true, accepted: true, phase: 'ready' });
    expect(heard[1]?.answer).toMatchObject({ ok: true, trigger: 'http' });
    // Before any step: the process may not outlive them.
    expect(at).toEqual([1]);
    await post(handler, '/admin/shutdown', bearer(TOKENS.ops));
    expect(heard.slice(2).map(({ by, status }) => [by, status])).toEqual([['ops', 200]]);
  });

  it('hears of every attempt that was refused, and of whom is nothing known', async () => {
    const { lifecycle, handler, heard } = subject();
    await post(handler, '/admin/drain');
    await post(handler, '/admin/drain', bearer('third-secret'));
    await post(handler, '/admin/drain', basic(TOKENS.ops));
    await ask(handler, 'GET', '/admin/status');
    await ask(handler, 'HEAD', '/admin/status', { headers: bearer('third-secret') });
    expect(heard.map(({ by, method, path, status }) => [by, method, path, status])).toEqual([
      [null, 'POST', '/admin/drain', 401],
      [null, 'POST', '/admin/drain', 401],
      [null, 'POST', '/admin/drain', 401],
      [null, 'GET', '/admin/status', 401],
      [null, 'HEAD', '/admin/status', 401],
    ]);
    expect(lifecycle.phase()).toBe(1);
  });

  it.each<[string, HandlerOptions, Record<string, string>, number]>([
    ['is closed', {}, bearer('x'), 403],
    ['is open, from another site', { openAdmin: true }, { origin: 'http://evil' }, 403],
    ['is open', { openAdmin: true }, {}, 200],
  ])('hears of calls where the admin %s', async (_, options, headers, status) => {
    const { handler, heard } = subject(options);
    await post(handler, '/admin/drain', headers);
    expect(heard).toMatchObject([{ by: null, status }]);
  });

  it('hears of a call with a body that is malformed or too long, by name', async () => {
    const { handler, heard } = subject();
    await post(handler, '/admin/readonly', bearer(TOKENS.ops), '{"enabled":1}');
    await post(handler, '/admin/drain', bearer(TOKENS.ops), 'x'.repeat(5_000));
    expect(heard.map(({ by, status }) => [by, status])).toEqual([
      ['ops', 400],
      ['ops', 413],
    ]);
  });

  it('hears of nothing else: no probe, no scrape, no look at the status, no other method', async () => {
    const { handler, heard } = subject({ adminTokens: TOKENS, metricsToken: 'm' });
    for (const path of ['/health/live', '/health/ready', '/metrics'])
      await ask(handler, 'GET', path);
    await ask(handler, 'GET', '/admin/status', { headers: bearer(TOKENS.ops) });
    await ask(handler, 'GET', '/admin/drain', { headers: bearer(TOKENS.ops) });
    await ask(handler, 'OPTIONS', '/admin/drain');
    expect(heard).toEqual([]);
  });

  it('is called with the client address, if the handler has it', async () => {
    const { handler, heard } = subject();
    const request = new Request('http://localhost/admin/drain', { method: 'POST' });
    await handler(request, { remoteAddress: '192.0.2.7' });
    expect(heard).toMatchObject([{ from: '192.0.2.7', status: 401 }]);
  });

  it('has no token in any event, right or wrong, wherever it was shown', async () => {
    const { handler, heard } = subject();
    for (const token of [TOKENS.ops, 'third-secret']) {
      for (const headers of [
        bearer(token),
        basic(token),
        { authorization: token },
        { cookie: token },
      ]) {
        await post(handler, `/admin/drain?token=${token}`, headers, `{"token":"${token}"}`);
        await ask(handler, 'GET', `/admin/status?token=${token}`, { headers });
      }
    }
    expect(heard.length).toBeGreaterThan(10);
    const told = JSON.stringify(heard);
    for (const token of ['secret', btoa(`admin:${TOKENS.ops}`)]) expect(told).not.toContain(token);
  });

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('no space left');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no space left'))],
    ['never resolves', () => new Promise(() => {})],
  ])('that %s changes no answer, and is logged once until it works again', async (how, fails) => {
    let audit: () => unknown = fails;
    const { handler, log } = subject({ adminTokens: TOKENS, audit: () => audit() });
    const calls = async (): Promise<void> => {
      expect((await post(handler, '/admin/drain', bearer(TOKENS.ops))).status).toBe(200);
      expect((await post(handler, '/admin/drain')).status).toBe(401);
    };
    await calls();
    const once =
      how === 'never resolves' ? [] : [expect.objectContaining({ type: 'audit_failed' })];
    expect(log).toEqual(once);
    audit = () => {};
    await calls();
    audit = fails;
    await calls();
    expect(log).toEqual([...once, ...once]);
  });
});

describe('tokens with names', () => {
  it('each open the admin calls, in addition to adminToken, as bearer or as the password of a browser', async () => {
    const { handler } = subject({ adminToken: 'own', adminTokens: TOKENS });
    for (const token of ['own', ...Object.values(TOKENS)]) {
      for (const headers of [bearer(token), basic(token)]) {
        expect((await ask(handler, 'GET', '/admin/status', { headers })).status).toBe(200);
      }
    }
    for (const token of ['deploy', 'first-secre', 'first-secrets', '']) {
      expect((await post(handler, '/admin/drain', bearer(token))).status).toBe(401);
    }
  });

  it('are all compared, whichever is right, so that the time does not tell which', async () => {
    const asked: string[] = [];
    const give = (name: string) => () => {
      asked.push(name);
      return `secret of ${name}`;
    };
    const { handler } = subject({ adminTokens: { a: give('a'), b: give('b'), c: give('c') } });
    for (const name of ['a', 'b', 'c', 'd']) {
      await post(handler, '/admin/readonly', bearer(`secret of ${name}`));
      expect([name, ...asked.splice(0)]).toEqual([name, 'a', 'b', 'c']);
    }
  });

  it('one that fails to load closes nothing for the others, and is logged with its name', async () => {
    let token = 'first';
    const vault = (): string => {
      if (token === '') throw new Error('sealed');
      return token;
    };
    const { handler, log } = subject({ adminTokens: { vault, ops: TOKENS.ops } });
    token = 'rotated';
    expect((await post(handler, '/admin/drain', bearer('first'))).status).toBe(401);
    expect((await post(handler, '/admin/drain', bearer('rotated'))).status).toBe(200);
    token = '';
    expect((await post(handler, '/admin/drain', bearer('rotated'))).status).toBe(401);
    expect((await post(handler, '/admin/drain', bearer(TOKENS.ops))).status).toBe(200);
    expect(log).toMatchObject([{ type: 'token_failed', message: 'token vault failed' }]);
    const closed = subject({ adminTokens: { vault } });
    expect((await post(closed.handler, '/admin/drain', bearer(''))).status).toBe(403);
  });

  it.each([
    ['no object', 's3cret'],
    ['none', {}],
    ['a list', ['s3cret']],
    ['an empty name', { '': 's3cret' }],
    ['an empty token', { ops: '', deploy: 's3cret' }],
    ['a token that is missing', { ops: undefined, deploy: 's3cret' }],
    ['a token with a newline', { ops: 's3cret\n' }],
    ['a token of another type', { ops: ['s3cret'] }],
    ['two names of one token', { ops: 's3cret', deploy: 's3cret' }],
    ['null', null],
  ])('are refused at the creation: %s', (_, adminTokens) => {
    const refused = (): Handler =>
      createHandler(Lifecycle.create(), { openAdmin: true, adminTokens: adminTokens as never });
    expect(refused).toThrow(/^Cannot create the handler: adminTokens/);
    expect(refused).not.toThrow(/s3cret/);
  });

  it('are there on the edge, too, where audit is refused and not passed over', () => {
    const lifecycle = Lifecycle.create();
    expect(createEdgeHandler(lifecycle, { adminTokens: TOKENS })).toBeTypeOf('function');
    const refused = (): Handler => createEdgeHandler(lifecycle, { audit: () => {} });
    expect(refused).toThrow('Cannot create the handler: unknown option "audit"');
  });

  it.each([null, 1, 'audit', {}])('refuse %j as audit', (audit) => {
    const refused = (): Handler => createHandler(Lifecycle.create(), { audit: audit as never });
    expect(refused).toThrow('Cannot create the handler: audit must be a function');
  });
});
