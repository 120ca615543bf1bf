/**
 * Command lines that are none, and what is said of them; help and version; and what the program
 * loads. No service is asked for anything.
 *
 * @module
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { understand } from '../../src/cli/arguments.ts';
import { Exit } from '../../src/cli/exit.ts';
import { VERSION } from '../../src/version.ts';
import { RUNTIMES } from '../runtime/program.ts';
import { MAIN, run } from './command.ts';

const URL = 'http://127.0.0.1:1';
const SECRET = 'hunter2hunter2';

const WRONG: readonly [words: readonly string[], said: RegExp][] = [
  [[], /No command/],
  [['frobnicate', URL], /Unknown command; there are probe, wait, status, drain, shutdown/],
  [['probe'], /probe needs the URL/],
  [['probe', URL, URL], /takes one URL/],
  [['probe', 'localhost:8080'], /Invalid URL: expected http/],
  [['probe', 'ftp://localhost'], /Invalid URL: expected http/],
  [['probe', 'http://'], /Invalid URL: expected http/],
  [['probe', 'http://a b/'], /Invalid URL: expected http/],
  [['probe', `http://admin:${SECRET}@localhost`], /user or a password/],
  [['probe', `${URL}?token=${SECRET}`], /query or a fragment/],
  [['probe', URL, '--for', 'lunch'], /Invalid --for: use live, startup, ready, ready\/write/],
  [['wait', URL, '--for', 'stoped'], /ready\/write, draining, stopped; did you mean stopped\?/],
  [['probe', URL, '--for', 'stopped'], /Invalid --for: use live, startup, ready, ready\/write;/],
  [['statsu', URL], /did you mean status\?/],
  [['status', URL, '--wach'], /Unknown option --wach; did you mean --watch\?/],
  [['drain', URL, '--watch'], /drain has no --watch/],
  [['readonly', URL], /readonly needs on or off, as in readonly on URL/],
  [['readonly', SECRET, URL], /readonly needs on or off/],
  [['readonly', 'on', 'off', URL], /takes one URL/],
  [['readonly', 'on'], /readonly needs the URL/],
  [['fleet', URL], /fleet needs status, drain or shutdown, as in fleet drain URL/],
  [['fleet', SECRET, URL], /fleet needs status, drain or shutdown/],
  [['fleet', 'drain'], /fleet needs the URL/],
  [['fleet', 'status', URL, '--deployment', 'v1'], /fleet status has no --deployment/],
  [['drain', URL, '--deployment', 'v1'], /drain has no --deployment/],
  [['probe', URL, '--for'], /--for needs a value/],
  [['probe', `${URL}/health/live`, '--for', 'ready'], /differ/],
  [['probe', URL, '--timeout'], /--timeout needs a value/],
  ...['', '30', '0s', '-1s', '1d', '1e3s', '30 s', 'soon', '99999999999s', '600h', SECRET].map(
    (text): [string[], RegExp] => [
      ['wait', URL, `--timeout=${text}`],
      /Invalid --timeout: use 500ms, 30s, 2m or 1h/,
    ],
  ),
  [['probe', URL, '--json=yes'], /--json takes no value/],
  [['probe', URL, `--password=${SECRET}`], /Unknown option --password/],
  [['probe', URL, '-x'], /Unknown option -x/],
  [['status', URL, '--for', 'live'], /status has no --for/],
  [['probe', URL, '--token-file', '/x'], /probe has no --token-file/],
  [['status', URL, '--token', SECRET], /not taken from the command line.*TIDEGATE_ADMIN_TOKEN/],
  [['status', URL, `--token=${SECRET}`], /not taken from the command line/],
  [['status', URL, '--token'], /not taken from the command line/],
  [['--token', SECRET], /not taken from the command line/],
  [['status', URL, SECRET], /takes one URL/],
];

describe('an invalid command line', () => {
  it.each(WRONG)('%j is refused, and no value is repeated', (words, said) => {
    let refused: unknown;
    try {
      understand(words);
    } catch (error) {
      refused = error;
    }
    expect(refused).toMatchObject({ exit: Exit.Usage, message: expect.stringMatching(said) });
    expect(String(refused)).not.toContain(SECRET);
    expect(String(refused)).not.toContain('\n');
  });

  // A process takes half a second, and there is nothing but these few lines between the two.
  it.each(WRONG.filter(([words]) => words.includes(SECRET) || words.length === 0))(
    '%j is exit code 2, nothing on stdout, and repeats no value',
    async (words, said) => {
      const ended = await run('node', words);
      expect(ended).toMatchObject({ code: 2, stdout: '' });
      expect(ended.stderr).toMatch(said);
      expect(ended.stderr).toMatch(/^tidegate: .*\nTry tidegate --help\n$/);
      expect(ended.stderr).not.toContain(SECRET);
    },
  );
});

describe('with --json', () => {
  it.each([
    ...WRONG.slice(0, 2),
    [['probe', 'localhost:8080'], /Invalid URL: expected http/],
    [['status', URL, '--token', SECRET], /not taken from the command line/],
    [['status', URL, '--token-file', '/nonexistent/token'], /could not be read: ENOENT/],
  ] as const)('%j is exit code 2, and says so in one line of JSON', async (words, said) => {
    const ended = await run('node', [...words, '--json']);
    expect(ended).toMatchObject({ code: 2, stderr: '' });
    const error = expect.stringMatching(said);
    expect(JSON.parse(ended.stdout)).toEqual({ ok: false, error, exit_code: 2 });
    expect(ended.stdout).toMatch(/^[^\n]+\n$/);
    expect(ended.stdout).not.toContain(SECRET);
  });
});

describe.each(RUNTIMES)('on %s', (runtime) => {
  it('says its version, its help, and what is wrong', async () => {
    const version = { code: 0, stdout: `${VERSION}\n`, stderr: '' };
    expect(await run(runtime, ['--version'])).toMatchObject(version);
    expect(await run(runtime, ['-V'])).toMatchObject(version);
    const help = await run(runtime, ['status', '--help']);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    for (const line of help.lines) expect(line.length).toBeLessThan(80);
    for (const code of Object.values(Exit))
      expect(help.stdout).toMatch(new RegExp(`^  ${code} `, 'm'));
    expect(await run(runtime, ['status', URL, '--token', SECRET])).toMatchObject({ code: 2 });
    expect(await run(runtime, ['status', URL, '--tokn', SECRET])).toMatchObject({ code: 2 });
  });
});

describe('the program', () => {
  it('loads nothing of the core: a health check starts it every few seconds', () => {
    const seen = new Set<string>();
    const load = (file: string): void => {
      if (seen.has(file)) return;
      seen.add(file);
      for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(/from "(\.[^"]+)"/g)) {
        load(join(dirname(file), path));
      }
    };
    load(MAIN);
    const text = [...seen].map((file) => readFileSync(file, 'utf8')).join('\n');
    expect(text).toContain('isProbeAnswer');
    expect(text).not.toMatch(/WebAssembly|class Lifecycle\b|createHandler/);
  });

  it('is installed by the packed tarball, and npx passes its exit code on', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tidegate-npx-'));
    try {
      const npm = (...args: string[]): string =>
        execFileSync('npm', args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
      writeFileSync(join(folder, 'package.json'), '{"name":"user","private":true}');
      const root = join(import.meta.dirname, '../..');
      const [packed] = JSON.parse(npm('pack', root, '--ignore-scripts', '--json')) as {
        filename: string;
      }[];
      npm('install', '--offline', '--no-audit', '--no-fund', `./${packed?.filename}`);
      expect(npm('exec', '--offline', '--', 'tidegate', '--version').trim()).toBe(VERSION);
      expect(() => npm('exec', '--offline', '--', 'tidegate', 'probe', URL)).toThrow(
        expect.objectContaining({ status: 3 }),
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
