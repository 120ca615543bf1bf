/**
 * What the gate prints, and what it counts: a small one over files that fail, are broken, or kill
 * the runner. Real processes; on Node only, which the gate itself runs on.
 *
 * @module
 */

import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';

const GATE = 'test/gate/fixtures/run.js';
const FOLDER = 'test/gate/fixtures';
const ESC = String.fromCodePoint(27);

interface Printed {
  readonly lines: readonly string[];
  readonly code: number | null;
}

/** All that a gate over these fixtures prints, through a pipe or on a terminal. */
function gateOver(
  fixtures: string,
  environment: Readonly<Record<string, string>> = {},
  isTerminal = false,
): Promise<Printed> {
  const [program, args]: [string, string[]] = isTerminal
    ? // Of Debian's bsdutils, which every Debian has.
      [
        'script',
        ['--quiet', '--return', '--command', `exec ${process.execPath} ${GATE}`, '/dev/null'],
      ]
    : [process.execPath, [GATE]];
  const child = spawn(program, args, {
    env: {
      ...process.env,
      TERM: 'xterm',
      NO_COLOR: undefined,
      TEST_RUNTIME: undefined,
      ...environment,
      FIXTURES: fixtures,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ lines: output.trimEnd().split(/\r?\n/), code }));
  });
}

/** The lines from a heading to the next one. */
function below(lines: readonly string[], heading: string): readonly string[] {
  const from = lines.indexOf(heading) + 1;
  expect(from, heading).toBeGreaterThan(0);
  const length = lines.slice(from).findIndex((line) => line.startsWith('== '));
  return length < 0 ? lines.slice(from) : lines.slice(from, from + length);
}

/** The lines of test files, without their times. */
function filesIn(lines: readonly string[]): string[] {
  return lines
    .filter((line) => /^(ok|FAIL) +\d+\.\d s {2}test\//.test(line))
    .map((line) => line.replace(/ +\d+\.\d s +/, ' '))
    .sort();
}

describe('a gate with failures', () => {
  const ALL = '{passes,fails,broken}';

  it('has one line a file, each failure again at the end, times, and the sum as its last line', async () => {
    const { lines, code } = await gateOver(ALL);
    expect(code).toBe(1);
    expect(filesIn(lines)).toEqual([
      `FAIL ${FOLDER}/broken.fixture.ts  1 failed`,
      `FAIL ${FOLDER}/fails.fixture.ts  1 passed, 2 failed, 1 skipped`,
      `ok ${FOLDER}/passes.fixture.ts  1 passed, 1 skipped`,
    ]);
    const failed = below(lines, '== what failed');
    expect(failed.filter((line) => /^\S/.test(line))).toEqual([
      'a wrong step',
      `fixtures ${ALL}: ${FOLDER}/fails.fixture.ts`,
      `fixtures ${ALL}: ${FOLDER}/fails.fixture.ts`,
      `fixtures ${ALL}: ${FOLDER}/broken.fixture.ts`,
      `fixtures ${ALL}`,
    ]);
    for (const text of [
      'It ended with 3',
      'a room',
      'Error: it cannot be entered',
      'a sum > is what it is not',
      'AssertionError: expected { sum: 2 } to deeply equal { sum: 3 }',
      'Error: it does not load',
      'Error: nobody waits for this',
    ]) {
      expect(failed.map((line) => line.trim())).toContain(text);
    }
    const times = below(lines, '== how long it took').filter((line) => / s {2}/.test(line));
    const named = times.map((line) => line.replace(/^ *\d+\.\d s {2}/, ''));
    // Whichever of the two ends first.
    expect(named.splice(2, 2).sort()).toEqual(['a step beside another', 'the other']);
    expect(named).toEqual(['a step', 'a wrong step', `fixtures ${ALL}`, '  test/gate', 'all']);
    // Three steps and two tests; the second step, two tests, a file, and what nobody waited for.
    expect(lines.at(-1)).toBe('5 passed, 5 failed, 2 skipped');
  });

  it('says on which runtime a file ran, if that is known', async () => {
    const { lines } = await gateOver('passes', { TEST_RUNTIME: 'bun' });
    expect(lines.join('\n')).toMatch(/ok {3} *\d+\.\d s {2}bun {3}test\/gate\/.*passes.fixture.ts/);
  });

  it('has no escape codes in a log, even where colours are forced', async () => {
    const { lines } = await gateOver(ALL, { FORCE_COLOR: '1', CLICOLOR_FORCE: '1' });
    expect(lines).toContain('what a step prints');
    expect(lines).toContain('      what a test prints');
    expect(lines.filter((line) => line.includes(ESC))).toEqual([]);
  });

  it('on a terminal paints failures, unless NO_COLOR is set', async () => {
    const red = `${ESC}[1;31mFAIL${ESC}[0m`;
    const painted = await gateOver('fails', {}, true);
    expect(painted.lines.some((line) => line.includes(red))).toBe(true);
    const plain = await gateOver('fails', { NO_COLOR: '1' }, true);
    expect(filesIn(plain.lines)).toHaveLength(1);
    expect(plain.lines.filter((line) => line.includes(ESC))).toEqual([]);
  });
});

describe('a run that tells nothing is a failure', () => {
  it.each([
    ['dies', `It ended with SIGKILL, in ${FOLDER}/dies.fixture.ts`],
    ['absent', 'It ended with 1, after 0 tests that passed'],
  ])('%s', async (fixtures, message) => {
    const { lines, code } = await gateOver(fixtures);
    expect(code).toBe(1);
    expect(below(lines, '== what failed').map((line) => line.trim())).toContain(message);
    expect(lines.at(-1)).toBe('3 passed, 2 failed, 0 skipped');
  });
});
