/**
 * Reloads of `tidegate run` on Node, where the instances share the parent's socket: no request is lost, an
 * instance that does not become ready changes nothing, and whatever else happens meanwhile is bounded.
 *
 * Many of them, by hand: `RELOADS=1000 npx vitest run test/parent/reload`.
 *
 * @module
 */

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { MAIN } from '../cli/command.ts';
import { bundle, bundleOf } from '../runtime/program.ts';
import { isAlive, Started } from './started.ts';

const SERVICE = join(import.meta.dirname, 'reloaded.ts');
const RELOADS = Number(process.env.RELOADS ?? 2);
const CLIENTS = 50;
const FOLDER = mkdtempSync(join(tmpdir(), 'reload-'));
const NEXT = join(FOLDER, 'next');

let run: Started;
let port = 0;
beforeAll(() => bundle(SERVICE));
afterEach(() => run.kill());
afterAll(() => rmSync(FOLDER, { recursive: true }));

async function begin(options: readonly string[] = []): Promise<number> {
  rmSync(NEXT, { force: true });
  port = await freePort();
  const listen = ['--listen', `127.0.0.1:${port}`, ...options];
  const env = { SERVICE: JSON.stringify({ port, next: NEXT }), XDG_RUNTIME_DIR: FOLDER };
  run = new Started([...listen, '--', process.execPath, bundleOf(SERVICE)], env);
  return (await run.heard('listening')).pid ?? 0;
}

/** What `tidegate reload` says, and how it exits. */
function reload(): Promise<{ code: number; said: string }> {
  const env = { ...process.env, XDG_RUNTIME_DIR: FOLDER };
  return new Promise((resolve) => {
    const words = [MAIN, 'reload', String(run.pid)];
    const child = execFile(process.execPath, words, { env }, (_, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, said: stdout + stderr });
    });
  });
}

/** One request. @returns who answered, or what went wrong */
function ask(agent: Agent | false, method: string): Promise<string> {
  return new Promise((resolve) => {
    const sent = request({ host: '127.0.0.1', port, method, agent }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
      response.once('error', (error) => resolve(`cut: ${error.message}`));
      response.once('end', () =>
        resolve(response.statusCode === 200 ? text : `${response.statusCode}`),
      );
    });
    sent.once('error', (error) => resolve(`failed: ${error.message}`));
    sent.end(method === 'POST' ? 'x' : undefined);
  });
}

describe('a reload', () => {
  it(`loses no request of ${CLIENTS} kept-alive clients, nor of fresh connections`, async () => {
    const first = await begin();
    const answers = new Map<string, number>();
    let isOver = false;
    const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
    const client = async (by: Agent | false, method: string): Promise<void> => {
      while (!isOver) {
        const answer = await ask(by, method);
        answers.set(answer, (answers.get(answer) ?? 0) + 1);
      }
    };
    const clients = Array.from({ length: CLIENTS + 4 }, (_, index) =>
      client(index < CLIENTS && agent, index % 2 === 0 ? 'GET' : 'POST'),
    );
    for (let i = 0; i < RELOADS; i++) {
      expect(await reload()).toEqual({
        code: 0,
        said: expect.stringMatching(/^reload: done, \d+ serving\n$/),
      });
    }
    isOver = true;
    await Promise.all(clients);
    agent.destroy();
    const pids = run.events.map(({ pid }) => String(pid));
    expect(pids).toHaveLength(RELOADS + 1);
    // Each of them has answered, and nothing else was an answer.
    expect([...answers.keys()].sort()).toEqual(pids.sort());
    expect(isAlive(first)).toBe(false);
    console.log(`${[...answers.values()].reduce((sum, each) => sum + each, 0)} requests, 0 failed`);
    run.signal('SIGTERM');
    expect(await run.ended).toEqual({ code: 0, signal: null });
  });

  it.each([
    [
      'never',
      /^reload failed: \d+ did not (become ready|report readiness) within 0\.5 s; still serving: \d+\n$/,
    ],
    [
      'dies',
      /^reload failed: \d+ ended with exit code 9 before it was ready; still serving: \d+\n$/,
    ],
  ])(
    'to an instance that is like "%s" leaves the old one serving, and says so',
    async (mode, said) => {
      const old = await begin(['--ready', mode === 'never' ? '500ms' : '1h']);
      writeFileSync(NEXT, mode);
      expect(await reload()).toEqual({ code: 1, said: expect.stringMatching(said) });
      for (let i = 0; i < 20; i++) expect(await ask(false, 'POST')).toBe(String(old));
      run.signal('SIGTERM');
      expect((await run.ended).signal).toBe(null);
    },
  );

  it('is refused while another one is under way, or the instances are asked to end', async () => {
    const old = await begin(['--ready', '1h']);
    writeFileSync(NEXT, 'never');
    // As `kill -HUP` does, and a unit of systemd.
    run.signal('SIGHUP');
    await run.said(/reload: starting new instances: 1/);
    expect(await reload()).toEqual({ code: 1, said: 'reload refused: another one is under way\n' });
    await run.heard('listening', 2);
    run.signal('SIGTERM');
    await run.said(/reload cut short: all instances have been asked to end/);
    run.signal('SIGHUP');
    expect(await run.ended).toEqual({ code: 0, signal: null });
    expect(isAlive(old)).toBe(false);
    for (const { pid = 0 } of run.events) expect(isAlive(pid)).toBe(false);
  });

  it('says that nobody is there to be reloaded', async () => {
    await begin();
    run.signal('SIGTERM');
    await run.ended;
    expect(await reload()).toEqual({
      code: 3,
      said: `tidegate: You have no tidegate run with PID ${run.pid}\n`,
    });
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port: free } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return free;
}
