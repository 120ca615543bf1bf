/**
 * Commands that follow a service to its end, both as real processes: `status --watch`, `wait --for
 * draining` and `wait --for stopped`. How a terminal is redrawn is in `terminal.test.ts`.
 *
 * @module
 */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createHandler } from '../../src/http/index.ts';
import { Lifecycle } from '../../src/index.ts';
import { toNodeListener } from '../../src/node.ts';
import { bundle, Program } from '../runtime/program.ts';
import type { ServiceOptions } from '../runtime/service.ts';
import { Command, run, TOKEN } from './command.ts';
import { freePort } from './stranger.ts';

const programs: Program[] = [];

beforeAll(() => bundle());
afterEach(async () => {
  await Promise.all(programs.splice(0).map((program) => program.kill()));
});

async function start(options: ServiceOptions = {}): Promise<[url: string, program: Program]> {
  const program = await Program.start('node', { adminToken: TOKEN, ...options });
  programs.push(program);
  return [`http://127.0.0.1:${program.port}`, program];
}

describe('status --watch', () => {
  it('elsewhere than on a terminal is a line for each change, until Ctrl-C', async () => {
    const [url, program] = await start({ steps: { flush_wal: 1500 } });
    const watching = new Command('node', ['status', url, '--watch']);
    await watching.seen(/ready: Writes are admitted/);
    await run('node', ['readonly', 'on', url]);
    await watching.seen(/ready: Writes are refused: read only/);
    await run('node', ['readonly', 'off', url]);
    await watching.seen(/refused[\s\S]*ready: Writes are admitted; 0 writes, 0 queries in flight/);
    program.signal('SIGTERM');
    await watching.seen(/shutting_down: .*; running flush_wal;/);
    await watching.seen(/gone \(it was \w+\): .*the connection is refused; still trying/);
    await start({ port: program.port });
    await watching.seen(/still trying[\s\S]*ready: Writes are admitted/);
    watching.interrupt();
    const { code, stderr, lines } = await watching.ended;
    expect([code, stderr]).toEqual([130, '']);
    const said = lines.map((line) => line.replace(/^\d{4}-\d\d-\d\dT[\d:.]+Z /, ''));
    // A line that says what the one before it has said would be none.
    for (const [index, line] of said.entries()) expect(line).not.toBe(said[index + 1]);
  });

  it('--json is a line of JSON for each change', async () => {
    const [url, program] = await start();
    const watching = new Command('node', ['status', url, '--watch', '--json']);
    await watching.seen(/"phase":"ready"/);
    await run('node', ['drain', url]);
    await watching.seen(/"phase":"draining"/);
    await program.kill();
    await watching.seen(/"exit_code":3/);
    watching.interrupt();
    const { code, lines } = await watching.ended;
    expect(code).toBe(130);
    const told = lines.map((line) => JSON.parse(line) as { phase?: string; exit_code?: number });
    expect(told.map(({ phase, exit_code }) => phase ?? exit_code)).toEqual([
      'ready',
      'draining',
      3,
    ]);
  });

  it('waits for a service that is not there yet', async () => {
    const port = await freePort();
    const watching = new Command('node', ['status', `http://127.0.0.1:${port}`, '--watch']);
    await watching.seen(/^\S+ Cannot reach .*the connection is refused; still trying$/m);
    await start({ port });
    await watching.seen(/ready: Writes are admitted/);
    watching.interrupt();
    expect(await watching.ended).toMatchObject({ code: 130, stderr: '' });
  });
});

describe('wait --for', () => {
  it('draining and stopped wait for a shutdown, and for the end of the process', async () => {
    const [url, program] = await start({ steps: { flush_wal: 1000 } });
    const [draining, stopped] = ['draining', 'stopped'].map(
      (end) => new Command('node', ['wait', url, '--for', end, '--timeout', '60s']),
    );
    await Promise.all([draining?.seen(/it is ready/), stopped?.seen(/it is ready/)]);
    program.signal('SIGTERM');
    const ended = await draining?.ended;
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(ended?.lines.at(-1)).toMatch(/^(draining|shutting_down), after /);
    const over = await stopped?.ended;
    expect(over).toMatchObject({ code: 0, stderr: '' });
    expect(over?.lines.at(-1)).toMatch(/^(stopped|gone, nobody listens there), after /);
    expect(await program.exit).toMatchObject({ code: 0 });
  });

  it('stopped is reached by a process that is killed', async () => {
    const [url, program] = await start();
    const waiting = new Command('node', ['wait', url, '--for', 'stopped', '--timeout', '60s']);
    await waiting.seen(/it is ready/);
    await program.kill();
    const { code, stderr, lines } = await waiting.ended;
    expect([code, stderr]).toEqual([0, '']);
    expect(lines.at(-1)).toMatch(/^gone, nobody listens there, after /);
  });

  it('stopped is reached where a younger process answers', async () => {
    const old = Lifecycle.create();
    let handler = createHandler(old);
    const server = createServer(toNodeListener((request) => handler(request)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    old.markReady();
    try {
      const words = ['wait', `http://127.0.0.1:${port}`, '--for', 'stopped', '--json'];
      const waiting = run('node', [...words, '--timeout', '60s']);
      // Ages are told in whole seconds, and it has to be looked at when it has one.
      await once(server, 'request');
      while (old.ageMs() < 1000) await once(server, 'request');
      await once(server, 'request');
      await once(server, 'request');
      handler = createHandler(Lifecycle.create());
      const { code, stdout } = await waiting;
      expect([code, JSON.parse(stdout)]).toEqual([0, { ok: true, phase: 'gone' }]);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it('stopped is reached where nobody listens: after a shutdown there may be nothing left to see', async () => {
    const [url, program] = await start();
    const stopped = await run('node', ['shutdown', url]);
    expect(stopped.code).toBe(0);
    await program.exit;
    const waited = await run('node', ['wait', url, '--for', 'stopped']);
    expect(waited).toMatchObject({ code: 0, stderr: '' });
    expect(waited.stdout).toMatch(/^gone, nobody listens there, after /);
  });

  it('exits with 5 while it is ready', async () => {
    const [url] = await start();
    const words = ['--for', 'stopped', '--timeout', '700ms'];
    const waiting = await run('node', ['wait', url, ...words]);
    expect(waiting).toMatchObject({
      code: 5,
      stderr: 'tidegate: stopped was not reached in 700 ms: it is ready\n',
    });
  });
});
