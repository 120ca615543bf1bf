/**
 * Errors that nobody catches: before a shutdown, and while one flushes. Real processes and signals.
 *
 * @module
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { RUNTIMES } from '../runtime/program.ts';
import { bundleAll, ended, killAfterEach, names, start } from './start.ts';

beforeAll(bundleAll);
killAfterEach();

/** Time for whatever is to come of a log that failed. */
const SLOW = { name: 'slow', sleepMs: 200 };

describe.each(RUNTIMES)('on %s', (runtime) => {
  describe('with crashes', () => {
    it.each([
      ['throws', 'uncaughtException', /Uncaught exception/],
      ['rejects', 'unhandledRejection', /Unhandled rejection/],
    ] as const)('one that %s is printed, flushes and ends with 1', async (crash, _, line) => {
      const program = await start(runtime, { crash, signals: { crashes: true } });
      expect(await program.exit).toMatchObject({ code: 1, signal: null });
      expect(names(program, 'step_end')).toEqual(['flush_wal']);
      expect(program.stderr).toMatch(line);
      expect(program.stderr).toMatch(/a crash\b[\s\S]*\n\s+at /);
    });

    it('a boot that fails does the same from Starting', async () => {
      const program = await start(runtime, { crash: 'boot', signals: { crashes: true } });
      expect(await program.exit).toMatchObject({ code: 1, signal: null });
      expect(program.stderr).toMatch(/a boot that fails/);
      expect(program.all('phase').at(-1)).toMatchObject({ to: 4 });
    });

    it('goes to log, uncut', async () => {
      const program = await start(runtime, {
        crash: 'throws',
        signals: { crashes: true },
        log: 'events',
      });
      expect(await program.exit).toMatchObject({ code: 1, signal: null });
      expect(program.all('log')).toEqual([
        expect.objectContaining({ type: 'uncaught', name: 'uncaughtException', error: 'a crash' }),
      ]);
      expect(program.stderr).toBe('');
    });
  });

  it('without crashes the runtime does what it always does', async () => {
    const program = await start(runtime, { crash: 'throws' });
    expect(await program.exit).toMatchObject({ code: 1, signal: null });
    expect(program.all('step')).toEqual([]);
    expect(program.stderr).toMatch(/a crash/);
  });

  it("the application's own listener sets the exit code (E6)", async () => {
    const program = await start(runtime, { crash: 'throws', ownCrashCode: 70 });
    expect(await program.exit).toMatchObject({ code: 70, signal: null });
    expect(names(program, 'step_end')).toEqual(['flush_wal']);
  });

  it('and with crashes: true as well (E6)', async () => {
    const program = await start(runtime, {
      crash: 'throws',
      ownCrashCode: 70,
      signals: { crashes: true },
    });
    expect(await program.exit).toMatchObject({ code: 70, signal: null });
    expect(names(program, 'step_end')).toEqual(['flush_wal']);
  });

  it('a listener that throws at Draining is reported, and the shutdown goes on (E9)', async () => {
    const { program, exit } = await ended(runtime, { listenerThrows: true });
    expect(exit).toMatchObject({ code: 0, signal: null });
    expect(names(program, 'step_end')).toEqual(['flush_wal']);
    expect(program.stderr).toMatch(/a listener threw/);
  });

  it.each([[false], [true]])(
    'a rejection that a step leaves is logged, and the flush goes on; crashes: %s (E9)',
    async (crashes) => {
      const { program, exit } = await ended(runtime, {
        steps: [
          { name: 'leaves', leavesRejection: true, sleepMs: 50 },
          { name: 'flush_wal', sleepMs: 50 },
        ],
        signals: { crashes },
      });
      expect(exit).toMatchObject({ code: 1, signal: null });
      expect(names(program, 'step_end')).toEqual(['leaves', 'flush_wal']);
      expect(program.stderr.match(/Unhandled rejection/g)).toHaveLength(1);
      expect(program.stderr).toMatch(/left by a step/);
    },
  );

  it('both at once, with exit: false: the exit code says so all the same (E9)', async () => {
    const { program, exit } = await ended(runtime, {
      listenerThrows: true,
      steps: [{ name: 'leaves', leavesRejection: true, sleepMs: 50 }, { name: 'flush_wal' }],
      signals: { exit: false },
    });
    expect(exit).toMatchObject({ code: 1, signal: null });
    expect(names(program, 'step_end')).toEqual(['leaves', 'flush_wal']);
  });

  describe('what a step does wrong is a line on stderr (E10)', () => {
    const WRONG = {
      steps: [
        { name: 'full', fails: true },
        { name: 'stuck', hangs: true, timeoutMs: 50 },
        { name: 'flush_wal' },
      ],
    };

    it('with the error and its stack', async () => {
      const { program, exit } = await ended(runtime, WRONG);
      expect(exit).toMatchObject({ code: 1, signal: null });
      expect(program.stderr).toMatch(/full[\s\S]*no space left[\s\S]*\n\s+at /);
      expect(program.stderr).toMatch(/stuck/);
      expect(names(program, 'step_end')).toEqual(['flush_wal']);
    });

    it('or goes to log, or nowhere', async () => {
      const { program } = await ended(runtime, { ...WRONG, log: 'events' });
      expect(program.all('log').map(({ type, name }) => [type, name])).toEqual([
        ['step_failed', 'full'],
        ['step_timed_out', 'stuck'],
      ]);
      const silent = await ended(runtime, { ...WRONG, log: false });
      expect(program.stderr + silent.program.stderr).toBe('');
    });

    it.each(['throws', 'rejects'] as const)('or is printed, if the log %s', async (log) => {
      // A failure that is logged as an uncaught error would come back to the log for ever.
      const { program, exit } = await ended(runtime, { ...WRONG, log, finally: [SLOW] });
      expect(exit).toMatchObject({ code: 1, signal: null });
      expect(program.stderr.match(/The log failed/g)).toHaveLength(2);
      expect(program.stderr).toMatch(/no space left[\s\S]*stuck/);
      expect(program.stderr).not.toMatch(/Unhandled/);
    });
  });
});

it('an owner of the shutdown that crashes does not keep the process, on any runtime', async () => {
  // Side by side: the application has 12 s to finish its own shutdown all the same.
  await Promise.all(
    RUNTIMES.map(async (runtime) => {
      const program = await start(runtime, { crash: 'as owner' });
      expect(await program.exit).toMatchObject({ code: 1, signal: null });
      expect(program.all('step')).toEqual([]);
      expect(program.stderr).toMatch(/The shutdown was not finished after an uncaught error/);
    }),
  );
});
