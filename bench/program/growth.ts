/**
 * Part `growth`: what a call costs when there is more of something. What ought to be flat should look
 * flat, and what is a sum should look like one.
 *
 * @module
 */

import type { Backend } from '../../src/core/core.ts';
import { Lifecycle } from '../../src/lifecycle/for-servers.ts';
import { Phase } from '../../src/lifecycle/phase.ts';
import type { Body } from '../cases/case.ts';
import { keep, keepAny } from '../cases/sink.ts';
import { clock } from '../cases/subject.ts';
import type { Assignment } from '../harness/assignment.ts';
import { sample } from '../harness/sample.ts';

/** Nanoseconds a call; for waiters, nanoseconds until the last is notified. */
export async function measureGrowth(assignment: Assignment): Promise<readonly number[]> {
  const { size = 0 } = assignment;
  const backend = assignment.variant as Backend;
  if (assignment.case === 'waiters: markReady to the last') return await waiters(backend, size);
  return await sample(bodyOf(assignment.case, backend, size), { budgetMs: 60 });
}

function bodyOf(name: string, backend: Backend, size: number): Body {
  const lifecycle = Lifecycle.create({ backend, clock });
  lifecycle.markReady();
  const { gate } = lifecycle;
  const [more, what] = name.split(': ');
  // Permits are counted, not listed; so they are kept nowhere here, either.
  if (more === 'members') attach(lifecycle, size);
  else if (more === 'permits out') for (let n = 0; n < size; n++) keepAny(gate.tryEnter('write'));
  else for (let n = 0; n < size; n++) lifecycle.stage(`stage_${n}`).markStarted();
  switch (what) {
    case 'inFlight':
      return () => keep(gate.inFlight().writes);
    case 'snapshot':
      return () => keepAny(lifecycle.snapshot());
    case 'write permit':
      return () => gate.tryEnter('write')?.release();
    case 'coldStartPhases':
      return () => keepAny(lifecycle.coldStartPhases());
    case 'stage, the last':
      return () => keepAny(lifecycle.stage(`stage_${size - 1}`));
    default:
      throw new RangeError(`There is no case ${name}`);
  }
}

/** `members` of them, this thread's first one among them. */
function attach(lifecycle: Lifecycle, members: number): void {
  const handle = lifecycle.share();
  for (let member = 1; member < members; member++) {
    // Which backend the others are on makes no difference to this one, and this one is quick.
    Lifecycle.attach(handle, { backend: 'atomics', clock });
  }
}

async function waiters(backend: Backend, size: number): Promise<number[]> {
  const samples: number[] = [];
  const turns = size >= 1_000 ? 8 : 24;
  for (let turn = 0; turn < turns; turn++) {
    const lifecycle = Lifecycle.create({ backend, clock });
    const waits = Array.from({ length: size }, () => lifecycle.waitFor(Phase.Ready));
    await new Promise((resolve) => setTimeout(resolve, 1));
    const began = performance.now();
    lifecycle.markReady();
    await Promise.all(waits);
    // The first turns are compiled as they run.
    if (turn >= turns / 4) samples.push((performance.now() - began) * 1e6);
  }
  return samples;
}
