/**
 * The command line against real services, both as real processes, on Node, Deno and Bun: what each
 * command prints, and how it exits.
 *
 * @module
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Lifecycle } from '../../src/index.ts';
import { serveProbes } from '../../src/node.ts';
import { bundle, Program, RUNTIMES } from '../runtime/program.ts';
import type { ServiceOptions } from '../runtime/service.ts';
import { Command, run, TOKEN } from './command.ts';
import { freePort } from './stranger.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-cli-'));
const programs: Program[] = [];

beforeAll(() => bundle());
afterEach(async () => {
  await Promise.all(programs.splice(0).map((program) => program.kill()));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(RUNTIMES)('on %s', (runtime) => {
  async function start(options: ServiceOptions = {}): Promise<[url: string, program: Program]> {
    const program = await Program.start(runtime, { adminToken: TOKEN, ...options });
    programs.push(program);
    return [`http://127.0.0.1:${program.port}`, program];
  }

  it('probe exits with 0 for ready and with 1 for not ready, with the reason', async () => {
    const [[ready], [starting]] = await Promise.all([start(), start({ reason: 'restoring' })]);
    expect(await run(runtime, ['probe', ready])).toMatchObject({ code: 0, stdout: 'ready\n' });
    expect(await run(runtime, ['probe', starting])).toMatchObject({
      code: 1,
      stdout: 'restoring (starting)\n',
      stderr: '',
    });
    const live = await run(runtime, ['probe', '--for', 'live', starting]);
    expect(live).toMatchObject({ code: 0, stdout: 'alive\n' });
    const named = await run(runtime, ['probe', `${starting}/health/ready/write`, '--json']);
    expect(named.code).toBe(1);
    expect(JSON.parse(named.stdout)).toMatchObject({ probe: 'ready/write', reason: 'restoring' });
  });

  it('wait waits for a service that comes up late, and says why it waits', async () => {
    const port = await freePort();
    const words = ['wait', `http://127.0.0.1:${port}`, '--for', 'ready', '--timeout', '60s'];
    const waiting = new Command(runtime, words);
    await waiting.seen(/refused/);
    await start({ port, boot: { restore: 1000, cache_fill: 1000 } });
    const { code, stderr, lines } = await waiting.ended;
    expect([code, stderr]).toEqual([0, '']);
    expect(lines[0]).toBe(
      `Waiting for ready: Cannot reach http://127.0.0.1:${port}/health/ready: the connection is refused`,
    );
    const shown = lines.filter((line) => /\(starting\)$/.test(line));
    expect(shown.slice(-2)).toEqual([
      'Waiting for ready: restore (starting)',
      'Waiting for ready: cache_fill (starting)',
    ]);
    expect(lines.at(-1)).toMatch(/^ready, after [\d.]+ (ms|s)$/);
  });

  it('wait exits with 5 when the time is over, and says what was in the way', async () => {
    const [url] = await start({ reason: 'restoring' });
    const { code, stderr } = await run(runtime, ['wait', url, '--timeout', '1s']);
    expect(code).toBe(5);
    expect(stderr).toBe('tidegate: ready was not reached in 1 s: restoring (starting)\n');
  });

  it('wait exits with 130 for SIGINT', async () => {
    const [url] = await start({ reason: 'restoring' });
    const waiting = new Command(runtime, ['wait', url]);
    await waiting.seen(/restoring/);
    waiting.interrupt();
    expect(await waiting.ended).toMatchObject({ code: 130, signal: null, stderr: '' });
  });

  it('status shows phase, reason, cold start, threads', async () => {
    const [url] = await start({ boot: { restore: 200, cache_fill: 100_000 } });
    const waiting = new Command(runtime, ['wait', url]);
    await waiting.seen(/cache_fill/);
    waiting.interrupt();
    await waiting.ended;
    const { code, stdout } = await run(runtime, ['status', url]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^phase {6}starting for /);
    expect(stdout).toMatch(/^reason {5}cache_fill$/m);
    expect(stdout).toMatch(/^holds {6}none$/m);
    expect(stdout).toMatch(/^in flight {2}0 writes, 0 queries$/m);
    expect(stdout).toMatch(/^ {2}restore +█+ +[\d.]+ (ms|s)$/m);
    expect(stdout).toMatch(/^ {2}cache_fill +▒+ +running [\d.]+ (ms|s)$/m);
    expect(stdout).toMatch(/^ {2}total +▒+ +running [\d.]+ (ms|s)$/m);
    expect(stdout).toMatch(/^ {2}main thread +0 +0 +0 {2}/m);
    expect(stdout).toMatch(/^verdict {4}Writes are refused: starting$/m);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('drain closes the gate; in Starting it exits with 1', async () => {
    const [[url], [starting]] = await Promise.all([start(), start({ reason: 'restoring' })]);
    expect(await run(runtime, ['drain', url])).toMatchObject({ code: 0, stdout: 'draining\n' });
    const write = await run(runtime, ['probe', url, '--for', 'ready/write']);
    expect(write).toMatchObject({ code: 1, stdout: 'draining\n' });
    const refused = await run(runtime, ['drain', starting]);
    expect(refused).toMatchObject({ code: 1, stdout: 'not drained: it is still starting\n' });
  });

  it('readonly refuses writes and admits them again, and says what it was before', async () => {
    const [url] = await start();
    const set = (...words: readonly string[]) => run(runtime, ['readonly', ...words]);
    expect(await set('on', url)).toMatchObject({ code: 0, stdout: 'read-only\n', stderr: '' });
    const write = await run(runtime, ['probe', url, '--for', 'ready/write']);
    expect(write).toMatchObject({ code: 1, stdout: 'read_only (ready)\n' });
    expect((await set(url, 'on')).stdout).toBe('read-only, as before\n');
    const { code, stdout } = await set('off', url, '--json');
    expect([code, JSON.parse(stdout)]).toEqual([0, { ok: true, read_only: false, changed: true }]);
  });

  it('shutdown waits for the report, and prints the steps', async () => {
    const [url, program] = await start({ steps: { flush_wal: 1500, backup: 0 } });
    const { code, lines, stderr } = await run(runtime, ['shutdown', url]);
    expect([code, stderr]).toEqual([0, '']);
    expect(lines).toContain('Shutting down: shutting_down');
    const [head, ...steps] = lines.slice(-3);
    expect(head).toMatch(/^stopped, and all went well: trigger http, drained, [\d.]+ (ms|s)$/);
    expect(steps[0]).toMatch(/^ {2}ok {9}flush_wal +[\d.]+ (ms|s)$/);
    expect(steps[1]).toMatch(/^ {2}ok {9}backup +[\d.]+ (ms|s)$/);
    expect(await program.exit).toMatchObject({ code: 0 });
  });

  it('asks a probe thread, too: the status by the name of the service, and the report of a shutdown', async () => {
    const lifecycle = Lifecycle.create();
    lifecycle.pipeline({ steps: [{ name: 'flush_wal', run: () => {} }] });
    const called = { name: 'orders\u001b[2J', version: '1.4.2' };
    const probes = await serveProbes({ lifecycle, adminToken: TOKEN, ...called });
    lifecycle.markReady();
    const status = await run(runtime, ['status', probes.url]);
    expect(status).toMatchObject({ code: 0, stderr: '' });
    expect(status.stdout).toMatch(/^service {4}orders\\u\{1b\}\[2J 1\.4\.2\nphase {6}ready/);
    const { code, lines } = await run(runtime, ['shutdown', probes.url]);
    expect(code).toBe(0);
    expect(lines.at(-2)).toMatch(/^stopped, and all went well: trigger http, drained/);
    expect(lines.at(-1)).toMatch(/^ {2}ok {9}flush_wal /);
    await probes.close();
  });

  it('shutdown exits with 1 when a step failed, and says which', async () => {
    const [url] = await start({ steps: { flush_wal: -2, backup: 0 } });
    const { code, lines } = await run(runtime, ['shutdown', url]);
    expect(code).toBe(1);
    expect(lines.slice(-5).map((line) => line.replace(/\d+(\.\d+)? m?s/, 'T'))).toEqual([
      'stopped, but not all went well: trigger http, drained, T',
      expect.stringMatching(/^ {2}failed {5}flush_wal +T$/),
      '             planned',
      expect.stringMatching(/^ {2}skipped {4}backup +T$/),
      '             flush_wal did not end ok',
    ]);
  });

  it('shutdown exits with 5 when there is no report in time, and says that it goes on', async () => {
    const [url, program] = await start({ steps: { flush_wal: 1500 } });
    const { code, stderr } = await run(runtime, ['shutdown', url, '--timeout', '300ms']);
    expect(code).toBe(5);
    expect(stderr).toContain('a shutdown that was accepted goes on');
    expect(await program.exit).toMatchObject({ code: 0 });
  });

  it.each(['status', 'drain', 'shutdown', 'readonly on', 'status --watch'])(
    '%s exits with 4 without the right token',
    async (command) => {
      const [url, program] = await start();
      const words = [...command.split(' '), url];
      const none = await run(runtime, words, { token: null });
      expect(none).toMatchObject({ code: 4, stdout: '' });
      expect(none.stderr).toMatch(/asks for a token.*TIDEGATE_ADMIN_TOKEN or --token-file/);
      const wrong = await run(runtime, words, { token: 'wrong-secret' });
      expect(wrong).toMatchObject({
        code: 4,
        stdout: '',
        stderr: 'tidegate: The token is wrong\n',
      });
      expect(program.all('phase').filter(({ to }) => to !== 1)).toEqual([]);
    },
  );

  it('takes the token from a file rather than from the environment', async () => {
    const [url] = await start();
    const file = join(folder, `token-${runtime}`);
    writeFileSync(file, `${TOKEN}\n`);
    const taken = await run(runtime, ['status', url, '--token-file', file], { token: 'wrong' });
    expect(taken).toMatchObject({ code: 0, stderr: '' });
    writeFileSync(file, '\n');
    expect(await run(runtime, ['status', url, '--token-file', file])).toMatchObject({
      code: 2,
      stderr: `tidegate: The token file ${file} is empty\n`,
    });
    expect(await run(runtime, ['status', url, '--token-file', `${file}-missing`])).toMatchObject({
      code: 2,
      stderr: `tidegate: The token file ${file}-missing could not be read: ENOENT\n`,
    });
    // A whole configuration file by mistake, say: nothing of it is shown.
    writeFileSync(file, `password: ${TOKEN}\nother: x\n`);
    const mistaken = await run(runtime, ['status', url, '--token-file', file]);
    expect(mistaken).toMatchObject({ code: 2, stdout: '' });
    expect(mistaken.stderr).toMatch(/no header can carry/);
  });

  it('--json is one line of what the service answered', async () => {
    const [url] = await start({ steps: { flush_wal: 0 } });
    const all: Record<string, unknown> = {};
    for (const command of ['probe', 'wait', 'status', 'drain', 'shutdown']) {
      const { code, stderr, lines } = await run(runtime, [command, url, '--json']);
      expect([command, code, stderr, lines.length]).toEqual([command, 0, '', 1]);
      all[command] = JSON.parse(lines[0] ?? '');
    }
    expect(all).toMatchObject({
      probe: { probe: 'ready', status: 'ready' },
      wait: { probe: 'ready', status: 'ready' },
      status: { phase: 'ready', report: null },
      drain: { ok: true, phase: 'draining' },
      shutdown: { ok: true, trigger: 'http', steps: [{ name: 'flush_wal', status: 'ok' }] },
    });
    const gone = await run(runtime, ['probe', 'http://127.0.0.1:1', '--json']);
    expect(gone).toMatchObject({ code: 3, stderr: '' });
    expect(JSON.parse(gone.stdout)).toMatchObject({ ok: false, exit_code: 3 });
  });

  it('what a service says moves no cursor and hides no line', async () => {
    const reason = 'a\u001b]0;title\u0007\u001b[2Jb\nc\u009b31md\u202ee';
    const [url] = await start({ reason });
    for (const words of [
      ['probe', url],
      ['status', url],
      ['status', url, '--json'],
    ]) {
      const { stdout } = await run(runtime, words);
      expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
      if (words.length === 3) expect(JSON.parse(stdout)).toMatchObject({ reason });
      else
        expect(stdout).toContain('a\\u{1b}]0;title\\u{7}\\u{1b}[2Jb\\u{a}c\\u{9b}31md\\u{202e}e');
    }
  });

  it('keeps its exit code when nobody reads what it prints', async () => {
    const [[ready], [starting]] = await Promise.all([start(), start({ reason: 'restoring' })]);
    const unread = { unread: true };
    expect(await run(runtime, ['status', ready], unread)).toMatchObject({ code: 0, stderr: '' });
    expect(await run(runtime, ['probe', starting], unread)).toMatchObject({ code: 1, stderr: '' });
    const words = ['wait', starting, '--timeout', '500ms'];
    expect(await run(runtime, words, unread)).toMatchObject({ code: 5 });
  });
});
