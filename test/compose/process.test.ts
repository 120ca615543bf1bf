/**
 * Real processes of one composed service: told to stop as it boots and after that, and a start that
 * fails or does not end. What was started is stopped, and the exit codes are those of the contract.
 *
 * @module
 */

import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bundle, Program, RUNTIMES, type Runtime } from '../runtime/program.ts';
import type { ComposedOptions } from './service.ts';

const SERVICE = join(import.meta.dirname, 'service.ts');

const started: Program[] = [];

beforeAll(() => bundle(SERVICE));

afterEach(async () => {
  for (const program of started.splice(0)) await program.kill();
});

async function start(runtime: Runtime, api: ComposedOptions['api']): Promise<Program> {
  const program = await Program.start(runtime, { api } satisfies ComposedOptions, SERVICE);
  started.push(program);
  return program;
}

const stops = (program: Program): unknown[] => program.all('stop').map(({ name }) => name);

describe.each(RUNTIMES)('on %s', (runtime) => {
  it('a SIGTERM once it is ready stops all of it in reverse, and exits with 0', async () => {
    const program = await start(runtime, 'starts');
    await program.heard('ready');
    program.signal('SIGTERM');
    expect([await program.exit, program.stderr]).toMatchObject([{ code: 0, signal: null }, '']);
    const [first, ...others] = stops(program);
    expect([first, others.sort()]).toEqual(['api', ['cache', 'database']]);
    expect(program.all('stop').map(({ phase }) => phase)).toEqual([3, 3, 3]);
    expect(await program.heard('stopped')).toMatchObject({ failed: false, trigger: 'SIGTERM' });
  });

  it('a SIGTERM during the boot aborts the start, stops the others, and exits with 0', async () => {
    const program = await start(runtime, 'waits');
    await program.heard('starting');
    const probe = await fetch(`http://127.0.0.1:${program.port}/health/ready`);
    expect(await probe.json()).toMatchObject({ reason: 'api' });
    program.signal('SIGTERM');
    // No word of it: that a boot was broken off is no error.
    expect([await program.exit, program.stderr]).toMatchObject([{ code: 0, signal: null }, '']);
    expect(await program.heard('aborted')).toMatchObject({ name: 'LeavingError' });
    expect(stops(program).sort()).toEqual(['cache', 'database']);
    expect(await program.heard('stopped')).toMatchObject({
      failed: false,
      steps: expect.arrayContaining(['api skipped', 'database ok', 'cache ok']),
    });
    expect(program.all('ready')).toEqual([]);
  });

  it('a start that fails stops the others, says why, and exits with 1', async () => {
    const program = await start(runtime, 'fails');
    expect(await program.exit).toMatchObject({ code: 1, signal: null });
    expect(stops(program).sort()).toEqual(['cache', 'database']);
    const stopped = await program.heard('stopped');
    expect(stopped).toMatchObject({ failed: true, trigger: 'start:api' });
    expect(program.stderr).toContain('planned');
  });

  it('a start that does not end within timeoutMs is a failed one', async () => {
    const program = await start(runtime, 'hangs');
    expect(await program.exit).toMatchObject({ code: 1, signal: null });
    expect(await program.heard('aborted')).toMatchObject({ name: 'TimeoutError' });
    expect(stops(program).sort()).toEqual(['cache', 'database']);
    expect(await program.heard('stopped')).toMatchObject({ failed: true, trigger: 'start:api' });
    expect(program.stderr).toContain('api did not start within 50 ms');
  });
});
