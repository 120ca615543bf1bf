/**
 * Contract §7, the shutdown: pipeline, budget, report, and who gets it.
 *
 * @module
 */

import {
  Phase,
  type PipelineOptions,
  type PipelineStep,
  type StepReport,
} from '../../src/index.ts';
import { equal, holds, rejects, throws } from './claims.ts';
import {
  HandClock,
  inPhase,
  NOT_STRINGS,
  REPORT,
  type Subject,
  type Suite,
  turn,
  WRONG_OPTIONS,
} from './suite.ts';

const STEP: PipelineStep = { name: 'flush_wal', run: () => {} };

const step = (name: string, run: PipelineStep['run'] = () => {}): PipelineStep => ({ name, run });
const fails = (): never => {
  throw new Error('planned');
};
const hangs = (): Promise<never> => new Promise(() => {});
const statuses = (steps: readonly StepReport[]): string =>
  steps.map(({ name, status }) => `${name} ${status}`).join();

const WRONG: readonly (readonly [what: string, options: unknown])[] = [
  ['nothing', undefined],
  ['null', null],
  ['no steps', {}],
  ['steps {}', { steps: {} }],
  ['33 steps', { steps: Array.from({ length: 33 }, (_, index) => step(`s${index}`)) }],
  ['a step that is null', { steps: [null] }],
  ['a step without a name', { steps: [step('')] }],
  ['a name of 33 bytes', { steps: [step('x'.repeat(33))] }],
  ['two steps of one name', { steps: [step('a'), step('a')] }],
  ['a step that cannot be run', { steps: [{ name: 'a', run: 'now' }] }],
  ...['budgetMs', 'preDrainMs', 'drainTimeoutMs'].flatMap((field) =>
    [-1, Number.NaN, 2 ** 31, '5', null].map(
      (value) => [`${field} ${value}`, { steps: [], [field]: value }] as const,
    ),
  ),
  ['a step with timeoutMs -1', { steps: [{ ...STEP, timeoutMs: -1 }] }],
  ...[0, 0.5, -1, '1'].map(
    (value) => [`preDrainProbes ${value}`, { steps: [], preDrainProbes: value }] as const,
  ),
];

export const shutdown: Suite = {
  name: 'the shutdown',
  behaviours: [
    ...[0, 1, 2].map((phase) => ({
      title: `in phase ${phase} without a pipeline it is an empty one`,
      run: async (subject: Subject) => {
        const lifecycle = inPhase(subject.create(), phase);
        equal(lifecycle.shutdownRequested(), false);
        const pending = lifecycle.shutdown({ trigger: 'by hand' });
        equal(lifecycle.shutdownRequested(), true);
        const report = await pending;
        equal(lifecycle.phase(), Phase.Stopped);
        equal(report, lifecycle.shutdownReport());
        const { drained, takenOver, trigger, steps, flushedWal } = report;
        equal(
          [drained, takenOver, trigger, steps, flushedWal],
          [true, false, 'by hand', [], false],
        );
      },
    })),
    {
      title: 'steps run in order, once, and the well-known names set the booleans',
      run: async (subject) => {
        const clock = new HandClock(1_000);
        const lifecycle = inPhase(subject.create({ clock: clock.read }), 1);
        const ran: string[] = [];
        const names = ['flush_wal', 'own', 'final_checkpoint', 'backup'];
        lifecycle.pipeline({
          steps: names.map((name) =>
            step(name, async () => {
              equal(lifecycle.phase(), Phase.ShuttingDown);
              ran.push(name);
              await turn();
            }),
          ),
        });
        const report = await lifecycle.shutdown();
        equal(ran, names);
        equal(statuses(report.steps), 'flush_wal ok,own ok,final_checkpoint ok,backup ok');
        equal(
          [report.flushedWal, report.finalCheckpoint, report.backupUploaded],
          [true, true, true],
        );
        equal([report.trigger, report.completedAtMs], [null, 1_000]);
        holds(Number.isInteger(report.durationMs) && report.durationMs >= 0, 'its duration');
        await lifecycle.shutdown();
        equal(ran, names, 'after a second call');
      },
    },
    {
      title: 'every caller gets the same report, in copies, during it and after it',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        let flushes = 0;
        lifecycle.pipeline({
          steps: [
            step('flush_wal', async () => {
              flushes += 1;
              await turn(2);
            }),
          ],
        });
        const callers = Array.from({ length: 20 }, (_, index) =>
          lifecycle.shutdown({ trigger: `caller ${index}` }),
        );
        await turn();
        const reports = await Promise.all([...callers, lifecycle.shutdown()]);
        reports.push(await lifecycle.shutdown());
        equal(new Set(reports.map((report) => JSON.stringify(report))).size, 1);
        equal(new Set(reports).size, reports.length);
        equal([flushes, reports[0]?.trigger], [1, 'caller 0']);
      },
    },
    {
      title: 'a step that fails is recorded and the next one runs; the backup needs the flush',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        lifecycle.pipeline({
          steps: [step('flush_wal', fails), step('final_checkpoint'), step('backup'), step('own')],
        });
        const { steps, ...report } = await lifecycle.shutdown();
        equal(statuses(steps), 'flush_wal failed,final_checkpoint ok,backup skipped,own ok');
        equal(steps[0]?.error, 'planned');
        equal(
          [report.flushedWal, report.finalCheckpoint, report.backupUploaded],
          [false, true, false],
        );
      },
    },
    {
      title: 'a step gets a signal that aborts when its time is up, and is timed out',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        const seen: string[] = [];
        lifecycle.pipeline({
          steps: [
            {
              name: 'flush_wal',
              timeoutMs: 5,
              run: ({ signal }) => {
                signal.addEventListener('abort', () => seen.push((signal.reason as Error).name));
                return hangs();
              },
            },
            step('own'),
          ],
        });
        const { steps } = await lifecycle.shutdown();
        equal(statuses(steps), 'flush_wal timed_out,own ok');
        equal(seen, ['TimeoutError']);
      },
    },
    {
      title: 'one budget covers all: who has no time left is timed out without being run',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        let ran = false;
        lifecycle.pipeline({
          budgetMs: 10,
          steps: [
            // All of it: without a time of its own it would leave the next one a millisecond.
            { ...step('flush_wal', hangs), timeoutMs: 10 },
            step('own', () => {
              ran = true;
            }),
          ],
        });
        const { steps } = await lifecycle.shutdown();
        equal(statuses(steps), 'flush_wal timed_out,own timed_out');
        equal([ran, lifecycle.phase()], [false, Phase.Stopped]);
      },
    },
    {
      title: 'what a step throws is reported, whatever it is, and cut at 72 bytes',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        const thrown: unknown[] = [
          'text',
          undefined,
          new TypeError(''),
          'é'.repeat(50),
          Object.create(null),
        ];
        lifecycle.pipeline({
          steps: thrown.map((what, index) =>
            step(`s${index}`, () => {
              throw what;
            }),
          ),
        });
        const { steps } = await lifecycle.shutdown();
        equal(
          steps.map(({ error }) => error),
          ['text', 'undefined', 'TypeError', 'é'.repeat(36), 'an object without a string form'],
        );
      },
    },
    {
      title: 'it waits for writes before ShuttingDown and for queries before the steps',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        const [write, query] = [lifecycle.gate.tryEnter('write'), lifecycle.gate.tryEnter('query')];
        let ran = false;
        lifecycle.pipeline({
          steps: [
            step('flush_wal', () => {
              ran = true;
            }),
          ],
        });
        const pending = lifecycle.shutdown();
        await lifecycle.waitFor(Phase.Draining);
        await turn(5);
        equal([lifecycle.phase(), lifecycle.gate.tryEnter('write')], [Phase.Draining, null]);
        write?.release();
        await lifecycle.waitFor(Phase.ShuttingDown);
        await turn(5);
        equal(
          [lifecycle.phase(), ran, lifecycle.gate.tryEnter('query')],
          [Phase.ShuttingDown, false, null],
        );
        query?.release();
        const { drained } = await pending;
        equal([drained, ran], [true, true]);
      },
    },
    {
      title: 'permits that do not come back cost the drain its time, and the report says so',
      run: async (subject) => {
        for (const kind of ['write', 'query'] as const) {
          const lifecycle = inPhase(subject.create(), 1);
          lifecycle.gate.tryEnter(kind);
          lifecycle.pipeline({ steps: [STEP], drainTimeoutMs: 5 });
          const { drained, steps } = await lifecycle.shutdown();
          equal([drained, statuses(steps)], [false, 'flush_wal ok'], kind);
        }
      },
    },
    {
      title: 'by default permits take half of the budget at most, and the steps still run',
      run: async (subject) => {
        let ended = '';
        // A machine may stall for the other half of a small budget, but not of every larger one.
        for (
          let budgetMs = 100;
          ended !== 'false flush_wal ok' && budgetMs < 10_000;
          budgetMs *= 3
        ) {
          const lifecycle = inPhase(subject.create(), 1);
          lifecycle.gate.tryEnter('write');
          lifecycle.pipeline({ steps: [STEP], budgetMs });
          const { drained, steps } = await lifecycle.shutdown();
          ended = `${drained} ${statuses(steps)}`;
        }
        equal(ended, 'false flush_wal ok');
      },
    },
    {
      title: 'during the pre-drain the gate still admits, and enough probes end it',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        lifecycle.pipeline({ steps: [STEP], preDrainMs: 20_000, preDrainProbes: 2 });
        const pending = lifecycle.shutdown();
        await turn(5);
        equal([lifecycle.phase(), lifecycle.shutdownRequested()], [Phase.Ready, true]);
        lifecycle.gate.tryEnter('write')?.release();
        lifecycle.noteReadinessProbe();
        await turn(5);
        equal(lifecycle.phase(), Phase.Ready);
        lifecycle.noteReadinessProbe();
        equal((await pending).drained, true);
      },
    },
    {
      title: 'probes end a pre-drain and start none: without preDrainMs nothing is waited for',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        lifecycle.pipeline({ steps: [STEP], budgetMs: 60_000, preDrainProbes: 2 });
        void lifecycle.shutdown();
        equal(await lifecycle.waitFor(Phase.Stopped, { timeoutMs: 20_000 }), Phase.Stopped);
      },
    },
    {
      title: 'the pre-drain lasts preDrainMs without probes',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        lifecycle.pipeline({ steps: [], preDrainMs: 30 });
        const { durationMs } = await lifecycle.shutdown();
        // Rounded, and a timer may be early by a fraction of a millisecond.
        holds(durationMs >= 29, `it took ${durationMs} ms`);
      },
    },
    {
      title: 'a pre-drain longer than the budget leaves the steps their time',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        lifecycle.pipeline({ steps: [STEP], budgetMs: 1_000, preDrainMs: 60_000 });
        const { drained, steps } = await lifecycle.shutdown();
        equal([drained, statuses(steps)], [true, 'flush_wal ok']);
      },
    },
    {
      title: 'time in which the loop did not turn is not part of the pre-drain',
      needsRunningClock: true,
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        lifecycle.pipeline({ steps: [], preDrainMs: 600 });
        const pending = lifecycle.shutdown();
        const until = performance.now() + 700;
        while (performance.now() < until);
        await turn(1);
        equal(lifecycle.phase(), Phase.Ready);
        const { durationMs } = await pending;
        holds(durationMs >= 1_100, `it took ${durationMs} ms`);
      },
    },
    {
      title: 'nor is time in which the host had not heard of the acceptance',
      needsShared: true,
      needsRunningClock: true,
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        const other = subject.attach(lifecycle);
        lifecycle.pipeline({ steps: [], preDrainMs: 300 });
        const pending = other.shutdown();
        const until = performance.now() + 400;
        while (performance.now() < until);
        const { durationMs } = await pending;
        holds(durationMs >= 650, `it took ${durationMs} ms`);
      },
    },
    {
      title: 'a pre-drain that the loop holds up ends with the budget',
      needsRunningClock: true,
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        lifecycle.pipeline({ steps: [], preDrainMs: 20_000, budgetMs: 100 });
        const pending = lifecycle.shutdown();
        const until = performance.now() + 120;
        while (performance.now() < until);
        equal((await pending).drained, true);
      },
    },
    {
      title: 'in Starting there is no pre-drain: no load balancer knows of it yet',
      run: async (subject) => {
        const lifecycle = subject.create();
        lifecycle.pipeline({ steps: [], preDrainMs: 20_000 });
        equal((await lifecycle.shutdown()).drained, true);
      },
    },
    {
      title: 'a write of a boot that ends while the shutdown passes through Starting is waited for',
      run: async (subject) => {
        let admitted = 0;
        // At every depth of the queue: whatever the host waits for in between, one of them is there.
        for (let depth = 0; depth < 60; depth++) {
          const lifecycle = subject.create();
          let out = 0;
          const seen: number[] = [];
          lifecycle.pipeline({ steps: [step('flush_wal', () => void seen.push(out))] });
          const pending = lifecycle.shutdown();
          for (let left = depth; left > 0; left--) await undefined;
          lifecycle.markReady();
          const permit = lifecycle.gate.tryEnter('write');
          out = Number(permit !== null);
          admitted += out;
          await turn();
          permit?.release();
          out = 0;
          equal([(await pending).drained, seen], [true, [0]]);
        }
        holds(admitted > 0, 'no write was admitted in between');
      },
    },
    {
      title: 'a pipeline can be removed until a shutdown runs, and then installed again',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        const undo = lifecycle.pipeline({ steps: [step('first')] });
        throws(() => lifecycle.pipeline({ steps: [] }), 'pipeline_installed');
        undo();
        undo();
        const undoSecond = lifecycle.pipeline({ steps: [step('second')] });
        undo();
        const pending = lifecycle.shutdown();
        undoSecond();
        equal(statuses((await pending).steps), 'second ok');
      },
    },
    {
      title: 'a pipeline that was installed after the shutdown was accepted by none runs it',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        lifecycle.pipeline({ steps: [STEP] })();
        lifecycle.pipeline({ steps: [step('own')] });
        equal(statuses((await lifecycle.shutdown()).steps), 'own ok');
      },
    },
    {
      title: 'an application that began it itself owns it: no step runs, and its report is the one',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        let ran = false;
        lifecycle.pipeline({
          steps: [
            step('flush_wal', () => {
              ran = true;
            }),
          ],
        });
        equal(lifecycle.beginShutdown(), true);
        const pending = lifecycle.shutdown();
        await turn(5);
        equal(lifecycle.finishShutdown(REPORT), true);
        equal((await pending).durationMs, REPORT.durationMs);
        await turn(5);
        equal([ran, lifecycle.shutdownReport()?.durationMs], [false, REPORT.durationMs]);
      },
    },
    {
      title: 'after Stopped it answers with the report that there is',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 4);
        equal(await lifecycle.shutdown({ trigger: 'late' }), lifecycle.shutdownReport());
      },
    },
    {
      title: 'the steps that have ended show in the snapshot while the shutdown runs',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        let release = (): void => {};
        lifecycle.pipeline({
          steps: [
            step('flush_wal'),
            step(
              'own',
              () =>
                new Promise<void>((resolve) => {
                  release = resolve;
                }),
            ),
          ],
        });
        const pending = lifecycle.shutdown();
        await lifecycle.waitFor(Phase.ShuttingDown);
        while (lifecycle.snapshot().steps.length === 0) await turn();
        equal(statuses(lifecycle.snapshot().steps), 'flush_wal ok');
        release();
        equal(statuses((await pending).steps), 'flush_wal ok,own ok');
      },
    },
    ...WRONG.map(([what, options]) => ({
      title: `a pipeline with ${what} is refused, and none is installed`,
      run: (subject: Subject) => {
        const lifecycle = subject.create();
        throws(() => lifecycle.pipeline(options as PipelineOptions), 'invalid_argument');
        lifecycle.pipeline({ steps: [] })();
      },
    })),
    {
      title:
        'a trigger that is no text is refused, as options that are none, and nothing is accepted',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        for (const trigger of NOT_STRINGS.slice(1)) {
          await rejects(lifecycle.shutdown({ trigger: trigger as string }), 'invalid_argument');
        }
        for (const wrong of WRONG_OPTIONS) {
          await rejects(lifecycle.shutdown(wrong as object), 'invalid_argument');
        }
        equal([lifecycle.shutdownRequested(), lifecycle.phase()], [false, Phase.Ready]);
      },
    },
    {
      title: 'another seat asks, the host runs it, and both get the same report',
      needsShared: true,
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        const other = subject.attach(lifecycle);
        lifecycle.pipeline({ steps: [STEP] });
        const reports = await Promise.all([
          other.shutdown({ trigger: 'other' }),
          lifecycle.shutdown(),
        ]);
        equal(reports[0], reports[1]);
        equal([reports[0].trigger, statuses(reports[0].steps)], ['other', 'flush_wal ok']);
      },
    },
    {
      title:
        'a host that is declared dead is followed by its stand-by, at the first step without an end',
      needsShared: true,
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        const [dead, heir] = [subject.attach(lifecycle), subject.attach(lifecycle)];
        const ran: string[] = [];
        const pipeline = (who: string): PipelineOptions => ({
          steps: [
            step('flush_wal', () => void ran.push(`${who} flush_wal`)),
            step('own', () => {
              ran.push(`${who} own`);
              return who === 'dead' ? hangs() : undefined;
            }),
          ],
        });
        dead.pipeline(pipeline('dead'));
        heir.pipeline(pipeline('heir'));
        const pending = lifecycle.shutdown();
        while (ran.length < 2) await turn();
        equal(lifecycle.reap(dead.member), true);
        const report = await pending;
        equal(ran, ['dead flush_wal', 'dead own', 'heir own']);
        equal([report.takenOver, statuses(report.steps)], [true, 'flush_wal ok,own ok']);
        equal(heir.shutdownReport(), report);
      },
    },
  ],
};
