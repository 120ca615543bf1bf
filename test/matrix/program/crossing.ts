/**
 * One lifecycle in two real threads: this one, and a worker that it hires. Only where memory can be
 * shared. The races of many threads are in `test/threads`; this proves the crossing itself, in
 * every place that has workers.
 *
 * @module
 */

import { type LifecycleHandle, Phase, type ShutdownReport } from '../../../src/index.ts';
import { equal, holds } from '../../conformance/claims.ts';
import {
  type Case,
  missingIn,
  type Reckoning,
  type Task,
  whyNot,
} from '../../conformance/harness.ts';
import { inPhase, SUBJECTS, type Subject, subjectNamed } from '../../conformance/suite.ts';
import type { Hand, Hire } from './hand.ts';

/** The room of these cases. */
export const CROSSING = 'threads';

interface Crossing {
  readonly title: string;
  readonly needsBoth?: boolean;
  run(subject: Subject, worker: Hand): Promise<void>;
}

const WAIT_MS = 60_000;

/** The handle and the backend, for the worker to attach with. */
function seat(handle: LifecycleHandle, { backend }: Pick<Subject, 'backend'>) {
  return { act: 'attach', handle, backend } as const;
}

const CROSSINGS: readonly Crossing[] = [
  {
    title: 'what a worker does is seen here, and what is done here in the worker',
    run: async (subject, worker) => {
      const lifecycle = subject.create({ clock: () => 5 });
      lifecycle.setStartingReason('from here');
      equal(await worker.ask(seat(lifecycle.share(), subject)), subject.backend);
      equal(await worker.ask({ act: 'look' }), [Phase.Starting, null, 'from here']);
      equal(await worker.ask({ act: 'ready' }), true);
      equal([lifecycle.phase(), lifecycle.markReady()], [Phase.Ready, false]);
      holds((lifecycle.readyAtMs() ?? 0) > 5, 'the time is the clock of the worker');
      const { members } = lifecycle.snapshot();
      equal(members.length, 2);
      // Its supervisor knows the dead by that number, on every version of Node.
      if (worker.threadId !== undefined) equal(members[1]?.threadId, worker.threadId);
    },
  },
  {
    title: 'a worker with the other backend works on the same bytes',
    needsBoth: true,
    run: async (subject, worker) => {
      const lifecycle = inPhase(subject.create({ clock: () => 5 }), 1);
      const backend = subject.backend === 'wasm' ? 'atomics' : 'wasm';
      equal(await worker.ask(seat(lifecycle.share(), { backend })), backend);
      equal(await worker.ask({ act: 'look' }), [Phase.Ready, 5, null]);
    },
  },
  {
    title: 'a wait here is ended by a worker, and one that blocks a worker is ended by this thread',
    run: async (subject, worker) => {
      const lifecycle = subject.create();
      await worker.ask(seat(lifecycle.share(), subject));
      const ready = lifecycle.waitFor(Phase.Ready, { timeoutMs: WAIT_MS });
      await worker.ask({ act: 'ready' });
      equal(await ready, Phase.Ready);
      const blocked = worker.ask({ act: 'block', until: Phase.Draining, timeoutMs: WAIT_MS });
      lifecycle.markDraining();
      equal(await blocked, Phase.Draining);
    },
  },
  {
    title: 'a drain here waits for the write of a worker',
    run: async (subject, worker) => {
      const lifecycle = inPhase(subject.create(), 1);
      await worker.ask(seat(lifecycle.share(), subject));
      equal(await worker.ask({ act: 'enter' }), true);
      equal((await lifecycle.drain({ timeoutMs: 1 })).left, 1);
      const drain = lifecycle.drain({ timeoutMs: WAIT_MS });
      equal(await worker.ask({ act: 'enter' }), false);
      await worker.ask({ act: 'leave' });
      equal((await drain).drained, true);
    },
  },
  {
    title: 'a shutdown that a worker asks for is run here, and both have the same report',
    run: async (subject, worker) => {
      const lifecycle = inPhase(subject.create(), 1);
      let flushes = 0;
      lifecycle.pipeline({ steps: [{ name: 'flush_wal', run: () => void flushes++ }] });
      await worker.ask(seat(lifecycle.share(), subject));
      const there = (await worker.ask({ act: 'shutdown' })) as ShutdownReport;
      equal([flushes, there.flushedWal, there.trigger], [1, true, 'worker']);
      equal(there, await lifecycle.shutdown());
    },
  },
  {
    title: 'the write of a worker that was terminated is not waited for once it is reaped',
    run: async (subject, worker) => {
      const lifecycle = inPhase(subject.create(), 1);
      await worker.ask(seat(lifecycle.share(), subject));
      await worker.ask({ act: 'enter' });
      const dead = lifecycle.snapshot().members.find(({ writes }) => writes === 1);
      if (dead === undefined) throw new Error('The write of the worker is not counted');
      const drain = lifecycle.drain({ timeoutMs: WAIT_MS });
      await worker.end();
      equal(lifecycle.reap({ number: dead.member, incarnation: dead.incarnation }), true);
      equal((await drain).drained, true);
    },
  },
];

/** How many cases a subject on shared memory has. */
export const CROSSING_CASES: number = CROSSINGS.length;

/** Runs all of it with every subject on shared memory. */
export async function cross(task: Task, hire: Hire, reckoning: Reckoning): Promise<void> {
  for (const name of SUBJECTS) {
    const subject = subjectNamed(name);
    if (!subject.isShared) continue;
    const missing = missingIn(task, name);
    const cases = CROSSINGS.map(
      (crossing): Case => ({
        title: crossing.title,
        skip: missing?.why ?? whyNot(crossing, task),
        run: () => withWorker(hire, (worker) => crossing.run(subject, worker)),
      }),
    );
    await reckoning.add(CROSSING, name, cases);
  }
}

async function withWorker(hire: Hire, run: (worker: Hand) => Promise<void>): Promise<void> {
  const worker = hire();
  try {
    await run(worker);
  } finally {
    await worker.end();
  }
}
