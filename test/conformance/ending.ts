/**
 * Contract §3, §6 and §7: what hears that the process is leaving, what it waits for, and what a
 * failure leaves behind.
 *
 * @module
 */

import { Phase } from '../../src/index.ts';
import { equal, holds, rejects, throws } from './claims.ts';
import { inPhase, REPORT, type Suite, turn } from './suite.ts';

const fails = (): never => {
  throw new Error('planned');
};

/** What an async generator gives, held open until somebody takes the next one. */
async function* counted(most: number): AsyncGenerator<number> {
  for (let item = 0; item < most; item++) yield item;
}

/** Iterators of one item that applications may write. */
function unusual(): AsyncIterator<number>[] {
  const item = (from: { left: number }): { done: boolean; value: number } => {
    from.left -= 1;
    return { done: from.left < 0, value: 1 };
  };
  const state = { left: 1 };
  const truthy = { left: 1 };
  class WithGetters {
    readonly #state = { left: 1 };
    get next(): () => Promise<IteratorResult<number>> {
      return async () => item(this.#state);
    }
    get [Symbol.asyncIterator](): () => this {
      return () => this;
    }
  }
  return [
    Object.freeze({
      next: async () => item(state),
      [Symbol.asyncIterator]() {
        return this;
      },
    }),
    {
      // A loop ends at whatever is true.
      next: async () => ({ value: 1, done: (truthy.left-- > 0 ? 0 : 1) as unknown as false }),
      [Symbol.asyncIterator]() {
        return this;
      },
    } as AsyncIterator<number>,
    new WithGetters(),
  ];
}

export const ending: Suite = {
  name: 'leaving',
  behaviours: [
    {
      title: 'leaving aborts at the acceptance, with the trigger, before anything is refused',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        lifecycle.pipeline({ steps: [], preDrainMs: 20 });
        const { leaving } = lifecycle;
        equal([leaving.aborted, lifecycle.leaving === leaving], [false, true]);
        let phase: number | undefined;
        leaving.addEventListener('abort', () => {
          phase = lifecycle.phase();
        });
        await lifecycle.shutdown({ trigger: 'test' });
        const { code, trigger } = leaving.reason as { code: string; trigger: string };
        equal([phase, leaving.aborted, code, trigger], [Phase.Ready, true, 'leaving', 'test']);
      },
    },
    {
      title: 'leaving is aborted from the acceptance on, even when first read afterwards',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        equal(lifecycle.leaving.aborted, false);
        const pending = lifecycle.shutdown();
        equal(lifecycle.leaving.aborted, true);
        await pending;
      },
    },
    {
      title: 'leaving aborts at ShuttingDown, too, and is aborted if it is asked for late',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        const { leaving } = lifecycle;
        const heard = new Promise((resolve) => leaving.addEventListener('abort', resolve));
        lifecycle.beginShutdown();
        await heard;
        equal((leaving.reason as { trigger: unknown }).trigger, null);
        equal(inPhase(subject.create(), 4).leaving.aborted, true);
        equal(inPhase(subject.create(), 2).leaving.aborted, false);
      },
    },
    {
      title: 'leaving aborts on every thread',
      needsShared: true,
      run: async (subject) => {
        const main = inPhase(subject.create(), 1);
        const { leaving } = subject.attach(main);
        const heard = new Promise((resolve) => leaving.addEventListener('abort', resolve));
        await main.shutdown();
        await heard;
      },
    },
    {
      title: 'any number of listeners hear it',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        let heard = 0;
        for (let count = 0; count < 100; count++) {
          lifecycle.leaving.addEventListener('abort', () => {
            heard += 1;
          });
        }
        await lifecycle.shutdown();
        equal(heard, 100);
      },
    },
    {
      title: 'a running stage is aborted, and waited for before the first step',
      run: async (subject) => {
        const lifecycle = subject.create();
        const order: string[] = [];
        lifecycle.pipeline({ steps: [{ name: 'flush_wal', run: () => void order.push('flush') }] });
        const stage = lifecycle.stage('wal_replay').run(async ({ signal }) => {
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
          await turn(5);
          order.push('replayed');
        });
        const { drained } = await lifecycle.shutdown();
        await stage;
        equal([order, drained], [['replayed', 'flush'], true]);
      },
    },
    {
      title: 'a stage that does not end is waited for within the drain time-out',
      run: async (subject) => {
        const lifecycle = subject.create();
        let isFlushed = false;
        lifecycle.pipeline({
          drainTimeoutMs: 20,
          steps: [
            {
              name: 'flush_wal',
              run: ({ ready }) => {
                isFlushed = !ready;
              },
            },
          ],
        });
        void lifecycle.stage('restore').run(() => new Promise(() => {}));
        const { drained } = await lifecycle.shutdown();
        equal([isFlushed, drained], [true, false]);
      },
    },
    {
      title: 'a stage on another thread is waited for, until that thread is reaped',
      needsShared: true,
      run: async (subject) => {
        const main = subject.create();
        const worker = subject.attach(main);
        void worker.stage('load').run(() => new Promise(() => {}));
        const pending = main.shutdown();
        await main.waitFor(Phase.ShuttingDown);
        await turn(5);
        equal(main.phase(), Phase.ShuttingDown);
        main.reap(worker.member);
        equal((await pending).drained, true);
      },
    },
    {
      title: 'a stage does not begin once a shutdown was accepted',
      run: async (subject) => {
        const lifecycle = subject.create();
        const pending = lifecycle.shutdown({ trigger: 'test' });
        let ran = false;
        const late = lifecycle.stage('late').run(async () => {
          ran = true;
        });
        const error = await rejects(late, 'leaving');
        equal([ran, (error as { trigger: unknown }).trigger], [false, 'test']);
        await pending;
      },
    },
    {
      title: 'detach() is refused while a stage runs, which the shutdown goes on waiting for',
      needsShared: true,
      run: async (subject) => {
        const main = subject.create();
        const worker = subject.attach(main);
        let release = (): void => {};
        const held = new Promise<void>((resolve) => {
          release = resolve;
        });
        const stage = worker.stage('load').run(() => held);
        throws(() => worker.detach(), 'member_busy');
        const order: string[] = [];
        main.step({ name: 'flush_wal', run: () => void order.push('flush') });
        const pending = main.shutdown();
        await main.waitFor(Phase.ShuttingDown);
        await turn(5);
        order.push('loaded');
        release();
        await stage;
        equal([(await pending).drained, order], [true, ['loaded', 'flush']]);
        worker.detach();
      },
    },
    {
      title: 'a stage that throws is over, and is not ready',
      run: async (subject) => {
        const lifecycle = subject.create();
        let thrown: unknown;
        try {
          lifecycle.stage('a').run(() => fails());
        } catch (error) {
          thrown = error;
        }
        equal(
          [String(thrown), lifecycle.coldStartPhases().stages[0]?.readyAtMs],
          ['Error: planned', 0],
        );
        equal((await lifecycle.shutdown()).drained, true);
      },
    },
    {
      title: 'failed is in the report if any caller passes it before Stopped',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        lifecycle.step({
          name: 'a',
          run: () => void lifecycle.shutdown({ failed: true }),
        });
        const report = await lifecycle.shutdown();
        equal([report.failed, lifecycle.shutdownReport()?.failed], [true, true]);
        await lifecycle.shutdown({ failed: true });
        const fine = inPhase(subject.create(), 1);
        await fine.shutdown();
        equal((await fine.shutdown({ failed: true })).failed, false);
        await rejects(fine.shutdown({ failed: 1 as never }), 'invalid_argument');
      },
    },
    {
      title: 'failed is in the report of an application, too',
      run: (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        lifecycle.beginShutdown();
        void lifecycle.shutdown({ failed: true });
        lifecycle.finishShutdown(REPORT);
        equal(lifecycle.shutdownReport()?.failed, true);
      },
    },
    {
      title: 'drain() with a signal that is aborted rejects before anything moves',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        const reason = new Error('planned');
        const thrown = await lifecycle
          .drain({ signal: AbortSignal.abort(reason) })
          .catch((error: unknown) => error);
        equal([thrown === reason, lifecycle.phase()], [true, Phase.Ready]);
      },
    },
    {
      title: 'listeners that throw or reject stop nothing',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        lifecycle.onTransition(fails);
        lifecycle.onTransition(async () => fails());
        const heard: number[] = [];
        lifecycle.onTransition(({ to }) => heard.push(to));
        await lifecycle.shutdown();
        while (heard.length < 3) await turn();
        equal(heard, [2, 3, 4]);
      },
    },
    {
      title: 'gate.run() holds its permit until an async iterator has ended',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        const { gate } = lifecycle;
        const held = (): number => gate.inFlight().queries;
        const items = gate.run('query', () => counted(2));
        equal(held(), 1);
        const taken: number[] = [];
        for await (const item of items) {
          equal(held(), 1);
          taken.push(item);
        }
        equal([taken, held()], [[0, 1], 0]);
        for await (const item of gate.run('query', () => counted(9))) if (item === 1) break;
        equal(held(), 0, 'after a break');
        const promised = await gate.run('query', async () => counted(1));
        equal(held(), 1, 'promised');
        await promised.next();
        await promised.next();
        equal(held(), 0, 'after a promised one');
        const bad = gate.run('query', async function* () {
          yield 1;
          fails();
        });
        await bad.next();
        await bad.next().catch(() => {});
        equal(held(), 0, 'after a throw');
        const dropped = gate.run('query', () => counted(9));
        await dropped.return(undefined);
        equal(held(), 0, 'after a return before the first item');
      },
    },
    {
      title:
        'gate.run() holds its permit for an iterator that is frozen, has getters, or no return',
      run: async (subject) => {
        const { gate } = inPhase(subject.create(), 1);
        for (const isPromised of [false, true]) {
          for (const iterator of unusual()) {
            const given = (): unknown => (isPromised ? Promise.resolve(iterator) : iterator);
            const items = (await gate.run('query', given)) as AsyncIterable<unknown>;
            equal(gate.inFlight().queries, 1);
            for await (const item of items) equal(item, 1);
            equal(gate.inFlight().queries, 0);
          }
        }
      },
    },
    {
      title: 'gate.run() leaves a cursor as it is, whose next() gives a row and no result',
      run: async (subject) => {
        const { gate } = inPhase(subject.create(), 1);
        const cursor = {
          next: async () => 'row',
          [Symbol.asyncIterator]: () => counted(2),
        };
        equal(gate.run('query', () => cursor) === cursor, true);
        equal((await gate.run('query', async () => cursor)) === cursor, true);
        equal(gate.inFlight().queries, 0);
      },
    },
    {
      title: 'gate.run() releases its permit if what is returned cannot even be looked at',
      run: async (subject) => {
        const { gate } = inPhase(subject.create(), 1);
        const hostile = (key: PropertyKey): object =>
          Object.defineProperty({}, key, { get: fails });
        throws(() => gate.run('write', () => hostile('then')), Error);
        throws(() => gate.run('write', () => hostile('next')), Error);
        const promised = gate.run('write', async () => hostile('next'));
        equal(String(await promised.catch((error: unknown) => error)), 'Error: planned');
        equal(gate.inFlight().writes, 0);
      },
    },
    {
      title: 'gate.run() releases a stream when it is returned',
      run: (subject) => {
        const { gate } = inPhase(subject.create(), 1);
        const stream = gate.run('query', () => new ReadableStream());
        equal([gate.inFlight().queries, stream instanceof ReadableStream], [0, true]);
      },
    },
    {
      title: 'endPreDrain() ends a pre-drain that runs, and one that is to come',
      run: async (subject) => {
        for (const isEarly of [true, false]) {
          const lifecycle = inPhase(subject.create(), 1);
          lifecycle.pipeline({ steps: [], preDrainMs: 20_000 });
          if (isEarly) lifecycle.endPreDrain();
          const pending = lifecycle.shutdown();
          await turn();
          if (!isEarly) lifecycle.endPreDrain();
          equal((await pending).drained, true);
        }
      },
    },
    {
      title: 'what is left of the budget counts from the acceptance',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        equal(lifecycle.shutdownLeftMs(), null);
        lifecycle.pipeline({ steps: [], budgetMs: 60_000, preDrainMs: 5 });
        const pending = lifecycle.shutdown();
        const left = lifecycle.shutdownLeftMs() ?? 0;
        holds(left > 0 && left <= 60_000, `${left} ms are left`);
        await pending;
      },
    },
    {
      title: 'the age does not follow the wall clock, unless the thread has a clock of its own',
      run: async (subject) => {
        const lifecycle = subject.create();
        const { now } = Date;
        Date.now = () => now() + 3_600_000;
        try {
          holds(lifecycle.ageMs() < 600_000, `it is ${lifecycle.ageMs()} ms old`);
        } finally {
          Date.now = now;
        }
      },
    },
    {
      title: 'who says that the process ends with it is counted, and takes it back once',
      run: (subject) => {
        const lifecycle = subject.create();
        equal(lifecycle.isExiting(), false);
        const undos = [lifecycle.exits(), lifecycle.exits()];
        for (const undo of [undos[0], undos[0]]) undo?.();
        equal(lifecycle.isExiting(), true);
        undos[1]?.();
        equal(lifecycle.isExiting(), false);
      },
    },
  ],
};
