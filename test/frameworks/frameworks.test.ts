/**
 * The very files of `examples/frameworks`, as processes of their own: each framework with its real
 * server, over raw sockets, from Ready to the exit.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { once, type Reply, saysClose, Wire } from '../runtime/wire.ts';

const ROOT = join(import.meta.dirname, '../..');
const BIN = join(ROOT, 'node_modules/.bin');
const TOKEN = 'a-token-of-the-operator';
const ADMIN = [`authorization: Bearer ${TOKEN}`];

interface Framework {
  readonly name: string;
  readonly runtime: 'node' | 'deno' | 'bun';
  /** Packages that are taken for others: another version of the framework. */
  readonly alias?: Record<string, string>;
}

const FRAMEWORKS: readonly Framework[] = [
  { name: 'hono', runtime: 'node' },
  { name: 'h3', runtime: 'node' },
  { name: 'srvx', runtime: 'node' },
  { name: 'express', runtime: 'node' },
  { name: 'express', runtime: 'node', alias: { express: 'express-4' } },
  { name: 'koa', runtime: 'node' },
  { name: 'fastify', runtime: 'node' },
  { name: 'elysia', runtime: 'bun' },
  { name: 'oak', runtime: 'deno' },
];

/** Node 20 runs no TypeScript; the framework itself stays in `node_modules`. */
function commandOf({ name, runtime, alias = {} }: Framework): [string, ...string[]] {
  const source = join(ROOT, 'examples/frameworks', `${name}.ts`);
  if (runtime === 'bun') return [join(BIN, 'bun'), source];
  if (runtime === 'deno') return [join(BIN, 'deno'), 'run', '-A', '--no-lock', source];
  const outfile = join(ROOT, 'build', `frameworks-${Object.values(alias)[0] ?? name}.mjs`);
  buildSync({
    entryPoints: [source],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'es2022',
    packages: 'external',
    alias,
  });
  return [process.execPath, outfile];
}

/** An example that runs. */
class Example {
  readonly port: Promise<number>;
  readonly exitCode: Promise<number | null>;
  output = '';
  readonly #child: ChildProcess;

  constructor(framework: Framework) {
    const [command, ...args] = commandOf(framework);
    const env = { ...process.env, PORT: '0', ADMIN_TOKEN: TOKEN, PRE_DRAIN_MS: '1000' };
    this.#child = spawn(command, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] });
    this.exitCode = new Promise((resolve) => this.#child.once('close', resolve));
    this.port = new Promise((resolve, reject) => {
      this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
        const port = /listening on http\S*:(\d+)/.exec(this.output)?.[1];
        if (port !== undefined) resolve(Number(port));
      });
      void this.exitCode.then((code) => reject(new Error(`It ended with ${code}: ${this.output}`)));
    });
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.exitCode;
  }
}

describe.each(FRAMEWORKS)('$name on $runtime $alias', (framework) => {
  let example: Example;
  let port: number;

  beforeAll(async () => {
    example = new Example(framework);
    port = await example.port;
  });

  afterAll(() => example.kill());

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
    const echo = await post('/echo', body, ['content-type: text/plain']);
    expect([echo.status, echo.body === body]).toEqual([200, true]);
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
  });
});

it('every example of a framework is run', () => {
  const files = readdirSync(join(ROOT, 'examples/frameworks')).filter((name) =>
    name.endsWith('.ts'),
  );
  const run = new Set(FRAMEWORKS.map(({ name }) => `${name}.ts`)).add('service.ts');
  expect(files.sort()).toEqual([...run].sort());
});
