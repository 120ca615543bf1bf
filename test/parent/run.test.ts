/**
 * `tidegate run` as a real process over real ones, on Node, Deno and Bun: what becomes of a signal, of a
 * blocked loop, of a crash, and of the parent's own death.
 *
 * @module
 */

import { join } from 'node:path';
import { beforeAll, describe, it } from 'vitest';
import { bundle, RUNTIMES } from '../runtime/program.ts';
import { gone, isAlive, Started } from './started.ts';

const SERVICE = join(import.meta.dirname, 'service.ts');
const LONG = ['--grace', '1h'];

beforeAll(() => bundle(SERVICE));

// They wait for budgets and processes most of the time.
describe.concurrent.each(RUNTIMES)('over a service on %s', (runtime) => {
  it('SIGTERM runs the flush, and the exit code is that of the service', async ({
    expect,
    onTestFinished,
  }) => {
    const run = Started.service(runtime, SERVICE, {}, { options: LONG });
    onTestFinished(() => run.kill());
    const { pid, socket } = await run.heard('listening');
    // Taken out of the environment: what the service starts is none of its instances.
    expect(socket).toBe(null);
    run.signal('SIGTERM');
    expect(await run.ended).toEqual({ code: 0, signal: null });
    expect(run.events.filter(({ event }) => event === 'flushed')).toMatchObject([
      { trigger: 'SIGTERM' },
    ]);
    expect(run.stderr).toMatch(
      new RegExp(
        `^tidegate run: ${pid} started: .*\n` +
          `tidegate run: SIGTERM to ${pid}, which has 3600 s to end\n` +
          `tidegate run: ${pid} ended with exit code 0\n$`,
      ),
    );
  });

  it('a shutdown is accepted while the loop is blocked, and the flush runs when it comes back', async ({
    expect,
    onTestFinished,
  }) => {
    const plan = { probes: true, block: 'until accepted' };
    const run = Started.service(runtime, SERVICE, plan, { options: LONG });
    onTestFinished(() => run.kill());
    await run.heard('blocked');
    run.signal('SIGTERM');
    expect(await run.ended).toEqual({ code: 0, signal: null });
    expect(await run.heard('flushed')).toMatchObject({ trigger: 'SIGTERM' });
  });

  it.for([true, false])(
    'a loop that is blocked for ever is killed at the end of its budget, with a probe thread: %s',
    async (probes, { expect, onTestFinished }) => {
      const plan = { probes, block: 'for ever', budgetMs: 1_000 };
      const run = Started.service(runtime, SERVICE, plan, { options: LONG });
      onTestFinished(() => run.kill());
      const { pid = 0 } = await run.heard('listening');
      await run.heard('blocked');
      const atMs = performance.now();
      run.signal('SIGTERM');
      expect(await run.ended).toEqual({ code: 137, signal: null });
      console.log(
        `${runtime}: gone after ${Math.round(performance.now() - atMs)} ms of a budget of 1000`,
      );
      expect(isAlive(pid)).toBe(false);
    },
  );

  it('without a probe thread, a loop that comes back in time flushes', async ({
    expect,
    onTestFinished,
  }) => {
    const plan = { block: 'once', budgetMs: 20_000 };
    const run = Started.service(runtime, SERVICE, plan, { options: LONG });
    onTestFinished(() => run.kill());
    await run.heard('blocked');
    run.signal('SIGTERM');
    expect(await run.ended).toEqual({ code: 0, signal: null });
    await run.heard('flushed');
  });

  it('kill -9 of the parent shuts the service down, also while its loop is blocked', async ({
    expect,
    onTestFinished,
  }) => {
    const plan = { probes: true, block: 'until accepted' };
    const run = Started.service(runtime, SERVICE, plan, { options: LONG });
    onTestFinished(() => run.kill());
    const { pid = 0 } = await run.heard('listening');
    await run.heard('blocked');
    run.signal('SIGKILL');
    expect(await run.ended).toEqual({ code: null, signal: 'SIGKILL' });
    await gone(pid);
    expect(await run.heard('flushed')).toMatchObject({ trigger: 'parent_lost' });
  });
});
