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
import { kept, sink } from '../cases/sink.ts';
import { clock } from '../cases/subject.ts';
import type { Assignment } from '../harness/assignment.ts';
import { sample } from '../harness/sample.ts';

/** Nanoseconds a call; for waiters, nanoseconds until the last has heard. */
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
  switch (name) {
    case 'members: inFlight':
      attach(lifecycle, size);
      return () => {
        sink.value = gate.inFlight();
      };
    case 'members: snapshot':
      attach(lifecycle, size);
      return () => {
        sink.value = lifecycle.snapshot();
      };
    case 'members: write permit':
      attach(lifecycle, size);
      return () => {
        gate.tryEnter('write')?.release();
      };
    case 'stages: coldStartPhases':
      for (let index = 0; index < size; index++) lifecycle.stage(`stage_${index}`).markStarted();
      return () => {
        sink.value = lifecycle.coldStartPhases();
      };
    case 'stages: stage, the last':
      for (let index = 0; index < size; index++) lifecycle.stage(`stage_${index}`);
      return () => {
        sink.value = lifecycle.stage(`stage_${size - 1}`);
      };
    case 'permits out: write permit':
      // They are counted, not listed; so they are kept nowhere here, either.
      for (let index = 0; index < size; index++) sink.value = gate.tryEnter('write');
      return () => {
        gate.tryEnter('write')?.release();
      };
    case 'permits out: inFlight':
      for (let index = 0; index < size; index++) sink.value = gate.tryEnter('write');
      return () => {
        kept[0] = gate.inFlight().writes;
      };
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
