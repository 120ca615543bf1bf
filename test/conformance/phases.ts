/**
 * Contract §1 and §2: the phases, every call in every phase, and the time of each.
 *
 * @module
 */

import {
  acceptsQueries,
  acceptsWrites,
  type Lifecycle,
  Phase,
  phaseFromU8,
  phaseName,
} from '../../src/index.ts';
import { equal, holds, throws } from './claims.ts';
import { HandClock, inPhase, REPORT, type Subject, type Suite } from './suite.ts';

const NAMES = ['starting', 'ready', 'draining', 'shutting_down', 'stopped'];

/** The table of the contract: the phase after each call in each phase; `null` is `false`. */
const MOVES: Readonly<Record<string, readonly (number | null)[]>> = {
  markReady: [1, null, null, null, null],
  markDraining: [null, 2, null, null, null],
  beginShutdown: [3, 3, 3, null, null],
  finishShutdown: [4, 4, 4, 4, null],
};

function call(lifecycle: Lifecycle, name: string): boolean {
  switch (name) {
    case 'markReady':
      return lifecycle.markReady();
    case 'markDraining':
      return lifecycle.markDraining();
    case 'beginShutdown':
      return lifecycle.beginShutdown();
    default:
      return lifecycle.finishShutdown(REPORT);
  }
}

function timesOf(lifecycle: Lifecycle): (number | null)[] {
  return [
    lifecycle.startedAtMs(),
    lifecycle.readyAtMs(),
    lifecycle.drainingAtMs(),
    lifecycle.shuttingDownAtMs(),
    lifecycle.stoppedAtMs(),
  ];
}

const moves = Object.entries(MOVES).flatMap(([name, results]) =>
  results.map((to, from) => ({
    title: `${name}() in ${NAMES[from]} ${to === null ? 'is refused and changes nothing' : `moves to ${NAMES[to]}`}`,
    run: (subject: Subject) => {
      const clock = new HandClock();
      const lifecycle = subject.create({ clock: clock.read });
      for (let phase = 1; phase <= from; phase++) {
        clock.now += 10;
        inPhase(lifecycle, phase);
      }
      const before = timesOf(lifecycle);
      const report = lifecycle.shutdownReport();
      clock.now = 5_000;
      equal(call(lifecycle, name), to !== null);
      equal(lifecycle.phase(), to ?? from);
      const after = to === null ? before : before.map((time, at) => (at === to ? 5_000 : time));
      equal(timesOf(lifecycle), after);
      if (to === null) equal(lifecycle.shutdownReport(), report);
      equal(call(lifecycle, name), false, 'again');
      equal(timesOf(lifecycle), after, 'times after the second call');
    },
  })),
);

const throwing = (): number => {
  throw new Error('broken');
};

export const phases: Suite = {
  name: 'phases and their times',
  behaviours: [
    {
      title: 'Phase is a frozen object of the five values',
      run: () => {
        const values = { Starting: 0, Ready: 1, Draining: 2, ShuttingDown: 3, Stopped: 4 };
        equal(Phase, values);
        holds(Object.isFrozen(Phase), 'Phase is not frozen');
      },
    },
    {
      title: 'phaseFromU8() takes what is not 0 to 4 for Stopped',
      run: () => {
        for (const phase of [0, 1, 2, 3, 4]) equal(phaseFromU8(phase), phase);
        for (const other of [5, 255, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
          equal(phaseFromU8(other), Phase.Stopped, String(other));
        }
        holds(Object.is(phaseFromU8(-0), Phase.Starting), 'minus zero is no phase');
        for (const other of [1n, Symbol('1'), '1', [1], null, undefined, Object.create(null)]) {
          equal(phaseFromU8(other as number), Phase.Stopped, typeof other);
        }
      },
    },
    {
      title: 'phaseName(), acceptsWrites() and acceptsQueries() follow the table',
      run: () => {
        const all = [0, 1, 2, 3, 4].map(phaseFromU8);
        equal(all.map(phaseName), NAMES);
        equal(all.map(acceptsWrites), [false, true, false, false, false]);
        equal(all.map(acceptsQueries), [false, true, true, false, false]);
      },
    },
    {
      title: 'a new lifecycle is Starting, since the moment of its creation',
      run: (subject) => {
        const lifecycle = subject.create({ clock: new HandClock(77).read });
        equal(lifecycle.phase(), Phase.Starting);
        equal(timesOf(lifecycle), [77, null, null, null, null]);
        equal(lifecycle.backend, subject.backend);
      },
    },
    ...moves,
    {
      title: 'a phase that was left out has no time',
      run: (subject) => {
        const clock = new HandClock(10);
        const lifecycle = subject.create({ clock: clock.read });
        clock.now = 20;
        lifecycle.finishShutdown(REPORT);
        equal(timesOf(lifecycle), [10, null, null, null, 20]);
      },
    },
    {
      title: 'a clock that steps back is believed, and the order of the phases stays',
      run: (subject) => {
        const clock = new HandClock(1_000);
        const lifecycle = subject.create({ clock: clock.read });
        for (const [phase, now] of [
          [1, 900],
          [2, 5_000],
          [3, 1],
        ] as const) {
          clock.now = now;
          inPhase(lifecycle, phase);
        }
        equal(timesOf(lifecycle), [1_000, 900, 5_000, 1, null]);
        equal(lifecycle.phase(), Phase.ShuttingDown);
      },
    },
    {
      title: 'a clock at 0 has no time yet: the first real one counts for all that came before',
      run: (subject) => {
        const clock = new HandClock(0);
        const lifecycle = subject.create({ clock: clock.read });
        equal(lifecycle.startedAtMs(), 0);
        equal(lifecycle.markReady(), true);
        equal(lifecycle.phase(), Phase.Ready);
        equal(lifecycle.startedAtMs(), 0);
        clock.now = 500;
        equal(timesOf(lifecycle), [500, 500, null, null, null]);
        clock.now = 600;
        lifecycle.markDraining();
        equal(timesOf(lifecycle), [500, 500, 600, null, null]);
      },
    },
    {
      title: 'a clock that goes back to 0 leaves a transition without a time until it has one',
      run: (subject) => {
        const clock = new HandClock(100);
        const lifecycle = subject.create({ clock: clock.read });
        clock.now = 0;
        equal(lifecycle.markReady(), true);
        clock.now = 300;
        equal(timesOf(lifecycle), [100, 300, null, null, null]);
      },
    },
    {
      title: 'a clock with a fraction is rounded down',
      run: (subject) => {
        equal(subject.create({ clock: () => 12.9 }).startedAtMs(), 12);
      },
    },
    ...[Number.NaN, -1, 2 ** 48, Number.POSITIVE_INFINITY].map((now) => ({
      title: `a clock that says ${now} is refused; if it comes to that later, nothing opens`,
      run: (subject: Subject) => {
        throws(() => subject.create({ clock: () => now }), 'invalid_clock');
        const clock = new HandClock();
        const lifecycle = subject.create({ clock: clock.read });
        clock.now = now;
        throws(() => lifecycle.markReady(), 'invalid_clock');
        throws(() => lifecycle.markRestoreStarted(), 'invalid_clock');
        equal([lifecycle.phase(), ...timesOf(lifecycle)], [0, 1_000, null, null, null, null]);
      },
    })),
    ...[() => Number.NaN, throwing].map((broken) => ({
      title: `closing always closes, with a clock that ${broken === throwing ? 'throws' : 'says NaN'}`,
      run: async (subject: Subject) => {
        throws(() => subject.create({ clock: broken }), 'invalid_clock');
        const clock = { read: (): number => 1_000 };
        const made = (phase: number) => {
          clock.read = () => 1_000;
          const lifecycle = inPhase(subject.create({ clock: () => clock.read() }), phase);
          clock.read = () => 1_500;
          lifecycle.markRestoreStarted();
          clock.read = broken;
          return lifecycle;
        };
        const draining = made(1);
        equal([draining.markDraining(), draining.drainingAtMs()], [true, 1_500]);
        equal([draining.beginShutdown(), draining.shuttingDownAtMs()], [true, 1_500]);
        equal([draining.finishShutdown(REPORT), draining.stoppedAtMs()], [true, 1_500]);
        equal((await made(1).drain()).drained, true);
        const { startedAtMs, completedAtMs } = await made(1).shutdown();
        equal([startedAtMs, completedAtMs], [1_500, 1_500]);
      },
    })),
    {
      title: 'a clock is not asked in the call that loses',
      run: (subject) => {
        const lifecycle = subject.create({ clock: new HandClock(9).read });
        const clock = new HandClock(10);
        equal(inPhase(lifecycle, 1).markReady(), false);
        equal([lifecycle.readyAtMs(), clock.now], [9, 10]);
      },
    },
    {
      title: 'create() refuses invalid options',
      run: (subject) => {
        throws(() => subject.create({ clock: 5 as never }), 'invalid_argument');
        throws(() => subject.create({ backend: 'js' as never }), 'invalid_argument');
      },
    },
    {
      title: 'ageMs() counts from the creation and is never negative',
      run: (subject) => {
        const clock = new HandClock(1_000);
        const lifecycle = subject.create({ clock: clock.read });
        clock.now = 1_250;
        equal(lifecycle.ageMs(), 250);
        clock.now = 3;
        equal(lifecycle.ageMs(), 0);
      },
    },
  ],
};
