/**
 * What `compose()` logs: failures that no caller hears of. What it does otherwise is in the
 * conformance suites.
 *
 * @module
 */

import { expect, it } from 'vitest';
import { compose } from '../../src/compose.ts';
import { Lifecycle, type LogEvent } from '../../src/index.ts';
import { installLog } from '../../src/lifecycle/journal.ts';

it('a stop that fails after the shutdown, since its start came too late, is logged', async () => {
  const lifecycle = Lifecycle.create();
  const logged: LogEvent[] = [];
  installLog(lifecycle, (event) => void logged.push(event));
  lifecycle.pipeline({ steps: [], drainTimeoutMs: 0 });
  let end = (): void => {};
  const late = new Promise<void>((resolve) => {
    end = resolve;
  });
  const stop = (): never => {
    throw new Error('planned');
  };
  const composed = compose(lifecycle, { late: { start: () => late, stop } });
  await lifecycle.shutdown();
  await expect(composed).rejects.toMatchObject({ code: 'leaving' });
  end();
  while (logged.length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(logged.map(({ type, name }) => [type, name])).toEqual([
    ['drain_timed_out', undefined],
    ['step_failed', 'late'],
  ]);
});
