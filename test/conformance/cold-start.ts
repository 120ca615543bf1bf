/**
 * Contract §3: the six marks, the named stages, and the durations.
 *
 * @module
 */

import type { Lifecycle } from '../../src/index.ts';
import { equal, holds, rejects, throws } from './claims.ts';
import { HandClock, inPhase, NOT_STRINGS, type Subject, type Suite, turn } from './suite.ts';

/** Each mark: its field, its stamp, its backfill. */
const MARKS: readonly {
  readonly field: keyof ReturnType<Lifecycle['coldStartPhases']>;
  readonly mark: (lifecycle: Lifecycle) => boolean;
  readonly set: (lifecycle: Lifecycle, ms: number) => boolean;
}[] = [
  {
    field: 'restoreStartedAtMs',
    mark: (it) => it.markRestoreStarted(),
    set: (it, ms) => it.setRestoreStartedAtMs(ms),
  },
  {
    field: 'restoreReadyAtMs',
    mark: (it) => it.markRestoreReady(),
    set: (it, ms) => it.setRestoreReadyAtMs(ms),
  },
  {
    field: 'walReplayStartedAtMs',
    mark: (it) => it.markWalReplayStarted(),
    set: (it, ms) => it.setWalReplayStartedAtMs(ms),
  },
  {
    field: 'walReplayReadyAtMs',
    mark: (it) => it.markWalReplayReady(),
    set: (it, ms) => it.setWalReplayReadyAtMs(ms),
  },
  {
    field: 'indexWarmupStartedAtMs',
    mark: (it) => it.markIndexWarmupStarted(),
    set: (it, ms) => it.setIndexWarmupStartedAtMs(ms),
  },
  {
    field: 'indexWarmupReadyAtMs',
    mark: (it) => it.markIndexWarmupReady(),
    set: (it, ms) => it.setIndexWarmupReadyAtMs(ms),
  },
];

const NOT_TIMES: readonly unknown[] = [
  0,
  -1,
  0.5,
  2 ** 48,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  '5',
  null,
  undefined,
  5n,
  Object.create(null),
];

const marks = MARKS.flatMap(({ field, mark, set }, index) => [
  {
    title: `the mark of ${field} is stamped once, and the first writer wins`,
    run: (subject: Subject) => {
      const clock = new HandClock(50);
      const lifecycle = subject.create({ clock: clock.read });
      equal(lifecycle.coldStartPhases()[field], 0);
      equal(mark(lifecycle), true);
      clock.now = 60;
      equal([mark(lifecycle), set(lifecycle, 70)], [false, false]);
      equal(lifecycle.coldStartPhases()[field], 50);
      const others = MARKS.filter((other) => other.field !== field);
      equal(
        others.map((other) => lifecycle.coldStartPhases()[other.field]),
        [0, 0, 0, 0, 0],
      );
    },
  },
  {
    title: `the backfill of ${field} takes 1 to 2^48-1 and nothing else, set or not`,
    run: (subject: Subject) => {
      const lifecycle = subject.create();
      for (const ms of NOT_TIMES) throws(() => set(lifecycle, ms as number), RangeError);
      equal(lifecycle.coldStartPhases()[field], 0);
      const time = index % 2 === 0 ? 1 : 2 ** 48 - 1;
      equal([set(lifecycle, time), mark(lifecycle)], [true, false]);
      for (const ms of NOT_TIMES) throws(() => set(lifecycle, ms as number), RangeError);
      equal(lifecycle.coldStartPhases()[field], time);
    },
  },
  {
    title: `a mark of ${field} that is set does not read the clock`,
    run: (subject: Subject) => {
      let reads = 0;
      const lifecycle = subject.create({
        clock: () => {
          reads += 1;
          return 5;
        },
      });
      mark(lifecycle);
      const before = reads;
      equal(mark(lifecycle), false);
      equal(reads, before);
    },
  },
  {
    title: `the mark of ${field} can be set in any phase`,
    run: (subject: Subject) => {
      for (const phase of [0, 1, 2, 3, 4]) {
        equal(mark(inPhase(subject.create(), phase)), true, `phase ${phase}`);
        equal(set(inPhase(subject.create(), phase), 5), true, `phase ${phase}`);
      }
    },
  },
]);

export const coldStart: Suite = {
  name: 'cold start',
  behaviours: [
    ...marks,
    {
      title: 'a mark made while the clock has no time is not made',
      run: (subject) => {
        const clock = new HandClock(0);
        const lifecycle = subject.create({ clock: clock.read });
        equal(lifecycle.markRestoreStarted(), false);
        equal(lifecycle.stage('own').markStarted(), false);
        clock.now = 9;
        equal(lifecycle.markRestoreStarted(), true);
        equal(lifecycle.coldStartPhases().restoreStartedAtMs, 9);
      },
    },
    {
      title: 'durationsMs() has restore, wal_replay, index_warmup, the stages and total, in order',
      run: (subject) => {
        const clock = new HandClock(100);
        const lifecycle = subject.create({ clock: clock.read });
        lifecycle.stage('zebra').setStartedAtMs(10);
        lifecycle.stage('ant').setStartedAtMs(10);
        lifecycle.stage('ant').setReadyAtMs(15);
        lifecycle.stage('zebra').setReadyAtMs(11);
        lifecycle.setIndexWarmupStartedAtMs(1);
        lifecycle.setIndexWarmupReadyAtMs(2);
        lifecycle.setWalReplayStartedAtMs(10);
        lifecycle.setWalReplayReadyAtMs(30);
        lifecycle.setRestoreStartedAtMs(100);
        lifecycle.setRestoreReadyAtMs(100);
        clock.now = 400;
        lifecycle.markReady();
        equal(lifecycle.coldStartPhases().durationsMs(), [
          ['restore', 0],
          ['wal_replay', 20],
          ['index_warmup', 1],
          ['zebra', 1],
          ['ant', 5],
          ['total', 300],
        ]);
      },
    },
    {
      title: 'a pair with one end, or with a clock that stepped back, has no duration',
      run: (subject) => {
        const clock = new HandClock(100);
        const lifecycle = subject.create({ clock: clock.read });
        lifecycle.setRestoreStartedAtMs(5);
        lifecycle.setWalReplayReadyAtMs(5);
        lifecycle.setIndexWarmupStartedAtMs(6);
        lifecycle.setIndexWarmupReadyAtMs(5);
        lifecycle.stage('half').setStartedAtMs(1);
        clock.now = 99;
        lifecycle.markReady();
        equal(lifecycle.coldStartPhases().durationsMs(), []);
      },
    },
    {
      title: 'total is there only once Ready was reached',
      run: (subject) => {
        const clock = new HandClock(100);
        const lifecycle = subject.create({ clock: clock.read });
        clock.now = 130;
        lifecycle.beginShutdown();
        equal(lifecycle.coldStartPhases().durationsMs(), []);
        const other = inPhase(subject.create({ clock: () => 7 }), 3);
        equal(other.coldStartPhases().durationsMs(), [['total', 0]]);
        equal([other.coldStartPhases().startedAtMs, other.coldStartPhases().readyAtMs], [7, 7]);
      },
    },
    {
      title: 'a snapshot of the cold start does not change any more',
      run: (subject) => {
        const lifecycle = subject.create();
        const before = lifecycle.coldStartPhases();
        lifecycle.markRestoreStarted();
        lifecycle.stage('later').markStarted();
        equal([before.restoreStartedAtMs, before.stages], [0, []]);
        const sixMarks = MARKS.map(({ field }) => field);
        equal(Object.keys(before), ['startedAtMs', ...sixMarks, 'readyAtMs', 'stages']);
        holds(Object.isFrozen(before) && Object.isFrozen(before.stages), 'it is not frozen');
      },
    },
    {
      title: 'a snapshot of the cold start sees all that is new, until there is no more to come',
      run: (subject) => {
        const lifecycle = subject.create({ clock: () => 7 });
        const seen = new Set([lifecycle.coldStartPhases()]);
        const changes = [
          () => lifecycle.markReady(),
          ...MARKS.map(
            ({ mark }) =>
              () =>
                mark(lifecycle),
          ),
          ...Array.from({ length: 32 }, (_, index) => () => lifecycle.stage(`s_${index}`)),
          ...Array.from({ length: 32 }, (_, i) => () => lifecycle.stage(`s_${i}`).markStarted()),
          ...Array.from({ length: 32 }, (_, i) => () => lifecycle.stage(`s_${i}`).markReady()),
        ];
        for (const change of changes) {
          change();
          const now = lifecycle.coldStartPhases();
          holds(!seen.has(now), 'nothing new was seen');
          holds(lifecycle.coldStartPhases() === now, 'another snapshot, and nothing is new');
          seen.add(now);
        }
        const { stages, ...whole } = lifecycle.coldStartPhases();
        equal(
          Object.entries(whole),
          ['startedAtMs', ...MARKS.map(({ field }) => field), 'readyAtMs'].map((key) => [key, 7]),
        );
        equal(
          stages,
          Array.from({ length: 32 }, (_, index) => ({
            name: `s_${index}`,
            startedAtMs: 7,
            readyAtMs: 7,
          })),
        );
        lifecycle.detach();
        throws(() => lifecycle.coldStartPhases(), 'detached');
      },
    },
    {
      title: 'the stages restore, wal_replay and index_warmup are the six marks',
      run: (subject) => {
        const lifecycle = subject.create({ clock: () => 40 });
        const names = ['restore', 'wal_replay', 'index_warmup'];
        for (const name of names) {
          const stage = lifecycle.stage(name);
          equal([stage.name, stage.markStarted(), stage.setReadyAtMs(50)], [name, true, true]);
        }
        equal(
          MARKS.map(({ field }) => lifecycle.coldStartPhases()[field]),
          [40, 50, 40, 50, 40, 50],
        );
        equal(lifecycle.coldStartPhases().stages, []);
      },
    },
    {
      title: 'a stage is the same for all who name it, in the order of the first registration',
      run: (subject) => {
        const lifecycle = subject.create({ clock: () => 3 });
        const first = lifecycle.stage('b');
        lifecycle.stage('a');
        equal([lifecycle.stage('b').markStarted(), first.markStarted()], [true, false]);
        equal(lifecycle.coldStartPhases().stages, [
          { name: 'b', startedAtMs: 3, readyAtMs: 0 },
          { name: 'a', startedAtMs: 0, readyAtMs: 0 },
        ]);
      },
    },
    {
      title: 'a stage name is [a-z][a-z0-9_]{0,31} and not total',
      run: (subject) => {
        const lifecycle = subject.create();
        const longest = `a${'_9'.repeat(15)}z`;
        equal(longest.length, 32);
        for (const name of ['a', 'z9_', longest]) lifecycle.stage(name).markStarted();
        equal(
          lifecycle.coldStartPhases().stages.map(({ name }) => name),
          ['a', 'z9_', longest],
        );
        const wrong = ['', 'A', '9a', '_a', 'a-b', 'é', 'a b', `${longest}a`, 'total', 'a\n'];
        for (const name of [...wrong, ...NOT_STRINGS]) {
          throws(() => lifecycle.stage(name as string), 'invalid_argument');
        }
        equal(lifecycle.coldStartPhases().stages.length, 3);
      },
    },
    {
      title: 'there is room for 32 stages; one more throws, and those there still work',
      run: (subject) => {
        const lifecycle = subject.create();
        for (let index = 0; index < 32; index++) lifecycle.stage(`stage_${index}`);
        throws(() => lifecycle.stage('one_more'), 'stages_full');
        equal(lifecycle.stage('stage_31').setStartedAtMs(5), true);
        equal(lifecycle.stage('restore').setStartedAtMs(5), true);
      },
    },
    {
      title: 'a stage refuses invalid times',
      run: (subject) => {
        const stage = subject.create().stage('own');
        for (const ms of NOT_TIMES) {
          throws(() => stage.setStartedAtMs(ms as number), RangeError);
          throws(() => stage.setReadyAtMs(ms as number), RangeError);
        }
      },
    },
    {
      title: 'stage.run() marks around the function, sets the reason and gives what it returns',
      run: async (subject) => {
        const clock = new HandClock(10);
        const lifecycle = subject.create({ clock: clock.read });
        const stage = lifecycle.stage('fill');
        const result = stage.run(() => {
          equal(lifecycle.notReadyReason(), 'fill');
          clock.now = 12;
          return 'filled';
        });
        equal(result, 'filled');
        const later = lifecycle.stage('later').run(async () => {
          await turn();
          clock.now = 20;
          return 'done';
        });
        equal(lifecycle.coldStartPhases().stages[1]?.readyAtMs, 0);
        equal(await later, 'done');
        equal(lifecycle.coldStartPhases().durationsMs(), [
          ['fill', 2],
          ['later', 8],
        ]);
      },
    },
    {
      title: 'a stage whose function fails has begun and not ended, and the error goes on',
      run: async (subject) => {
        const lifecycle = subject.create();
        const error = Object.assign(new Error('planned'), { code: 'planned' });
        throws(() => {
          lifecycle.stage('sync').run(() => {
            throw error;
          });
        }, 'planned');
        await rejects(
          lifecycle.stage('async').run(async () => {
            throw error;
          }),
          'planned',
        );
        equal(
          lifecycle
            .coldStartPhases()
            .stages.map(({ startedAtMs, readyAtMs }) => [startedAtMs > 0, readyAtMs]),
          [
            [true, 0],
            [true, 0],
          ],
        );
      },
    },
  ],
};
