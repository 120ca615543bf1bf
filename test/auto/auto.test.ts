/**
 * `tidegate/auto` on programs that know nothing of it: their servers are adopted, probes answered, and
 * requests in flight when a SIGTERM comes are answered before the process ends. Real processes, as a user
 * starts them. How the environment is read is `settings.test.ts`.
 *
 * @module
 */

import { once as onceEvent } from 'node:events';
import { connect as connect2 } from 'node:http2';
import { request as requestSecure } from 'node:https';
import { afterEach, describe, expect, it } from 'vitest';
import type { Runtime } from '../runtime/program.ts';
import { once, type Reply, saysClose } from '../runtime/wire.ts';
import { freePort, Started } from './started.ts';

const started: Started[] = [];

function start(
  runtime: Runtime,
  name: string,
  environment: Readonly<Record<string, string>> = {},
): Started {
  const program = new Started(runtime, name, environment);
  started.push(program);
  return program;
}

afterEach(async () => {
  for (const program of started.splice(0)) await program.kill();
});

/** Asks again until the answer is that. */
async function until(ask: () => Promise<Reply>, status: number): Promise<Reply> {
  while (true) {
    const reply = await ask();
    if (reply.status === status) return reply;
  }
}

const PROGRAMS: readonly (readonly [string, Runtime])[] = [
  ['http.js', 'node'],
  ['http.js', 'deno'],
  ['http.js', 'bun'],
  ['commonjs.cjs', 'node'],
  ['express.js', 'node'],
  ['express.js', 'bun'],
  ['fastify.js', 'node'],
  ['fastify.js', 'deno'],
  ['deno.ts', 'deno'],
  ['bun.ts', 'bun'],
];

describe.each(PROGRAMS)('%s on %s', (name, runtime) => {
  it('is Ready once it listens, and answers what is in flight at a SIGTERM before it ends', async () => {
    const probes = await freePort();
    const program = start(runtime, name, { TIDEGATE_PROBE_PORT: String(probes) });
    const port = await program.port();
    const probe = (): Promise<Reply> => once(probes, '/health/ready/write');
    expect((await probe()).status).toBe(200);
    expect((await once(port, '/mine')).body).toBe('GET /mine');

    const held = once(port, '/held', { method: 'POST' });
    await program.said(/^held$/m);
    await program.signal('SIGTERM');
    const refused = await until(() => once(port, '/mine', { method: 'POST' }), 503);
    expect(JSON.parse(refused.body)).toMatchObject({ ok: false, reason: 'draining' });
    const { phase, reason } = JSON.parse((await probe()).body);
    expect([phase, reason]).toEqual(['draining', 'draining']);
    // A read is still answered, as the write is waited for.
    expect((await once(port, '/mine')).body).toBe('GET /mine');

    await program.signal('SIGUSR2');
    const reply = await held;
    expect([reply.status, reply.body, saysClose(reply)]).toEqual([200, 'POST /held', true]);
    expect([await program.exit, program.output.includes('tidegate:')]).toEqual([
      { code: 0, signal: null },
      false,
    ]);
  });
});

describe('a server over TLS', () => {
  it('of node:https answers what is in flight', async () => {
    const program = start('node', 'https.js');
    const port = await program.port();
    const ask = requestSecure({ port, path: '/held', rejectUnauthorized: false, agent: false });
    const responded = onceEvent(ask.end(), 'response');
    await program.said(/^held$/m);
    await program.signal('SIGTERM');
    await program.signal('SIGUSR2');
    const [response] = await responded;
    expect([response.statusCode, response.headers.connection]).toEqual([200, 'close']);
    expect(await program.exit).toEqual({ code: 0, signal: null });
  });

  it('of node:http2 answers the streams that are in flight', async () => {
    const program = start('node', 'http2.js');
    const port = await program.port();
    const session = connect2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
    const stream = session.request({ ':path': '/held', ':method': 'POST' }).end();
    await program.said(/^held$/m);
    await program.signal('SIGTERM');
    await program.signal('SIGUSR2');
    const [headers] = await onceEvent(stream, 'response');
    let body = '';
    for await (const chunk of stream.setEncoding('utf8')) body += chunk;
    expect([headers[':status'], body]).toEqual([200, 'POST /held']);
    session.destroy();
    expect(await program.exit).toEqual({ code: 0, signal: null });
  });
});

describe('the pre-drain', () => {
  it('lasts until as many probes have seen the failure as the environment says', async () => {
    const probes = await freePort();
    const program = start('node', 'http.js', {
      TIDEGATE_PROBE_PORT: String(probes),
      TIDEGATE_BUDGET_MS: '600000',
      TIDEGATE_PRE_DRAIN_MS: '500000',
      TIDEGATE_PRE_DRAIN_PROBES: '1',
    });
    const port = await program.port();
    const headers = ['user-agent: a balancer'];
    const probe = (): Promise<Reply> => once(probes, '/health/ready/write', { headers });
    expect((await probe()).status).toBe(200);
    await program.signal('SIGTERM');
    // Accepted, and nobody has been told yet: writes are admitted, on connections that end.
    const reply = await once(port, '/mine', { method: 'POST' });
    expect([reply.status, reply.body]).toEqual([200, 'POST /mine']);
    await until(probe, 503);
    expect(await program.exit).toEqual({ code: 0, signal: null });
  });
});

describe('routes on the program’s own servers', () => {
  it.each(['node', 'deno', 'bun'] as const)('are answered on %s if it is asked for', async (on) => {
    const name = { node: 'http.js', deno: 'deno.ts', bun: 'bun.ts' }[on];
    const plain = await start(on, name).port();
    expect((await once(plain, '/health/ready')).body).toBe('GET /health/ready');
    const settings = { TIDEGATE_SERVE_ROUTES: 'true', TIDEGATE_ADMIN_TOKEN: 'secret' };
    const program = start(on, name, settings);
    const port = await program.port();
    expect(JSON.parse((await once(port, '/health/ready')).body)).toMatchObject({ phase: 'ready' });
    expect((await once(port, '/mine')).body).toBe('GET /mine');
    expect((await once(port, '/admin/shutdown', { method: 'POST' })).status).toBe(401);
    const headers = ['authorization: Bearer secret'];
    const reply = await once(port, '/admin/shutdown', { method: 'POST', headers });
    expect(JSON.parse(reply.body)).toMatchObject({ ok: true, drained: true });
    expect(await program.exit).toEqual({ code: 0, signal: null });
  });
});

describe('TIDEGATE_READY=manual', () => {
  it('leaves it to the program, which has the lifecycle from tidegate/auto', async () => {
    const probes = await freePort();
    const settings = { TIDEGATE_READY: 'manual', TIDEGATE_PROBE_PORT: String(probes) };
    const program = start('node', 'manual.js', settings);
    const port = await program.port();
    const starting = await once(probes, '/health/ready');
    expect([starting.status, JSON.parse(starting.body).reason]).toEqual([503, 'filling the cache']);
    expect((await once(port, '/mine')).status).toBe(503);
    await program.signal('SIGUSR2');
    await until(() => once(probes, '/health/ready'), 200);
    expect((await once(port, '/mine')).status).toBe(200);
    await program.signal('SIGTERM');
    expect((await program.exit).code).toBe(0);
    expect(program.output).toContain('flushed, ready: true');
  });

  it('shuts down also in Starting', async () => {
    const program = start('node', 'manual.js', { TIDEGATE_READY: 'manual' });
    await program.signal('SIGTERM');
    expect((await program.exit).code).toBe(0);
    expect(program.output).toContain('flushed, ready: false');
  });
});

describe.each(['node', 'deno', 'bun'] as const)(
  'a program with handlers of its own on %s',
  (on) => {
    it('hears the signal when what is in flight has been answered, and may exit at once', async () => {
      const program = start(on, 'own.js', { OWN: 'exits' });
      const held = once(await program.port(), '/held');
      await program.said(/^held$/m);
      await program.signal('SIGTERM');
      await until(() => write(program), 503);
      expect(program.output).not.toContain('own');
      await program.signal('SIGUSR2');
      expect((await held).body).toBe('GET /held');
      expect(await program.exit).toEqual({ code: 7, signal: null });
      expect(program.output).not.toMatch(/of another signal|removed/);
    });

    it('finds its server closed without an error, and has time for what comes then', async () => {
      // Bun does not tell whether anything keeps the process: there it takes all of that time.
      const program = start(on, 'own.js', { OWN: 'closes', TIDEGATE_BUDGET_MS: '2000' });
      await program.signal('SIGTERM');
      expect(await program.exit).toEqual({ code: 0, signal: null });
      expect(program.output).toMatch(/own close undefined\nown flush/);
    });

    it('does not end with 0 after a drain that timed out, though it says so', async () => {
      const environment = {
        OWN: 'ends',
        TIDEGATE_BUDGET_MS: '2000',
        TIDEGATE_DRAIN_TIMEOUT_MS: '50',
      };
      const program = start(on, 'own.js', environment);
      const held = once(await program.port(), '/held').catch(() => 'cut');
      await program.said(/^held$/m);
      await program.signal('SIGTERM');
      expect(await program.exit).toEqual({ code: 1, signal: null });
      expect(program.output).toContain('own end');
      await held;
    });

    // The others do not tell what keeps a process.
    it.runIf(on === 'node')('is told what keeps it, and fails', async () => {
      const program = start(on, 'own.js', { OWN: 'stays', TIDEGATE_BUDGET_MS: '500' });
      await program.signal('SIGTERM');
      expect(await program.exit).toEqual({ code: 1, signal: null });
      expect(program.output).toMatch(
        /own stay\n.*own signal handlers" failed: .* keeps the process/s,
      );
    });

    it('fails with what its handler throws', async () => {
      const program = start(on, 'own.js', { OWN: 'throws' });
      await program.signal('SIGTERM');
      expect(await program.exit).toEqual({ code: 1, signal: null });
      expect(program.output).toMatch(/tidegate: .*own signal handlers" failed.*own mistake/s);
    });

    it('is waited for if its handler returns a promise', async () => {
      const program = start(on, 'own.js', { OWN: 'promises' });
      await program.signal('SIGTERM');
      expect(await program.exit).toEqual({ code: 0, signal: null });
      expect(program.output).toContain('own promise SIGTERM');
    });
  },
);

/** A write, which the gate refuses from the acceptance on. */
async function write(program: Started): Promise<Reply> {
  return once(await program.port(), '/mine', { method: 'POST' });
}

describe('threads and processes that inherit the flag', () => {
  it('install nothing in a worker, and nothing in a process before it serves', async () => {
    const probes = await freePort();
    const settings = { TIDEGATE_PROBE_PORT: String(probes) };
    const program = start('node', 'inherits.js', settings);
    const port = await program.port();
    expect(program.output).toContain('worker not_main_thread 0, child 0 1 1 0');
    expect((await once(port, '/mine')).status).toBe(200);
    expect((await once(probes, '/health/ready')).status).toBe(200);
    await program.signal('SIGTERM');
    expect((await program.exit).code).toBe(0);
  });

  it('pass a package manager by, so that the program it starts has the probe port', async () => {
    const probes = await freePort();
    const program = new Started('npm', 'http.js', { TIDEGATE_PROBE_PORT: String(probes) });
    started.push(program);
    const port = await program.port();
    expect((await once(port, '/mine')).body).toBe('GET /mine');
    expect((await once(probes, '/health/ready')).status).toBe(200);
    await program.signal('SIGTERM');
    expect((await program.exit).code).toBe(0);
  });

  it('adopt the server of a worker of node:cluster, and leave the signals to its primary', async () => {
    const program = start('node', 'cluster.js');
    const port = await program.port();
    const held = once(port, '/held');
    await program.said(/^held$/m);
    await program.signal('SIGTERM');
    await program.signal('SIGUSR2');
    expect((await held).body).toBe('GET /held');
    expect((await program.exit).code).toBe(0);
    expect(program.output).toContain('worker 0 null');
  });
});
