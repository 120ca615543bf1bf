/**
 * The checker on what is not ours, as the command runs it.
 *
 * @module
 */

import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { exploreModule, readModule, readScenario } from './foreign.ts';
import { Violation } from './trace.ts';

const MODULE = 'test/loom/examples/spin-lock.wat';
const SCENARIO = 'test/loom/examples/spin-lock.ts';

const command = (...args: readonly string[]) =>
  spawnSync(process.execPath, ['test/loom/run.js', ...args], { encoding: 'utf8' });

describe('npm run loom -- --module', () => {
  it('prints the shortest schedule in which two are inside a spin lock, and fails', () => {
    const { status, stdout, stderr } = command('--module', MODULE, '--scenario', SCENARIO);
    expect(status, stderr).toBe(1);
    const lines = stdout.trim().split('\n');
    expect(lines.slice(0, 2)).toEqual([
      'a spin lock lets one in at a time',
      'invariant: two are inside',
    ]);
    // Both look, both take it, both go in.
    expect(lines).toHaveLength(2 + 6);
    expect(lines.at(-1)).toMatch(/^ {2}[AB] visit\(\) +add +0x4 +0x1 -> 0x2$/);
  });

  it('says what is missing, and what cannot be read', () => {
    const alone = command('--module', MODULE);
    expect([alone.status, alone.stderr]).toEqual([
      2,
      'Usage: npm run loom -- --module their.wasm --scenario their.ts\n',
    ]);
    const absent = command('--module', 'absent.wasm', '--scenario', SCENARIO);
    expect(absent.status).toBe(2);
    expect(absent.stderr).toMatch(/^Cannot read the module: .*absent\.wasm/);
  });
});

describe('exploreModule', () => {
  it('finds nothing in the lock that is taken in one step', async () => {
    const scenario = await readScenario(SCENARIO);
    const visit = ({ try_visit }: Parameters<(typeof scenario.threads)[number]>[0]) =>
      try_visit?.();
    const findings = exploreModule(await readModule(MODULE), {
      ...scenario,
      threads: [visit, visit, visit],
      final: ({ results }) => (results.includes('1') ? undefined : 'nobody was inside'),
    });
    expect(findings.states).toBeGreaterThan(20);
  });

  it('finds what a death leaves behind', async () => {
    const scenario = await readScenario(SCENARIO);
    const explored = async () =>
      exploreModule(await readModule(MODULE), {
        ...scenario,
        threads: [({ try_visit }) => try_visit?.()],
        crashes: 1,
        final: ({ bytes }) => (bytes()[0] === 0 ? undefined : 'the lock is taken for ever'),
      });
    await expect(explored()).rejects.toThrow(Violation);
    await expect(explored()).rejects.toThrow('the lock is taken for ever');
  });
});
