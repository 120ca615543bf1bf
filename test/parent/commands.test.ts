/**
 * `tidegate run` over commands that know nothing of it, and what it is told on its own command line:
 * exit codes, process groups, crashes, a terminal.
 *
 * @module
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RUN_HELP, understandRun } from '../../src/cli/commands/run.ts';
import { deadlineOf } from '../../src/run/deadline.ts';
import { Restarts } from '../../src/run/restarts.ts';
import { MAIN } from '../cli/command.ts';
import { bundle, bundleOf } from '../runtime/program.ts';
import { gone, isAlive, Started } from './started.ts';

const SERVICE = join(import.meta.dirname, 'service.ts');
const FOLDER = mkdtempSync(join(tmpdir(), 'run-'));

const started: Started[] = [];
beforeAll(() => bundle(SERVICE));
afterEach(async () => {
  for (const each of started.splice(0)) await each.kill();
});

function begin(words: readonly string[], env: Readonly<Record<string, string>> = {}): Started {
  const one = new Started(words, { XDG_RUNTIME_DIR: FOLDER, ...env });
  started.push(one);
  return one;
}

describe('the command line', () => {
  it.each<[string[], RegExp]>([
    [[], /run needs a command/],
    [['--'], /run needs a command/],
    [['--instances', '2'], /run needs a command/],
    [['--instances', '0', 'x'], /Invalid --instances: use a number from 1 to 256/],
    [['--instances=two', 'x'], /Invalid --instances/],
    [['--grace', '30', 'x'], /Invalid --grace: use 500ms, 30s, 2m or 1h/],
    [['--listen', 'localhost:80', 'x'], /Invalid --listen: use 8080, 127\.0\.0\.1:8080/],
    [['--listen', '70000', 'x'], /Invalid --listen/],
    [['--ready', '1', 'x'], /Invalid --ready/],
    [['--restart=yes', 'x'], /--restart takes no value/],
    [['--instance', '2', 'x'], /Unknown option --instance; did you mean --instances\?/],
  ])('%j is refused', (words, said) => {
    expect(() => understandRun(words)).toThrow(said);
  });

  it('ends where the command begins: its options are its own', () => {
    const command = ['node', '--instances', '3', '--', '--help'];
    const options = {
      instances: 2,
      graceMs: 5_000,
      restarts: true,
      listen: [
        { hostname: '127.0.0.1', port: 8080 },
        { hostname: undefined, port: 9090 },
      ],
      readyMs: 60_000,
      command,
    };
    const listen = ['--listen', '127.0.0.1:8080', '--listen=9090'];
    const words = ['--instances', '2', '--grace=5s', '--restart', ...listen];
    expect(understandRun([...words, ...command])).toEqual(options);
    expect(understandRun([...words, '--', ...command])).toEqual(options);
    expect(understandRun(['--help', ...command])).toBe('help');
    for (const line of RUN_HELP.split('\n')) expect(line.length).toBeLessThan(80);
  });
});

describe('the exit code', () => {
  it.each([
    ['exit 0', 0],
    ['exit 3', 3],
    ['kill -TERM $$', 143],
    ['kill -KILL $$', 137],
  ])('of "%s" is %i', async (script, code) => {
    expect(await begin(['sh', '-c', script]).ended).toEqual({ code, signal: null });
  });

  it.each([
    [['/nonexistent/program'], 127],
    [[FOLDER], 126],
  ])('of %j, which cannot be run, is %i, also with --restart', async (command, code) => {
    const run = begin(['--restart', '--', ...command]);
    expect(await run.ended).toEqual({ code, signal: null });
    expect(run.stderr).toMatch(/^tidegate run: the command could not be started: .*\n$/);
  });
});

describe('the end of a command', () => {
  it('one that ignores everything is killed after its grace, with all of its group', async () => {
    const script =
      'trap "" TERM; sleep 1000 & echo \'{"event":"up","pid":\'$!\'}\'; while :; do wait; done';
    const run = begin(['--grace', '300ms', 'sh', '-c', script]);
    const { pid = 0 } = await run.heard('up');
    run.signal('SIGTERM');
    expect(await run.ended).toEqual({ code: 137, signal: null });
    expect(run.stderr).toMatch(/\d+ did not end within 0\.3 s: SIGKILL\n.*was ended by SIGKILL\n$/);
    await gone(pid);
  });

  it('what it leaves behind in its group is asked to end, too', async () => {
    const script = 'sleep 1000 & echo \'{"event":"up","pid":\'$!\'}\'; exit 5';
    const run = begin(['--grace', '1h', 'sh', '-c', script]);
    const { pid = 0 } = await run.heard('up');
    expect(await run.ended).toEqual({ code: 5, signal: null });
    await gone(pid);
  });

  it('a service behind a shell that passes no signal on flushes', async () => {
    const script = `'${process.execPath}' '${bundleOf(SERVICE)}'; exit $?`;
    const run = begin(['--grace', '1h', 'sh', '-c', script]);
    const { pid = 0 } = await run.heard('listening');
    // Time in which it connects; before that it would get the signal itself.
    await new Promise((resolve) => setTimeout(resolve, 300));
    run.signal('SIGTERM');
    expect(await run.ended).toEqual({ code: 0, signal: null });
    expect(await run.heard('flushed')).toMatchObject({ trigger: 'SIGTERM' });
    expect(isAlive(pid)).toBe(false);
  });

  it('a Ctrl-C in a terminal reaches it once', async () => {
    const command = `"${process.execPath}" -e 'let n = 0; process.on("SIGINT", () => { n += 1; setTimeout(() => { console.log("heard " + n); process.exit(); }, 300); }); setInterval(() => {}, 1000); console.log("up")'`;
    const line = `exec "${process.execPath}" "${MAIN}" run -- ${command}`;
    const child = spawn('script', ['--quiet', '--return', '--command', line, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      // The terminal itself makes a SIGINT of it, for its foreground group.
      if (!output.includes('up\r') && (output + text).includes('up\r')) child.stdin.write('\x03');
      output += text;
    });
    const [code] = (await once(child, 'close')) as [number];
    expect(output).toContain('heard 1\r\n');
    expect(output).toMatch(/SIGINT to \d+, which has 30 s to end/);
    expect(code).toBe(0);
  });
});

describe('several instances', () => {
  const PRINT =
    'echo \'{"event":"up","pid":\'$$\',"number":\'$TIDEGATE_RUN_INSTANCE\'}\'; exec sleep 1000';

  it('each have their number, and end together; kill -9 of one ends the others', async () => {
    const run = begin(['--instances', '3', 'sh', '-c', PRINT]);
    const { pid = 0 } = await run.heard('up', 3);
    expect(run.events.map(({ number }) => number).sort()).toEqual([0, 1, 2]);
    process.kill(pid, 'SIGKILL');
    expect(await run.ended).toEqual({ code: 137, signal: null });
    for (const { pid = 0 } of run.events) expect(isAlive(pid)).toBe(false);
  });

  it('start again after a crash with --restart, and then end as they are asked to', async () => {
    const run = begin(['--instances', '2', '--restart', 'sh', '-c', PRINT]);
    const { pid = 0 } = await run.heard('up', 2);
    process.kill(pid, 'SIGKILL');
    const again = await run.heard('up', 3);
    expect(run.stderr).toContain('it starts again in 0.1 s');
    expect(run.events.filter(({ number }) => number === again.number)).toHaveLength(2);
    run.signal('SIGTERM');
    expect(await run.ended).toEqual({ code: 143, signal: null });
  });
});

describe('restarts', () => {
  it('wait longer after each crash, and end after ten in a row', () => {
    const restarts = new Restarts();
    const waits = Array.from({ length: 11 }, () => restarts.crashed(0));
    expect(waits).toEqual([
      100,
      200,
      400,
      800,
      1600,
      3200,
      6400,
      10_000,
      10_000,
      10_000,
      undefined,
    ]);
    expect(restarts.crashed(30_000)).toBe(100);
  });
});

describe('the deadline', () => {
  const state = { pid: 1, thread: 'main', signals: [], budget_ms: 1_000 } as const;
  it.each([
    ['the grace, where nobody has told anything', [], 30_000],
    [
      'the budget from the signal, while nothing is accepted',
      [{ phase: 'ready', left_ms: null }],
      1_225,
    ],
    ['what is left of it, once it is accepted', [{ phase: 'draining', left_ms: 500 }], 1_225],
    ['the limit of the waits after Stopped', [{ phase: 'stopped', left_ms: 2_000 }], 3_750],
    [
      'the grace, where the application ends the process',
      [{ phase: 'stopped', left_ms: null }],
      30_000,
    ],
    ['the grace, where the budget is longer', [{ phase: 'draining', left_ms: 60_000 }], 30_000],
  ])('is %s', (_, states, atMs) => {
    const told = states.map((more) => ({ state: { ...state, ...more }, atMs: 500 }));
    expect(deadlineOf(0, 30_000, told).atMs).toBe(atMs);
  });
});

describe('the socket', () => {
  it('is in a folder of this user alone, takes no nonsense, and is gone at the end', async () => {
    const run = begin(['sh', '-c', 'echo \'{"event":"up"}\'; exec sleep 1000']);
    await run.heard('up');
    const [name = ''] = readdirSync(FOLDER).filter((each) =>
      each.startsWith(`tidegate-${run.pid}-`),
    );
    expect(statSync(join(FOLDER, name)).mode & 0o777).toBe(0o700);
    for (const nonsense of ['{"pid":1}\n', '\u0000\n', 'x'.repeat(100_000)]) {
      const socket = connect(join(FOLDER, name, '1'));
      // With or without a reset, which depends on how much it has read.
      socket.on('error', () => {});
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.write(nonsense);
      await closed;
    }
    run.signal('SIGTERM');
    expect(await run.ended).toEqual({ code: 143, signal: null });
    expect(existsSync(join(FOLDER, name))).toBe(false);
  });

  it('is in the temporary folder where there is no other place', async () => {
    const env = { XDG_RUNTIME_DIR: '/nonexistent', TMPDIR: FOLDER };
    const run = begin(['sh', '-c', 'echo \'{"event":"up"}\'; exec sleep 1000'], env);
    await run.heard('up');
    expect(readdirSync(FOLDER)).toHaveLength(1);
    run.signal('SIGTERM');
    expect(await run.ended).toEqual({ code: 143, signal: null });
  });
});

describe('the last test', () => {
  it('leaves no folder behind', () => {
    expect(readdirSync(FOLDER)).toEqual([]);
    rmSync(FOLDER, { recursive: true });
  });
});
