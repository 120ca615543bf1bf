/**
 * Options of the handler that are refused when it is made, and a lifecycle that it cannot ask.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import { createHandler, type HandlerOptions } from '../../src/http/index.ts';
import { Lifecycle, LifecycleError } from '../../src/index.ts';
import { ask, BACKENDS, BEARER, basic, CALLS, jsonHeaders, METHODS, READS, room } from './wire.ts';

/** What is told on the network as one byte a character, or not at all. */
const UNSHOWN = ['', ' ', ' a', 'a ', 'a\n', 'a\r\n', 'a\nb', '\ta', 'a\u0000b', '€', '\ud800'];
const NOT_TOKENS = [...UNSHOWN, null, 0, 1, true, {}, [], ['a'], Symbol('a')];
const NOT_TEXTS = ['', null, 0, true, {}, ['a'], () => 'a'];
const NOT_FLAGS = [null, 0, 1, '', 'true', {}, []];
const NOT_PATHS = [
  '/',
  'a',
  'a/b',
  '/a/',
  '//',
  '/a//',
  ' /a',
  '/a ',
  '/a b',
  '/ä',
  '/a?b',
  '/a#b',
];
const WRONG: readonly (readonly [string, unknown])[] = [
  ...['adminToken', 'metricsToken'].flatMap((name) => each(name, NOT_TOKENS)),
  ...each('metricsToken', [() => 'a']),
  ...['openAdmin', 'readyWhileDraining', 'metrics'].flatMap((name) => each(name, NOT_FLAGS)),
  ...['name', 'version'].flatMap((name) => each(name, NOT_TEXTS)),
  ...each('details', [null, {}, 'a']),
  ...each('paths', [null, 1, '/livez', { live: '' }, { live: 1 }, { live: null }]),
  ...each(
    'paths',
    NOT_PATHS.filter((path) => !/^(\/|\/a\/|\/\/|\/a\/\/)$/.test(path)).map((ready) => ({ ready })),
  ),
  ...each('paths', [
    { live: '/metrics' },
    { live: '/admin/status' },
    { live: '/health/ready' },
    { live: '/x', metrics: '/x' },
  ]),
  ...each('basePath', [...NOT_PATHS, '/a/../b', '/a/.', '/a\\b', '/a\n', null, 0, {}, ['/a']]),
];

describe('createHandler()', () => {
  it.each(WRONG)('refuses %s: %o', (name, value) => {
    const { lifecycle } = room();
    const error = refusalOf({ [name]: value } as HandlerOptions, lifecycle);
    expect(error).toBeInstanceOf(LifecycleError);
    expect(error).toMatchObject({ code: 'invalid_argument' });
    expect(error.message).toMatch(/^Cannot create the handler: .*[^.]$/);
    expect(error.message).toContain(name);
  });

  it.each([undefined, null, 'a', {}, { lifecycle: room().lifecycle }])(
    'refuses %o in place of a lifecycle',
    (value) => {
      const error = refusalOf({}, value as unknown as Lifecycle);
      expect(error).toMatchObject({ code: 'invalid_argument' });
      expect(error.message).toMatch(
        /^Cannot create the handler: lifecycle must be a Lifecycle, got /,
      );
    },
  );

  it.each(['adminToken', 'metricsToken'])('shows no %s in the error', (name) => {
    const { lifecycle } = room();
    for (const token of ['s3cret\n', '\u0000s3cret', ['s3cret']]) {
      const error = refusalOf({ [name]: token } as HandlerOptions, lifecycle);
      expect(error.message).not.toContain('s3cret');
    }
  });

  it.each([
    ['admintoken', 'adminToken'],
    ['ready', 'readyWhileDraining'],
    ['metricToken', 'metricsToken'],
    ['detail', 'details'],
    ['path', 'paths'],
    ['metric', 'metrics'],
  ])('refuses the option %s, and says that %s is known', (name, known) => {
    expect(refusalOf({ [name]: 'x' } as HandlerOptions, Lifecycle.create())).toMatchObject({
      code: 'invalid_argument',
      message: expect.stringContaining(`did you mean "${known}"?`),
    });
  });

  it.each([
    ['liveness', 'live'],
    ['ready_write', 'readyWrite'],
    ['readywrite', 'readyWrite'],
    ['start', 'startup'],
  ])('refuses the path %s, and says that %s is known', (name, known) => {
    const options = { paths: { [name]: '/x' } } as HandlerOptions;
    expect(refusalOf(options, Lifecycle.create())).toMatchObject({
      code: 'invalid_argument',
      message: expect.stringContaining(`did you mean "${known}"?`),
    });
  });

  it.each([null, 1, 'adminToken', true])('refuses the options %o', (options) => {
    expect(refusalOf(options as never, room().lifecycle)).toMatchObject({
      code: 'invalid_argument',
    });
  });

  it('takes undefined for "not given", and no options at all', async () => {
    const none = { adminToken: undefined, metricsToken: undefined, basePath: undefined };
    const flags = { openAdmin: undefined, readyWhileDraining: undefined };
    const { lifecycle } = room('wasm', 2);
    for (const handler of [
      createHandler(lifecycle, { ...none, ...flags }),
      createHandler(lifecycle),
    ]) {
      expect((await ask(handler, 'GET', '/admin/status', { headers: BEARER })).status).toBe(403);
      expect((await ask(handler, 'GET', '/metrics')).status).toBe(200);
      expect((await ask(handler, 'GET', '/health/ready')).status).toBe(200);
    }
  });

  it.each(['a', 'a b', 'a:b', 'Bearer a', '=+/~', 'ä', 'x'.repeat(3_000)])(
    'lets in who shows the token %o, and nobody who shows another',
    async (token) => {
      const { handler } = room('wasm', 1, { adminToken: token });
      const get = async (headers: Readonly<Record<string, string>>): Promise<number> =>
        (await ask(handler, 'GET', '/admin/status', { headers })).status;
      const bearer = (shown: string) => ({ authorization: `Bearer ${shown}` });
      expect(await get(bearer(token))).toBe(200);
      expect(await get(basic(token))).toBe(200);
      expect(await get(basic(token, ''))).toBe(200);
      const others = [token + token, `${token}x`, `x${token}`, token.slice(1), `${token}:`];
      for (const other of others) {
        expect([other, await get(bearer(other)), await get(basic(other))]).toEqual([
          other,
          401,
          401,
        ]);
      }
    },
  );

  it('keeps what it was given: options changed later change nothing', async () => {
    const options = { adminToken: 'before', openAdmin: false };
    const { handler } = room('wasm', 1, options);
    Object.assign(options, { adminToken: undefined, openAdmin: true });
    expect((await ask(handler, 'GET', '/admin/status')).status).toBe(401);
  });

  it('does nothing to the lifecycle by being made, and works before Ready', async () => {
    const lifecycle = Lifecycle.create();
    const before = JSON.stringify(lifecycle.snapshot());
    const handler = createHandler(lifecycle);
    expect(JSON.stringify(lifecycle.snapshot())).toBe(before);
    expect((await ask(handler, 'GET', '/health/live')).status).toBe(200);
  });
});

describe.each(BACKENDS)('a lifecycle on %s that cannot be asked', (backend) => {
  const unable = jsonHeaders({ connection: 'close', 'retry-after': '1' });

  it('because it was detached makes a 503 of what is right, and a 4xx of what is wrong', async () => {
    const { lifecycle, handler } = room(backend, 1);
    lifecycle.detach();
    for (const path of [...READS, ...CALLS]) {
      const isRead = READS.includes(path);
      const body = path === '/admin/readonly' ? '{"enabled":true}' : null;
      const right = await ask(handler, isRead ? 'GET' : 'POST', path, { headers: BEARER, body });
      expect([right.status, right.headers]).toEqual([503, unable]);
      expect(right.json).toEqual({ ok: false, error: expect.stringContaining('detached') });
      const known = isRead ? /GET|HEAD|OPTIONS/ : /POST|OPTIONS/;
      for (const method of METHODS.filter((each) => !known.test(each))) {
        expect((await ask(handler, method, path, { headers: BEARER })).status).toBe(405);
      }
      if (path.startsWith('/admin')) {
        expect((await ask(handler, isRead ? 'GET' : 'POST', path)).status).toBe(401);
      }
    }
    const post = (body: string) =>
      ask(handler, 'POST', '/admin/readonly', { headers: BEARER, body });
    expect((await post('{')).status).toBe(400);
    expect((await post('x'.repeat(4_097))).status).toBe(413);
    expect(await handler(new Request('http://localhost/mine'))).toBeUndefined();
  });

  it('because its clock is broken is alive, drains, and is 503 where the time matters', async () => {
    const { clock, handler } = room(backend, 1);
    clock.now = Number.NaN;
    expect((await ask(handler, 'GET', '/health/live')).status).toBe(200);
    const { status, json } = await ask(handler, 'GET', '/health/ready');
    expect([status, json]).toEqual([503, { ok: false, error: expect.stringContaining('clock') }]);
    // Closing always closes.
    const drained = await ask(handler, 'POST', '/admin/drain', { headers: BEARER });
    expect([drained.status, drained.json]).toEqual([200, { ok: true, phase: 'draining' }]);
    clock.now = 2_000;
    expect((await ask(handler, 'GET', '/health/ready')).status).toBe(200);
  });
});

function each(name: string, values: readonly unknown[]): (readonly [string, unknown])[] {
  return values.map((value) => [name, value] as const);
}

/** The error that making a handler throws. */
function refusalOf(options: HandlerOptions, lifecycle: Lifecycle): Error {
  try {
    createHandler(lifecycle, options);
  } catch (thrown) {
    return thrown as Error;
  }
  throw new Error('The options were taken');
}
