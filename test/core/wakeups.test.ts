/**
 * Watching where memory is not shared: whoever changes something makes those look who watch.
 *
 * @module
 */

import { afterEach, expect, it, vi } from 'vitest';
import { Wakeups } from '../../src/lifecycle/wakeups.ts';

afterEach(() => vi.restoreAllMocks());

it('however many changes come in a row, whoever watches looks once, and sees the last', async () => {
  const queued = vi.spyOn(globalThis, 'queueMicrotask');
  let [value, looks] = [0, 0];
  const seen: number[] = [];
  const wakeups = new Wakeups(() => value, undefined);
  const look = (): boolean => {
    looks += 1;
    seen.push(value);
    return value >= 2_000;
  };
  wakeups.watch(look, new AbortController().signal);
  for (let change = 0; change < 1_000; change++) {
    value += 1;
    wakeups.wake();
  }
  expect(queued).toHaveBeenCalledTimes(1);
  await undefined;
  expect([looks, seen]).toEqual([2, [0, 1_000]]);
  // A change after a look is looked at, too, and after the last nobody looks.
  value = 2_000;
  wakeups.wake();
  await undefined;
  wakeups.wake();
  expect([looks, seen.at(-1), queued.mock.calls.length]).toEqual([3, 2_000, 2]);
});
