/**
 * The record of a run: at the next boot it says how the one before has ended, whatever ended it. Real
 * processes, signals and files.
 *
 * @module
 */

import { execFile, execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PreviousRun } from '../../src/index.ts';
import { commandOf, type Program, RUNTIMES, type Runtime } from '../runtime/program.ts';
import type { EndOptions } from './service.ts';
import { bundleAll, killAfterEach, sleep, start } from './start.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-record-'));
let files = 0;

const fresh = (): string => join(folder, `record-${files++}`);
const previousOf = async (program: Program): Promise<PreviousRun | null> =>
  (await program.heard('listening')).previous as PreviousRun | null;

/** Starts a run, lets it end in some way, and tells what the next one says of it. */
async function said(
  runtime: Runtime,
  options: EndOptions,
  end: (program: Program) => unknown,
): Promise<PreviousRun | null> {
  const record = fresh();
  const program = await start(runtime, { record, ...options });
  expect(await previousOf(program)).toBe(null);
  await end(program);
  await program.exit;
  const next = await start(runtime, { record });
  expect(next.stderr).toBe('');
  return previousOf(next);
}

const term = (program: Program): void => program.signal('SIGTERM');

beforeAll(bundleAll);
killAfterEach();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(RUNTIMES)('on %s the next run says', (runtime) => {
  it('that it was clean, what asked for the end, and when', async () => {
    const run = await said(runtime, {}, term);
    expect(run).toMatchObject({
      outcome: 'clean',
      trigger: 'SIGTERM',
      phase: 'stopped',
      step: 'flush_wal',
      stepStatus: 'ok',
      exitCode: 0,
      error: null,
    });
    const { startedAtMs = 0, readyAtMs, acceptedAtMs, endedAtMs, pid } = run ?? {};
    expect(startedAtMs).toBeGreaterThan(0);
    for (const time of [readyAtMs, acceptedAtMs, endedAtMs]) expect(time).toBeTypeOf('number');
    expect(pid).not.toBe(process.pid);
  });

  it('that a step has failed, and which', async () => {
    const steps = [{ name: 'flush_wal', fails: true }, { name: 'close' }];
    const run = await said(runtime, { steps }, term);
    expect(run).toMatchObject({ outcome: 'failed', step: 'flush_wal', stepStatus: 'failed' });
    expect(run).toMatchObject({ exitCode: 1, phase: 'stopped' });
  });

  it('that it was killed while Ready', async () => {
    const run = await said(runtime, {}, (program) => program.signal('SIGKILL'));
    expect(run).toMatchObject({ outcome: 'killed', trigger: null, step: null, endedAtMs: null });
    expect(run).toMatchObject({ acceptedAtMs: null, exitCode: null });
  });

  it('in which step it was killed, though the step has blocked the loop from its first line', async () => {
    const steps = [{ name: 'first' }, { name: 'second', blockMs: 60_000 }];
    const run = await said(runtime, { steps, budgetMs: 120_000 }, async (program) => {
      term(program);
      while (program.all('step').length < 2) await sleep(10);
      program.signal('SIGKILL');
    });
    expect(run).toMatchObject({ outcome: 'killed', step: 'second', stepStatus: 'running' });
    expect(run).toMatchObject({ phase: 'shutting_down', trigger: 'SIGTERM', endedAtMs: null });
  });

  it('that the probe thread has killed it at the end of its budget', async () => {
    const steps = [{ name: 'stuck', blockMs: 60_000 }];
    const run = await said(runtime, { steps, budgetMs: 300, probes: true }, term);
    expect(run).toMatchObject({ outcome: 'out_of_budget', step: 'stuck', stepStatus: 'running' });
    expect(run?.endedAtMs).toBeGreaterThanOrEqual(run?.acceptedAtMs ?? Number.NaN);
  });

  it('that it has crashed, by which error, with crashes', async () => {
    const plan = { crash: 'throws', signals: { crashes: true } } as const;
    const run = await said(runtime, plan, () => {});
    expect(run).toMatchObject({ outcome: 'crashed', error: 'Error: a crash', exitCode: 1 });
    expect(run).toMatchObject({ trigger: 'uncaughtException', phase: 'stopped' });
  });

  it('the same without crashes, where the runtime has ended it at once', async () => {
    const run = await said(runtime, { crash: 'throws' }, () => {});
    expect(run).toMatchObject({ outcome: 'crashed', error: 'Error: a crash', trigger: null });
    expect(run?.endedAtMs).toBeTypeOf('number');
  });

  it('that it has ended itself without a shutdown', async () => {
    const run = await said(runtime, { exitsWith: 3 }, () => {});
    expect(run).toMatchObject({ outcome: 'exited', exitCode: 3, acceptedAtMs: null });
  });

  it('what is so, after kills at random moments of the shutdown', async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    console.log(`seed ${seed}`);
    const random = seeded(seed);
    const names = ['a', 'b', 'c', 'd'];
    const steps = names.map((name) => ({ name, sleepMs: 15 }));
    const record = fresh();
    let before: Program | undefined;
    for (let run = 0; run <= 6; run++) {
      const program = await start(runtime, { record, steps, preDrainMs: 10 });
      const previous = await previousOf(program);
      expect(program.stderr).toBe('');
      if (before === undefined) expect(previous).toBe(null);
      else {
        const { code } = await before.exit;
        // Killed between its last line and the exit, it has done all that there was to do.
        const isDone = code === 0 || previous?.exitCode === 0;
        expect(previous?.outcome).toBe(isDone ? 'clean' : 'killed');
        expect(isDone && previous?.phase !== 'stopped').toBe(false);
        // What the process has said itself was recorded before.
        const heard = names.indexOf(String(before.all('step').at(-1)?.name));
        expect(names.indexOf(previous?.step ?? '')).toBeGreaterThanOrEqual(heard);
      }
      before = program;
      term(program);
      await sleep(random() * 150);
      if (!program.isOver) await program.kill();
    }
  });

  it('it in the status, as a metric, and on the probe thread', async () => {
    const record = fresh();
    const first = await start(runtime, { record });
    // It has said that it listens in the turn in which it became Ready.
    while (!readFileSync(record, 'utf8').includes('enteredAtMs')) await sleep(10);
    first.signal('SIGKILL');
    await first.exit;
    const { port, ...next } = await start(runtime, { record, probes: true });
    const probes = String(next.events.find(({ event }) => event === 'listening')?.probes);
    const own = `http://127.0.0.1:${port}`;
    const status = await (await fetch(`${own}/admin/status`)).json();
    const { pid } = await first.heard('listening');
    expect(status.previous_run).toEqual({
      outcome: 'killed',
      pid,
      started_at_ms: expect.any(Number),
      ready_at_ms: expect.any(Number),
      accepted_at_ms: null,
      ended_at_ms: null,
      last_seen_at_ms: expect.any(Number),
      trigger: null,
      phase: 'ready',
      step: null,
      step_status: null,
      exit_code: null,
      error: null,
    });
    const metric = 'tidegate_previous_run_info{outcome="killed"} 1\n';
    expect(await (await fetch(`${own}/metrics`)).text()).toContain(metric);
    // It has been told by a message, which its loop takes in its own time.
    while (!(await (await fetch(`${probes}/metrics`)).text()).includes(metric)) await sleep(10);
  });

  it('that it has not ended, where the two overlap; and the newer one owns the file', async () => {
    const record = fresh();
    const old = await start(runtime, { record });
    const newer = await start(runtime, { record, exitCode: 9 });
    expect(statSync(record).mode & 0o777, 'its file is for its owner alone').toBe(0o600);
    const [{ pid }, previous] = [await old.heard('listening'), await previousOf(newer)];
    expect(previous).toMatchObject({ outcome: 'running', pid, endedAtMs: null });
    term(newer);
    expect(await newer.exit).toMatchObject({ code: 9 });
    term(old);
    expect(await old.exit).toMatchObject({ code: 0 });
    expect(`${old.stderr}${newer.stderr}`).toBe('');
    const last = await start(runtime, { record });
    expect(await previousOf(last)).toMatchObject({ outcome: 'failed', exitCode: 9 });
    expect(readdirSync(folder).filter((file) => file.endsWith('.tmp'))).toEqual([]);
  });
});

describe('a record that cannot be kept is one line, and nothing else,', () => {
  it.each([
    ['in a folder that is not there', () => join(folder, 'none', 'record')],
    ['at the place of a folder', () => folder],
    [
      'at the place of a pipe that nobody reads',
      () => {
        const pipe = fresh();
        execFileSync('mkfifo', [pipe]);
        return pipe;
      },
    ],
    ['on a device', () => '/dev/full'],
  ])('%s', async (_, place) => {
    const record = place();
    const program = await start('node', { record });
    expect(await previousOf(program)).toBe(null);
    term(program);
    expect(await program.exit).toMatchObject({ code: 0 });
    expect(program.stderr).toMatch(/^tidegate: The record \/\S+ cannot be kept: .+\n$/);
    expect(existsSync(`${record}.tmp`)).toBe(false);
  });

  it.each(['throws', 'rejects', 'hangs', 'blocks'] as const)(
    'in a store that %s',
    async (store) => {
      const program = await start('node', { store });
      term(program);
      expect(await program.exit).toMatchObject({ code: 0 });
      expect(program.stderr).toMatch(/^tidegate: The record .+\n$/);
      // No more than two of those that block for more than a second.
      if (store === 'blocks') expect(program.all('written')).toHaveLength(2);
    },
  );

  it('without the permission of Deno, which the line names', async () => {
    const record = fresh();
    const program = `${record}.ts`;
    const dist = join(import.meta.dirname, '../../dist');
    writeFileSync(
      program,
      `import { Lifecycle } from '${dist}/index.js';
       import { handleSignals } from '${dist}/deno.js';
       const lifecycle = Lifecycle.create();
       handleSignals(lifecycle, { record: '${record}' });
       await lifecycle.shutdown();`,
    );
    const [deno, [run = '']] = commandOf('deno', program);
    const { stderr } = await promisify(execFile)(deno, [run, '--no-prompt', '--no-lock', program]);
    expect(stderr).toMatch(/^tidegate: The record \S+ cannot be kept: .+--allow-read.+\n$/);
    expect(existsSync(record)).toBe(false);
  });
});

describe('what is no record', () => {
  it.each(['', 'not JSON\n', '{"event":"started"}\n', 'null\n[]\n', '\0\uFFFD'.repeat(40_000)])(
    'is ignored with a line, and replaced: %.20j',
    async (text) => {
      const record = fresh();
      writeFileSync(record, text);
      const program = await start('node', { record });
      expect(await previousOf(program)).toBe(null);
      term(program);
      expect(await program.exit).toMatchObject({ code: 0 });
      const line = `tidegate: The record ${record} is not one, and is ignored\n`;
      expect(program.stderr).toBe(text === '' ? '' : line);
      expect(readFileSync(record, 'utf8')).toContain('"exitCode":0');
    },
  );
});

describe('a store', () => {
  it.each(['works', 'works later'] as const)('that %s gets the whole record', async (store) => {
    const program = await start('node', { store });
    if (store === 'works') {
      expect(await previousOf(program)).toMatchObject({ outcome: 'killed', step: 'backup' });
    }
    await program.heard('written');
    term(program);
    expect(await program.exit).toMatchObject({ code: 0 });
    const text = String(program.all('written').at(-1)?.text);
    const events = text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
    expect(events.map(({ event }) => event).filter((event) => event !== 'phase')).toEqual([
      'started',
      'accepted',
      'step_started',
      'step_ended',
      'exited',
    ]);
    expect(program.stderr).toBe('');
  });
});

/** mulberry32 */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}
