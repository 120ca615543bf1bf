/**
 * Contract §6 and §7, waiting: `drain`, `waitFor`, `waitForSync`, `onTransition`.
 *
 * @module
 */

import { Phase, type Transition, type WaitOptions } from '../../src/index.ts';
import { equal, holds, rejects, throws } from './claims.ts';
import {
  HandClock,
  inPhase,
  REPORT,
  type Subject,
  type Suite,
  turn,
  WRONG_OPTIONS,
} from './suite.ts';

const WRONG_TIMES: readonly unknown[] = [-1, Number.NaN, '5', null];
const WRONG_PHASES: readonly unknown[] = [-1, 5, 0.5, Number.NaN, '1', null, undefined];

const reached = [0, 1, 2, 3, 4].flatMap((now) =>
  [0, 1, 2, 3, 4].map((asked) => ({
    title: `waitFor(${asked}) in phase ${now} ${now >= asked ? `resolves with ${now}` : 'times out with null'}`,
    run: async (subject: Subject) => {
      const lifecycle = inPhase(subject.create(), now);
      const found = await lifecycle.waitFor(asked as Phase, {
        timeoutMs: now >= asked ? 60_000 : 1,
      });
      equal(found, now >= asked ? now : null);
    },
  })),
);

export const waiting: Suite = {
  name: 'waiting',
  behaviours: [
    ...reached,
    {
      title: 'waitFor() wakes at the transition, and tells a later phase than the one asked for',
      run: async (subject) => {
        const lifecycle = subject.create();
        const [ready, draining] = [
          lifecycle.waitFor(Phase.Ready),
          lifecycle.waitFor(Phase.Draining),
        ];
        await turn();
        lifecycle.markReady();
        equal(await ready, Phase.Ready);
        lifecycle.finishShutdown(REPORT);
        equal(await draining, Phase.Stopped);
      },
    },
    {
      title: 'waitFor() rejects with the reason of its signal, before and while it waits',
      run: async (subject) => {
        const lifecycle = subject.create();
        const controller = new AbortController();
        const waiting = lifecycle.waitFor(Phase.Ready, { signal: controller.signal });
        const reason = Object.assign(new Error('enough'), { code: 'enough' });
        await turn();
        controller.abort(reason);
        await rejects(waiting, 'enough');
        await rejects(lifecycle.waitFor(Phase.Ready, { signal: controller.signal }), 'enough');
        lifecycle.markReady();
        equal(await lifecycle.waitFor(Phase.Ready), Phase.Ready);
      },
    },
    {
      title: 'waitFor() and drain() refuse what they cannot wait for',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        for (const phase of WRONG_PHASES) {
          await rejects(lifecycle.waitFor(phase as Phase), 'invalid_argument');
          throws(() => lifecycle.waitForSync(phase as Phase, 1), 'invalid_argument');
        }
        for (const timeoutMs of WRONG_TIMES) {
          const options = { timeoutMs: timeoutMs as number };
          await rejects(lifecycle.waitFor(Phase.Stopped, options), 'invalid_argument');
          await rejects(lifecycle.drain(options), 'invalid_argument');
          throws(
            () => lifecycle.waitForSync(Phase.Stopped, timeoutMs as number),
            'invalid_argument',
          );
        }
        for (const wrong of [
          ...WRONG_OPTIONS,
          ...[null, 5, {}, { addEventListener: () => {} }].map((signal) => ({ signal })),
        ]) {
          const options = wrong as WaitOptions;
          await rejects(lifecycle.waitFor(Phase.Stopped, options), 'invalid_argument');
          await rejects(lifecycle.drain(options), 'invalid_argument');
        }
        throws(() => lifecycle.waitForSync(Phase.Stopped, undefined as never), 'invalid_argument');
        equal(lifecycle.phase(), Phase.Ready);
      },
    },
    {
      title: 'waitForSync() tells the phase or null where this thread may block, and else says so',
      run: (subject) => {
        const lifecycle = inPhase(subject.create(), 2);
        const mayBlock = subject.isShared && canBlock();
        if (!mayBlock) {
          throws(() => lifecycle.waitForSync(Phase.Ready, 1), 'cannot_block');
          return;
        }
        equal(lifecycle.waitForSync(Phase.Ready, 60_000), Phase.Draining);
        equal(lifecycle.waitForSync(Phase.Draining, 0), Phase.Draining);
        equal(lifecycle.waitForSync(Phase.Stopped, 1), null);
      },
    },
    {
      title: 'onTransition() hears every later transition, in order, each with its time',
      run: async (subject) => {
        const clock = new HandClock(10);
        const lifecycle = subject.create({ clock: clock.read });
        lifecycle.markReady();
        const heard: Transition[] = [];
        const undo = lifecycle.onTransition((transition) => heard.push(transition));
        clock.now = 20;
        lifecycle.markDraining();
        clock.now = 30;
        lifecycle.beginShutdown();
        await until(() => heard.length === 2);
        equal(heard, [
          { from: 1, to: 2, atMs: 20 },
          { from: 2, to: 3, atMs: 30 },
        ]);
        undo();
        undo();
        lifecycle.finishShutdown(REPORT);
        await turn(5);
        equal(heard.length, 2);
      },
    },
    {
      title: 'onTransition() does not invent the phases that were left out',
      run: async (subject) => {
        const lifecycle = subject.create({ clock: () => 5 });
        const heard: Transition[] = [];
        lifecycle.onTransition((transition) => heard.push(transition));
        lifecycle.finishShutdown(REPORT);
        await until(() => heard.length > 0);
        equal(heard, [{ from: 0, to: 4, atMs: 5 }]);
      },
    },
    {
      title: 'several listeners hear the same, and one that was removed by another hears no more',
      run: async (subject) => {
        const lifecycle = subject.create();
        const heard: string[] = [];
        const undoLast: { call?: () => void } = {};
        lifecycle.onTransition(({ to }) => {
          heard.push(`a${to}`);
          if (to === 2) undoLast.call?.();
        });
        undoLast.call = lifecycle.onTransition(({ to }) => heard.push(`b${to}`));
        lifecycle.markReady();
        await until(() => heard.length === 2);
        lifecycle.markDraining();
        await until(() => heard.length >= 3);
        await turn(5);
        equal(heard, ['a1', 'b1', 'a2']);
      },
    },
    {
      title: 'onTransition() refuses what is no function',
      run: (subject) => {
        for (const wrong of [undefined, null, 'f', {}]) {
          throws(() => subject.create().onTransition(wrong as never), 'invalid_argument');
        }
      },
    },
    {
      title: 'drain() in Starting is refused, and nothing changes',
      run: async (subject) => {
        const lifecycle = subject.create();
        await rejects(lifecycle.drain(), 'nothing_to_drain');
        equal(lifecycle.phase(), Phase.Starting);
      },
    },
    {
      title: 'drain() closes the gate at once, and ends when no write permit is held',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        const [write, query] = [lifecycle.gate.tryEnter('write'), lifecycle.gate.tryEnter('query')];
        const drain = lifecycle.drain();
        equal([lifecycle.phase(), lifecycle.gate.tryEnter('write')], [Phase.Draining, null]);
        let isOver = false;
        void drain.then(() => {
          isOver = true;
        });
        await turn(5);
        equal(isOver, false);
        write?.release();
        const { drained, left, members, waitedMs } = await drain;
        equal([drained, left, members], [true, 0, []]);
        holds(Number.isInteger(waitedMs) && waitedMs >= 0, `it waited ${waitedMs} ms`);
        equal(lifecycle.gate.inFlight().queries, 1, 'queries are not waited for');
        query?.release();
      },
    },
    {
      title: 'drain() that runs out of time says whose writes are left; drained again, it waits on',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        const permits = [lifecycle.gate.tryEnter('write'), lifecycle.gate.tryEnter('write')];
        const { number } = lifecycle.member;
        const early = await lifecycle.drain({ timeoutMs: 1 });
        equal([early.drained, early.left], [false, 2]);
        equal(early.members, [{ member: number, writes: 2 }]);
        for (const permit of permits) permit?.release();
        equal((await lifecycle.drain({ timeoutMs: 0 })).drained, true);
      },
    },
    {
      title: 'drain() rejects with the reason of its signal, and the drain goes on',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        const permit = lifecycle.gate.tryEnter('write');
        const controller = new AbortController();
        const drain = lifecycle.drain({ signal: controller.signal });
        controller.abort(Object.assign(new Error('enough'), { code: 'enough' }));
        await rejects(drain, 'enough');
        equal(lifecycle.phase(), Phase.Draining);
        permit?.release();
      },
    },
    {
      title: 'drain() in any phase after Ready ends at once when no permit is held',
      run: async (subject) => {
        for (const phase of [2, 3, 4]) {
          const lifecycle = inPhase(subject.create(), phase);
          equal((await lifecycle.drain()).drained, true);
          equal(lifecycle.phase(), phase);
        }
      },
    },
    {
      title: 'all of it across two seats',
      needsShared: true,
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        const other = subject.attach(lifecycle);
        const heard: number[] = [];
        const undo = other.onTransition(({ to }) => heard.push(to));
        const waiting = other.waitFor(Phase.Draining);
        const permit = other.gate.tryEnter('write');
        const drain = lifecycle.drain();
        equal(await waiting, Phase.Draining);
        permit?.release();
        equal((await drain).drained, true);
        await until(() => heard.length === 1);
        undo();
      },
    },
  ],
};

/** By capability: some threads of some runtimes may not block. */
function canBlock(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0);
    return true;
  } catch {
    return false;
  }
}

/** Turns the loop until it is so; the runner's time-out ends what never is. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await turn(1);
}
