/**
 * What a terminal is shown: a line that rewrites itself, colours and their absence. A real
 * pseudo-terminal, by `script` of Debian's bsdutils, which every Debian has.
 *
 * @module
 */

import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle, Program } from '../runtime/program.ts';
import { MAIN, TOKEN } from './command.ts';

let program: Program;
let url = '';

beforeAll(async () => {
  bundle();
  program = await Program.start('node', {
    adminToken: TOKEN,
    boot: { restore: 1, stuck: 3600_000 },
  });
  url = `http://127.0.0.1:${program.port}`;
});
afterAll(() => program.kill());

/**
 * All that reached the terminal, and the exit code.
 *
 * @param until where Ctrl-C is pressed
 */
function onTerminal(
  words: readonly string[],
  columns: number,
  env: Readonly<Record<string, string>> = {},
  until?: RegExp,
): Promise<{ output: string; code: number | null }> {
  const command = [process.execPath, MAIN, ...words].map((word) => `'${word}'`).join(' ');
  // The number of the shell is that of the command, which takes its place.
  const line = `stty cols ${columns} rows ${ROWS}; echo $$; exec ${command}`;
  const child = spawn('script', ['--quiet', '--return', '--command', line, '/dev/null'], {
    env: { ...process.env, TERM: 'xterm', NO_COLOR: '', TIDEGATE_ADMIN_TOKEN: TOKEN, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  let isPressed = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (isPressed || until?.test(output) !== true) return;
    isPressed = true;
    process.kill(Number.parseInt(output, 10), 'SIGINT');
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ output: output.replace(/^\d+\r\n/, ''), code }));
  });
}

const ROWS = 14;
const ESC = String.fromCodePoint(27);
const coloured = (output: string): boolean => new RegExp(`${ESC}\\[\\d+m`).test(output);

describe('on a terminal', () => {
  it.each([80, 40, 20])(
    'of %i columns the progress is one line that never wraps',
    async (columns) => {
      const { output, code } = await onTerminal(['wait', url, '--timeout', '1s'], columns);
      expect(code).toBe(5);
      const [progress = ''] = output.split('tidegate: ');
      expect(progress).not.toContain('\n');
      const shown = progress.split('\r').map((text) => text.replace(`${ESC}[K`, ''));
      expect(shown.length).toBeGreaterThan(2);
      for (const text of shown) expect([...text].length).toBeLessThan(columns - 2);
      // How long is said also where the reason has to be cut.
      if (columns > 20) expect(shown[1]).toMatch(/^Waiting for ready: \S.* \(\d.* of 1 s\)$/);
      else expect(shown[1]).toMatch(/^Wait.*….*of 1 s\)$/);
      // It is gone before the result comes.
      expect(shown.at(-1)).toBe('');
    },
  );

  it('a progress that is too long loses its middle, and keeps the reason', async () => {
    const down = `http://127.0.0.1:1/${'a-long-base-path/'.repeat(4)}`;
    const { output } = await onTerminal(['wait', down, '--timeout', '500ms'], 80);
    expect(output).toMatch(
      /\rWaiting for ready: Cannot reach.*….*the connection is refused \(\d.* of 500 ms\)/,
    );
  });

  it('the status is in colour and as wide as the terminal', async () => {
    const { output, code } = await onTerminal(['status', url], 60);
    expect(code).toBe(0);
    expect(coloured(output)).toBe(true);
    const lines = output.replaceAll(new RegExp(`${ESC}\\[\\d+m`, 'g'), '').split('\r\n');
    expect(lines.some((line) => line.includes('█'))).toBe(true);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(60);
  });

  it('a watch redraws in place, cut to the screen, and gives the cursor back at Ctrl-C', async () => {
    const frames = new RegExp(`${ESC}\\[J[\\s\\S]*${ESC}\\[J[\\s\\S]*${ESC}\\[J`);
    const { output, code } = await onTerminal(['status', url, '--watch'], 40, {}, frames);
    expect(code).toBe(130);
    expect(output.startsWith(`${ESC}[?25l`)).toBe(true);
    expect(output.endsWith(`${ESC}[?25h`)).toBe(true);
    const drawn = output.split(`${ESC}[J`).slice(0, -1);
    expect(drawn.length).toBeGreaterThan(2);
    for (const [index, frame] of drawn.entries()) {
      const bare = frame.replaceAll(new RegExp(`${ESC}\\[[?\\d]*[A-Za-z]`, 'g'), '');
      const lines = bare.replace(/^\r/, '').trimEnd().split('\r\n');
      expect(lines.length).toBe(ROWS - 1);
      expect(lines[0]).toMatch(/^phase {6}starting for /);
      expect(lines.at(-1)).toMatch(/^… \d+ more lines$/);
      for (const line of lines) expect([...line].length).toBeLessThanOrEqual(40);
      // As many lines up as there are.
      if (index > 0) expect(frame.startsWith(`${ESC}[${ROWS - 1}A\r`)).toBe(true);
    }
  });

  it('NO_COLOR is respected, and a dumb terminal gets lines', async () => {
    const plain = await onTerminal(['status', url], 80, { NO_COLOR: '1' });
    expect(plain.output).toContain('phase      starting');
    expect(plain.output).not.toContain(ESC);
    const dumb = await onTerminal(['wait', url, '--timeout', '1s'], 80, { TERM: 'dumb' });
    expect(dumb.output).not.toContain(ESC);
    expect(dumb.output).toContain('Waiting for ready: stuck (starting)\r\n');
  });
});
