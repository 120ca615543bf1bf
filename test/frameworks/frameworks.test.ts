/**
 * The very files of `examples/frameworks`, as processes of their own: each framework with its real
 * server, over raw sockets, from Ready to the exit.
 *
 * @module
 */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { once, type Reply, saysClose, Wire } from '../runtime/wire.ts';
import { Journal } from './journal.ts';
import { ROOT, Running, TOKEN, titleOf } from './recipe.ts';
import { ABSENT, FRAMEWORKS } from './recipes.ts';

const ADMIN = [`authorization: Bearer ${TOKEN}`];

describe.each(FRAMEWORKS.map((framework) => [titleOf(framework), framework] as const))(
  '%s',
  (_, framework) => {
    const folder = mkdtempSync(join(tmpdir(), 'tidegate-framework-'));
    const journal = join(folder, 'journal');
    let example: Running;
    let port: number;

    beforeAll(async () => {
      example = new Running(framework, { PORT: '0', PRE_DRAIN_MS: '1000', JOURNAL: journal });
      port = await example.port;
    });

    afterAll(async () => {
      await example.kill();
      rmSync(folder, { recursive: true });
    });

    const get = (path: string): Promise<Reply> => once(port, path);
    const post = (path: string, body = '', headers: string[] = []): Promise<Reply> =>
      once(port, path, { method: 'POST', body, headers });

    it('answers the probes and the metrics', async () => {
      for (const path of [
        '/health/live',
        '/health/ready',
        '/health/ready/write',
        '/health/startup',
      ]) {
        const reply = await get(path);
        expect([path, reply.status, JSON.parse(reply.body).phase]).toEqual([path, 200, 'ready']);
        expect(reply.headers.get('cache-control')).toEqual(['no-store']);
        expect(saysClose(reply)).toBe(false);
      }
      const metrics = await get('/metrics');
      expect(metrics.headers.get('content-type')).toEqual([
        'text/plain; version=0.0.4; charset=utf-8',
      ]);
      expect(metrics.body).toContain(`runtime="${framework.runtime}"`);
    });

    it('answers HEAD without a body', async () => {
      const wire = await Wire.open(port);
      const head = await wire.request('/health/ready', { method: 'HEAD' });
      expect([head.status, head.headers.get('content-type')]).toEqual([200, ['application/json']]);
      // The next reply on the connection begins where this one ended.
      expect((await wire.request('/hello')).body).toBe('hello');
      wire.socket.destroy();
    });

    it('leaves its own routes to the framework, bodies untouched, and what is nobody’s', async () => {
      expect((await get('/hello')).body).toBe('hello');
      const body = 'written '.repeat(10_000);
      const echo = await post('/notes', body, [`content-type: ${framework.type ?? 'text/plain'}`]);
      expect([echo.status < 300, echo.body === body]).toEqual([true, true]);
      expect((await get('/nobody')).status).toBe(404);
    });

    it('takes admin calls with their bodies, from whoever may', async () => {
      const json = ['content-type: application/json'];
      expect((await post('/admin/readonly', '{"enabled":true}', json)).status).toBe(401);
      const held = await post('/admin/readonly', '{"enabled":true}', [...json, ...ADMIN]);
      expect(JSON.parse(held.body)).toEqual({ ok: true, read_only: true, changed: true });
      expect(JSON.parse((await get('/health/ready/write')).body).reason).toBe('read_only');
      expect((await post('/admin/readonly', '{"enabled":1}', ADMIN)).status).toBe(400);
      expect((await post('/admin/readonly', '{"enabled":false}', ADMIN)).status).toBe(200);
      expect((await get('/admin/drain')).status).toBe(405);
    });

    it('says while it leaves that connections end, and the shutdown’s answer arrives', async () => {
      const kept = await Wire.open(port);
      expect(saysClose(await kept.request('/hello'))).toBe(false);
      const shutdown = post('/admin/shutdown', '', ADMIN);
      // The pre-drain has begun when readiness for writes fails.
      while ((await get('/health/ready/write')).status === 200);
      const last = await kept.request('/hello');
      expect([last.status, last.body, saysClose(last)]).toEqual([200, 'hello', true]);
      kept.socket.destroy();
      expect(saysClose(await get('/health/ready'))).toBe(true);
      const reply = await shutdown;
      expect([reply.status, saysClose(reply)]).toEqual([200, true]);
      expect(JSON.parse(reply.body)).toMatchObject({ ok: true, drained: true, flushed_wal: true });
      expect(await example.exitCode).toBe(0);
      expect(example.output).toContain('flushed');
      expect(readFileSync(journal, 'utf8')).toContain('written');
      if (framework.closes !== undefined) expect(example.output).toContain(framework.closes);
    });
  },
);

it.each(['hono', 'hono-node-server'])(
  '%s tells a route the address of its client',
  async (name) => {
    const journal = new Journal();
    try {
      const running = await journal.start({ name, runtime: 'node' });
      expect((await once(await running.port, '/address')).body).toMatch(/^(::ffff:)?127\.0\.0\.1$/);
    } finally {
      await journal.end();
    }
  },
);

it('every program of examples/frameworks is run by a test of this folder', () => {
  const names = readdirSync(join(ROOT, 'examples/frameworks'))
    .filter((file) => file.endsWith('.ts') && file !== 'service.ts')
    .map((file) => file.slice(0, -'.ts'.length));
  const tests = readdirSync(import.meta.dirname)
    .map((file) => readFileSync(join(import.meta.dirname, file), 'utf8'))
    .join('');
  expect(names.filter((name) => !new RegExp(`['/]${name}(\\.ts)?'`).test(tests))).toEqual([]);
  const page = readFileSync(join(ROOT, 'examples/frameworks/README.md'), 'utf8');
  expect(names.filter((name) => !page.includes(`\`${name}.ts\``))).toEqual([]);
});

for (const why of ABSENT) it.skip(why);
