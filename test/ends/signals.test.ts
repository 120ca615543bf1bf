/**
 * Signals: which of them are the same request, which end the process at once, and which are refused.
 * Real processes and real signals.
 *
 * @module
 */

import { spawn } from 'node:child_process';
import { beforeAll, describe, expect, it } from 'vitest';
import { commandOf, RUNTIMES } from '../runtime/program.ts';
import { bundleAll, ended, killAfterEach, names, SERVICE, sleep, start } from './start.ts';

beforeAll(bundleAll);
killAfterEach();

/** A step that blocks the loop, and one that must run after it. */
const BLOCKED = [{ name: 'blocked', blockMs: 400 }, { name: 'flush_wal' }];
const LONG = [{ name: 'long', sleepMs: 700 }, { name: 'flush_wal' }];

describe.each(RUNTIMES)('on %s', (runtime) => {
  describe('the same request', () => {
    it.each([
      ['SIGINT', 'SIGINT'],
      ['SIGTERM', 'SIGINT'],
      ['SIGINT', 'SIGTERM'],
    ] as const)('%s, and %s while a step blocks the loop (E1)', async (first, second) => {
      const program = await start(runtime, { steps: BLOCKED });
      program.signal(first);
      await program.heard('step');
      // Two: early and late in the step. Neither can be heard before it ends.
      await sleep(10);
      program.signal(second);
      await sleep(290);
      program.signal(second);
      expect(await program.exit).toMatchObject({ code: 0, signal: null });
      expect(names(program, 'step_end')).toEqual(['blocked', 'flush_wal']);
    });

    it('a SIGINT while the process is suspended (E1)', async () => {
      const program = await start(runtime, { steps: LONG });
      program.signal('SIGINT');
      await program.heard('step');
      program.signal('SIGSTOP');
      await sleep(500);
      program.signal('SIGINT');
      program.signal('SIGCONT');
      expect(await program.exit).toMatchObject({ code: 0, signal: null });
      expect(names(program, 'step_end')).toEqual(['long', 'flush_wal']);
    });

    it('a SIGTERM that a library sends to its own process when it is done (E2)', async () => {
      const { program, exit } = await ended(runtime, { steps: LONG, signalsItselfMs: 400 });
      expect(exit).toMatchObject({ code: 0, signal: null });
      expect(names(program, 'step_end')).toEqual(['long', 'flush_wal']);
    });

    it('the same during a pre-drain, and over and over (E2)', async () => {
      const program = await start(runtime, { steps: LONG, preDrainMs: 300 });
      await program.insist('SIGTERM');
      expect(await program.exit).toMatchObject({ code: 0, signal: null });
      expect(names(program, 'step_end')).toEqual(['long', 'flush_wal']);
    });

    it('every SIGINT, if force is empty', async () => {
      const program = await start(runtime, { steps: LONG, signals: { force: [] } });
      await program.insist('SIGINT');
      expect(await program.exit).toMatchObject({ code: 0, signal: null });
    });
  });

  describe('ends the process at once', () => {
    const HUNG = { steps: [{ name: 'hung', hangs: true }] };

    it.each([
      ['SIGTERM', 'SIGINT', undefined, 130],
      ['SIGINT', 'SIGINT', undefined, 130],
      ['SIGINT', 'SIGTERM', ['SIGTERM'], 143],
      ['SIGHUP', 'SIGHUP', ['SIGHUP'], 129],
    ] as const)('%s, then %s, with force: %s', async (first, second, force, code) => {
      const signals = { signals: ['SIGTERM', 'SIGINT', 'SIGHUP'], force };
      const program = await start(runtime, { ...HUNG, signals });
      program.signal(first);
      await program.heard('step');
      await program.insist(second);
      expect(await program.exit).toMatchObject({ code, signal: null });
    });

    it('whatever exit code the application has set', async () => {
      const program = await start(runtime, { ...HUNG, exitCode: 70 });
      program.signal('SIGTERM');
      await program.heard('step');
      await program.insist('SIGINT');
      expect(await program.exit).toMatchObject({ code: 130, signal: null });
    });

    it('a signal that is only in force, once another has asked for the shutdown', async () => {
      const signals = { signals: ['SIGTERM'], force: ['SIGUSR2'] };
      const program = await start(runtime, { ...HUNG, signals });
      program.signal('SIGTERM');
      await program.heard('step');
      await program.insist('SIGUSR2');
      expect(await program.exit).toMatchObject({ code: 128 + 12, signal: null });
    });

    it('and until then that signal does what it always does', async () => {
      const signals = { signals: ['SIGTERM'], force: ['SIGUSR2'] };
      const program = await start(runtime, { ...HUNG, signals });
      program.signal('SIGUSR2');
      expect(await program.exit).toMatchObject({ code: null, signal: 'SIGUSR2' });
      expect(program.all('step')).toEqual([]);
    });
  });

  it('a list of names for several platforms serves on each (E13)', async () => {
    const signals = ['SIGTERM', 'SIGINT', 'SIGBREAK', 'SIGINFO', 'SIGLOST'];
    const { exit } = await ended(runtime, { signals: { signals, force: ['SIGINT', 'SIGBREAK'] } });
    expect(exit).toMatchObject({ code: 0, signal: null });
  });

  it.each([['node'], ...(runtime === 'node' ? [] : [['web']])] as ['node' | 'web'][])(
    'a worker of kind %s is refused (E12)',
    async (worker) => {
      const program = await start(runtime, { worker });
      const refused = await program.heard('refused');
      expect(refused).toMatchObject({ name: 'LifecycleError', code: 'not_main_thread' });
      program.signal('SIGTERM');
      expect(await program.exit).toMatchObject({ code: 0, signal: null });
    },
  );

  describe('a pre-drain of ten minutes', () => {
    const WAITING = { preDrainMs: 600_000, budgetMs: 1_200_000, steps: [{ name: 'flush_wal' }] };

    /**
     * Starts it with a terminal as its stdin: `script` (bsdutils) makes one. `exec`, because dash ends
     * with 130 after a Ctrl-C, whatever the program in its foreground ended with.
     */
    function inTerminal(): { type(text: string): void; output(): string; exit: Promise<unknown> } {
      const [command, args] = commandOf(runtime, SERVICE);
      const quoted = [command, ...args].map((part) => `'${part}'`).join(' ');
      const env = { ...process.env, NO_COLOR: '1', SERVICE: JSON.stringify(WAITING) };
      const child = spawn('script', ['-qec', `exec ${quoted}`, '/dev/null'], { env });
      let text = '';
      child.stdout.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      return {
        type: (typed) => void child.stdin.write(typed),
        output: () => text,
        exit: new Promise((resolve) => child.once('close', resolve)),
      };
    }

    it('is skipped by Ctrl-C in a terminal (E24)', async () => {
      const terminal = inTerminal();
      while (!terminal.output().includes('"listening"')) await sleep(20);
      terminal.type('\x03');
      expect(await terminal.exit).toBe(0);
      expect(terminal.output()).toContain('"step_end"');
    });

    it('is ended by Ctrl-C after a SIGTERM (E24)', async () => {
      const terminal = inTerminal();
      while (!terminal.output().includes('"listening"')) await sleep(20);
      const pid = Number(/"pid":(\d+)/.exec(terminal.output())?.[1]);
      process.kill(pid, 'SIGTERM');
      await sleep(20);
      terminal.type('\x03');
      expect(await terminal.exit).toBe(0);
    });

    it('lasts if stdin is no terminal', async () => {
      const program = await start(runtime, WAITING);
      program.signal('SIGINT');
      await sleep(500);
      expect(program.isOver).toBe(false);
      // Still Ready.
      expect(program.all('phase').map(({ to }) => to)).toEqual([1]);
    });
  });
});
