/**
 * Part `memory`: what a lifecycle takes, in bytes, by making many. `heap` is what the engine says
 * (objects, buffers and what they keep outside), `resident` what the system says of the process.
 *
 * @module
 */

import type { Backend } from '../../src/core/core.ts';
import { Lifecycle } from '../../src/lifecycle/for-servers.ts';
import { NaiveLifecycle } from '../cases/naive.ts';
import type { Assignment } from '../harness/assignment.ts';

/** Enough to drown what else the runtime does. */
const COUNT = 64;

/** Bytes a lifecycle, one sample. */
export async function measureMemory(assignment: Assignment): Promise<readonly number[]> {
  const make = (): unknown =>
    assignment.variant === 'naive'
      ? new NaiveLifecycle(Date.now)
      : Lifecycle.create({ backend: assignment.variant as Backend });
  // The module is compiled, and the code that makes one is there, before the count begins.
  const kept: unknown[] = [make()];
  const before = await bytes(assignment.case);
  for (let index = 0; index < COUNT; index++) kept.push(make());
  const after = await bytes(assignment.case);
  if (kept.length !== COUNT + 1) throw new Error('They were not kept');
  return [Math.max(0, (after - before) / COUNT)];
}

async function bytes(what: string): Promise<number> {
  const { gc, Bun } = globalThis as {
    readonly gc?: () => void;
    readonly Bun?: { gc(force: boolean): void };
  };
  for (let turn = 0; turn < 3; turn++) {
    gc?.();
    Bun?.gc(true);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  return what === 'resident' ? rss : heapUsed + external;
}
