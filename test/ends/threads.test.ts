/**
 * The rows of the cases that need several threads or a limit of the system: what a shutdown waits for,
 * who runs it when threads end, and what ends its pre-drain. Real processes, threads and signals.
 *
 * @module
 */

import { execFile, spawnSync } from 'node:child_process';
import { request } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { MAIN } from '../cli/command.ts';
import {
  bundle,
  bundleOf,
  commandOf,
  type Program,
  RUNTIMES,
  type Runtime,
  type ServiceEvent,
} from '../runtime/program.ts';
import { killAfterEach, sleep, startOf } from './start.ts';
import type { OwnedBeside, ThreadEnd, ThreadPlan } from './thread-service.ts';

const SERVICE = join(import.meta.dirname, 'thread-service.ts');
const WORKER = join(import.meta.dirname, 'thread-worker.ts');
const LIMITED = join(import.meta.dirname, 'limited.ts');

beforeAll(() => {
  for (const source of [SERVICE, WORKER, LIMITED]) bundle(source);
  process.env.THREAD_WORKER = bundleOf(WORKER);
});
killAfterEach();

const start = (runtime: Runtime, plan: ThreadPlan): Promise<Program> =>
  startOf(SERVICE, runtime, plan);

/** The names of what it has said, in order, as far as they are among those. */
function course(program: Program, ...among: string[]): string[] {
  return program.events.map(({ event }) => event).filter((event) => among.includes(event));
}

async function stopped(program: Program): Promise<Record<string, unknown>> {
  const { report } = await program.heard('stopped');
  return report as Record<string, unknown>;
}

const WELL = { code: 0, signal: null };

describe.each(RUNTIMES)('on %s', (runtime) => {
  describe('a signal during the boot (E8)', () => {
    it.each(['SIGTERM', 'SIGINT'] as const)(
      '%s: the stage is told, and the steps wait for its end and know',
      async (signal) => {
        const program = await start(runtime, { is: 'booting', stage: 'heeds' });
        program.signal(signal);
        expect(await program.exit).toMatchObject(WELL);
        expect(await program.heard('told')).toMatchObject({ code: 'leaving' });
        expect(await program.heard('flush')).toMatchObject({ ready: false, stages: 1 });
        expect(await stopped(program)).toMatchObject({ drained: true, trigger: signal });
      },
    );

    it('a stage that ends by rejecting with the reason is waited for all the same', async () => {
      const program = await start(runtime, { is: 'booting', stage: 'rejects' });
      program.signal('SIGTERM');
      expect(await program.exit).toMatchObject(WELL);
      expect(await program.heard('flush')).toMatchObject({ ready: false, stages: 1 });
      expect(await program.heard('rejected')).toMatchObject({ code: 'leaving' });
    });

    it('a stage on another thread gets the signal, and is waited for', async () => {
      const program = await start(runtime, { is: 'booting', stage: 'on a thread' });
      program.signal('SIGTERM');
      expect(await program.exit).toMatchObject(WELL);
      expect(await program.heard('flush')).toMatchObject({ ready: false, stages: 1 });
      expect(await stopped(program)).toMatchObject({ drained: true });
    });

    it('a stage that ignores it costs the drain time-out, and the exit code', async () => {
      const program = await start(runtime, { is: 'booting', stage: 'ignores' });
      program.signal('SIGTERM');
      expect(await program.exit).toMatchObject({ code: 1, signal: null });
      expect(await program.heard('flush')).toMatchObject({ ready: false, stages: 0 });
      expect(await stopped(program)).toMatchObject({ drained: false, flushedWal: true });
    });
  });

  describe('an application that owns the shutdown (E14)', () => {
    it.each(['is terminated', 'exits', 'detaches'] satisfies ThreadEnd[])(
      'on a thread that %s is succeeded by the main thread, and not before',
      async (end) => {
        const program = await start(runtime, { is: 'left', end });
        expect(await program.heard('owned')).toMatchObject({ was: true });
        program.signal('SIGTERM');
        expect(await program.exit).toMatchObject(WELL);
        expect(await program.heard('still')).toMatchObject({ phase: 3, steps: 0 });
        expect(await stopped(program)).toMatchObject({ takenOver: true, flushedWal: true });
        expect(await program.heard('stopped')).toMatchObject({ steps: 1 });
      },
    );

    it.each([
      ['the host detaches', 3],
      ['the host dies in its drain', 2],
      ['the only host dies', 3],
    ] satisfies [OwnedBeside, number][])('is alone in it when %s', async (beside, phase) => {
      const program = await start(runtime, { is: 'owned', beside });
      program.signal('SIGTERM');
      expect(await program.exit).toMatchObject(WELL);
      expect(await program.heard('owned')).toMatchObject({ was: true });
      expect(await program.heard('still')).toMatchObject({ phase, steps: 0 });
      expect(await program.heard('after')).toMatchObject({ phase: 3, steps: 0 });
      expect(await program.heard('finished')).toMatchObject({ was: true });
      expect(await program.heard('stopped')).toMatchObject({ steps: 0 });
      expect(await stopped(program)).toMatchObject({ takenOver: false, trigger: 'the owner' });
    });
  });

  describe('a main loop that is blocked, with a probe thread (E16)', () => {
    it('is not killed by the end of the budget of a stand-by', async () => {
      const plan = { hostMs: 60_000, standbyMs: 1_000, blockMs: 2_500 };
      const program = await start(runtime, { is: 'blocked', ...plan });
      program.signal('SIGTERM');
      expect(await program.exit).toMatchObject(WELL);
      expect(await stopped(program)).toMatchObject({ drained: true, flushedWal: true });
    });

    it('is killed by the end of its own, whatever a stand-by has', async () => {
      const plan = { hostMs: 2_000, standbyMs: 60_000, blockMs: 60_000 };
      const program = await start(runtime, { is: 'blocked', ...plan });
      program.signal('SIGTERM');
      expect(await program.exit).toMatchObject({ code: null, signal: 'SIGKILL' });
      expect(course(program, 'blocks')).toEqual(['blocks']);
    });
  });

  describe('a pre-drain of ten minutes that waits for three probes (E23)', () => {
    it.each(['server', 'probe thread'] as const)(
      'is ended through the %s by those who were asking before, and by nobody else',
      async (through) => {
        const program = await start(runtime, { is: 'probed' });
        const { port, probes } = await program.heard('listening');
        const base = through === 'server' ? `http://127.0.0.1:${port}` : String(probes);
        const ready = `${base}/health/ready/write`;
        expect(await ask(ready, 'balancer/1')).toBe(200);
        expect(await ask(`${base}/health/ready`, 'page/1')).toBe(200);
        program.signal('SIGTERM');
        await program.heard('leaving');
        // Anonymous, new, by another path than before, and our own.
        for (let count = 0; count < 3; count++) {
          expect(await ask(ready, undefined)).toBe(503);
          expect(await ask(ready, `curious/${count}`)).toBe(503);
          expect(await ask(ready, 'page/1')).toBe(503);
        }
        const waited = ['wait', base, '--for', 'ready/write', '--timeout', '500ms'];
        const cli = promisify(execFile)(process.execPath, [MAIN, ...waited]);
        await expect(cli).rejects.toMatchObject({ stdout: expect.stringContaining('shutdown') });
        await sleep(300);
        expect(course(program, 'phase')).toEqual(['phase']);
        for (let count = 0; count < 3; count++) expect(await ask(ready, 'balancer/1')).toBe(503);
        expect(await program.exit).toMatchObject(WELL);
        expect(await stopped(program)).toMatchObject({ drained: true, flushedWal: true });
      },
    );
  });
});

/** Asks once, on a connection of its own, with that `user-agent` or none. */
function ask(url: string, agent: string | undefined): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = agent === undefined ? {} : { 'user-agent': agent };
    const asked = request(url, { agent: false, headers }, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode));
    });
    asked.once('error', reject).end();
  });
}

describe('under a limit of 6 GB on addresses (E20)', () => {
  /** Runs a command under it; `exec` makes the shell the command. */
  const limited = (command: string, args: readonly string[]): ReturnType<typeof spawnSync> =>
    spawnSync('sh', ['-c', 'ulimit -v 6000000 && exec "$@"', 'sh', command, ...args], {
      env: { ...process.env, NO_COLOR: '1' },
    });

  function said(runtime: Runtime): Map<string, ServiceEvent> {
    const { stdout, stderr, status } = limited(...commandOf(runtime, LIMITED));
    expect([status, String(stderr)]).toEqual([0, '']);
    const events = String(stdout)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as ServiceEvent);
    const byName = new Map(events.map((event) => [event.event, event]));
    expect(byName.get('runs')).toMatchObject({ runtime });
    return byName;
  }

  it('on node there is no WebAssembly memory: wasm says so, and atomics works', () => {
    const events = said('node');
    expect(events.get('engine')?.refusal).toContain('RangeError');
    expect(events.get('wasm')).toMatchObject({ refusal: 'LifecycleError memory_unavailable' });
    expect(events.get('atomics')).toMatchObject({ refusal: null });
    expect(events.get('stopped')).toMatchObject({
      report: { drained: true, flushedWal: true },
      wasm: 'LifecycleError wasm_unavailable',
    });
  });

  it('on bun there is WebAssembly memory, which reserves less: both work', () => {
    const events = said('bun');
    expect(events.get('engine')).toMatchObject({ refusal: null });
    expect(events.get('wasm')).toMatchObject({ refusal: null });
    expect(events.get('atomics')).toMatchObject({ refusal: null });
    expect(events.get('stopped')).toMatchObject({ report: { drained: true, flushedWal: true } });
  });

  it('deno does not start at all, whatever it is to run', () => {
    const [deno] = commandOf('deno', LIMITED);
    const { status, signal, stderr } = limited(deno, ['eval', '']);
    expect(status === 0 && signal === null).toBe(false);
    expect(String(stderr)).toContain('out of memory');
    expect(spawnSync(deno, ['eval', '']).status).toBe(0);
  });
});
