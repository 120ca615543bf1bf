/**
 * Contract §7, steps from several modules: when each runs, what it waits for, and how much of the
 * budget it may take.
 *
 * @module
 */

import { type Lifecycle, Phase, type PipelineStep, type ShutdownEvent } from '../../src/index.ts';
import { equal, holds, rejects, throws } from './claims.ts';
import { inPhase, REPORT, type Suite, turn } from './suite.ts';

const step = (name: string, more: Partial<PipelineStep> = {}): PipelineStep => ({
  name,
  run: () => {},
  ...more,
});
const hangs = (): Promise<never> => new Promise(() => {});
const fails = (): never => {
  throw new Error('planned');
};

/** Notes when each step starts and ends. */
function noting(lifecycle: Lifecycle): string[] {
  const noted: string[] = [];
  lifecycle.onShutdown((event) => {
    if (event.type === 'step_started') noted.push(`+${event.step}`);
    if (event.type === 'step_ended') noted.push(`-${event.step}`);
  });
  return noted;
}

const named = (lifecycle: Lifecycle): string =>
  (lifecycle.shutdownReport()?.steps ?? []).map(({ name, status }) => `${name} ${status}`).join();

const WRONG: readonly (readonly [what: string, step: unknown])[] = [
  ['null', null],
  ['no name', { run: () => {} }],
  ['no run', { name: 'a' }],
  ['at noon', step('a', { at: 'noon' as 'drained' })],
  ['after that is a name', step('a', { after: 'b' as unknown as string[] })],
  ['after that has a number', step('a', { after: [5] as unknown as string[] })],
  ['timeoutMs -1', step('a', { timeoutMs: -1 })],
  ['a key that is not known', { ...step('a'), timeout: 5 }],
];

export const steps: Suite = {
  name: 'steps from several modules',
  behaviours: [
    ...WRONG.map(([what, wrong]) => ({
      title: `step() refuses ${what}, and adds nothing`,
      run: async (subject: Parameters<Suite['behaviours'][number]['run']>[0]) => {
        const lifecycle = subject.create();
        throws(() => lifecycle.step(wrong as PipelineStep), 'invalid_argument');
        lifecycle.step(step('a'));
        await lifecycle.shutdown();
        equal(named(lifecycle), 'a ok');
      },
    })),
    {
      title: 'an option that is not known is refused with the nearest that is',
      run: (subject) => {
        const lifecycle = subject.create();
        const wrong: [() => unknown, string][] = [
          [() => lifecycle.step({ ...step('a'), timeout: 5 } as PipelineStep), 'timeoutMs'],
          [() => lifecycle.pipeline({ steps: [], budget: 5 } as never), 'budgetMs'],
          [() => lifecycle.pipeline({ steps: [], predrainms: 5 } as never), 'preDrainMs'],
          [() => subject.create({ clok: Date.now } as never), 'clock'],
        ];
        for (const [call, known] of wrong) {
          const error = throws(call, 'invalid_argument');
          holds(String(error).includes(`did you mean "${known}"?`), String(error));
        }
        lifecycle.pipeline({ steps: [step('a')] });
      },
    },
    {
      title: 'an array of steps in place of the options is refused as what it is',
      run: (subject) => {
        const error = throws(
          () => subject.create().pipeline([step('a')] as never),
          'invalid_argument',
        );
        holds(String(error).includes('the options must be an object'), String(error));
      },
    },
    {
      title:
        'drain(), shutdown() and waitFor() refuse options that are not known, and move nothing',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        await rejects(lifecycle.drain({ timeout: 5 } as never), 'invalid_argument');
        await rejects(lifecycle.shutdown({ triger: 'x' } as never), 'invalid_argument');
        await rejects(lifecycle.waitFor(Phase.Ready, { abort: 1 } as never), 'invalid_argument');
        equal([lifecycle.phase(), lifecycle.shutdownRequested()], [1, false]);
      },
    },
    {
      title: 'steps are added before and after the pipeline, and run in the order of adding',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        const noted = noting(lifecycle);
        lifecycle.step(step('before', { run: () => turn(2) }));
        lifecycle.pipeline({ steps: [step('own')] });
        lifecycle.step(step('after'));
        await lifecycle.shutdown();
        equal(noted, ['+before', '-before', '+own', '-own', '+after', '-after']);
      },
    },
    {
      title: 'a step that was removed does not run, and a second removal is nothing',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        const remove = lifecycle.step(step('a'));
        lifecycle.step(step('b'));
        remove();
        remove();
        lifecycle.step(step('a'));
        await lifecycle.shutdown();
        equal(named(lifecycle), 'b ok,a ok');
      },
    },
    {
      title: 'a second removal leaves a step alone that has the name by now',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        const noted = noting(lifecycle);
        const remove = lifecycle.step(step('a'));
        remove();
        lifecycle.step(step('a', { run: () => turn(2) }));
        lifecycle.step(step('b'));
        remove();
        await lifecycle.shutdown();
        equal(noted, ['+a', '-a', '+b', '-b']);
      },
    },
    {
      title: 'names are unique over the pipeline and the steps',
      run: (subject) => {
        const lifecycle = subject.create();
        lifecycle.step(step('a'));
        throws(() => lifecycle.step(step('a')), 'invalid_argument');
        throws(() => lifecycle.pipeline({ steps: [step('b'), step('a')] }), 'invalid_argument');
        // Nothing of the refused pipeline is there.
        lifecycle.step(step('b'));
        lifecycle.pipeline({ steps: [step('c')] });
      },
    },
    {
      title: 'independent steps run side by side, and each waits for just those it names',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        const noted = noting(lifecycle);
        let release = (): void => {};
        const held = new Promise<void>((resolve) => {
          release = resolve;
        });
        lifecycle.step(step('slow', { after: [], run: () => held }));
        lifecycle.step(step('quick', { after: [], run: () => {} }));
        lifecycle.step(step('last', { after: ['quick'], run: () => release() }));
        lifecycle.step(step('all'));
        await lifecycle.shutdown();
        equal(noted.slice(0, 4), ['+slow', '+quick', '-quick', '+last']);
        equal(noted.slice(-2), ['+all', '-all']);
        equal(named(lifecycle), 'quick ok,last ok,slow ok,all ok');
      },
    },
    {
      title: 'a step may wait for one that is added later',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        lifecycle.step(step('pool', { after: ['queue'] }));
        lifecycle.step(step('queue'));
        await lifecycle.shutdown();
        equal(named(lifecycle), 'queue ok,pool ok');
      },
    },
    {
      title: 'what no step is called by the acceptance counts as ended',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        lifecycle.step(step('a', { after: ['nobody'] }));
        await lifecycle.shutdown();
        equal(named(lifecycle), 'a ok');
      },
    },
    {
      title: 'the call that closes a circle is refused, and changes nothing',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        throws(() => lifecycle.step(step('self', { after: ['self'] })), 'circular_steps');
        lifecycle.step(step('a', { after: ['c'] }));
        lifecycle.step(step('b', { after: ['a'] }));
        throws(() => lifecycle.step(step('c', { after: ['b'] })), 'circular_steps');
        lifecycle.step(step('c', { after: [] }));
        await lifecycle.shutdown();
        equal(named(lifecycle), 'c ok,a ok,b ok');
      },
    },
    {
      title: 'an accepted step after a drained one is refused, whichever comes first',
      run: (subject) => {
        const lifecycle = subject.create();
        lifecycle.step(step('flush'));
        const early = step('early', { at: 'accepted', after: ['flush'] });
        throws(() => lifecycle.step(early), 'circular_steps');
        lifecycle.step(step('eager', { at: 'accepted', after: ['late'] }));
        throws(() => lifecycle.step(step('late')), 'circular_steps');
      },
    },
    {
      title: 'an accepted step runs during the pre-drain, while the gate still admits',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        let admitted: boolean | undefined;
        lifecycle.pipeline({ steps: [step('flush')], preDrainMs: 20 });
        const stop = (): void => {
          const permit = lifecycle.gate.tryEnter('write');
          admitted = permit !== null;
          permit?.release();
        };
        lifecycle.step(step('stop', { at: 'accepted', run: stop }));
        await lifecycle.shutdown();
        equal([admitted, named(lifecycle)], [true, 'stop ok,flush ok']);
      },
    },
    {
      title: 'Draining does not wait for accepted steps, ShuttingDown does',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        let release = (): void => {};
        const held = new Promise<void>((resolve) => {
          release = resolve;
        });
        lifecycle.step(step('consumers', { at: 'accepted', run: () => held }));
        lifecycle.step(step('flush'));
        const pending = lifecycle.shutdown();
        await lifecycle.waitFor(Phase.Draining);
        await turn(5);
        equal(lifecycle.phase(), Phase.Draining);
        release();
        await pending;
        equal(named(lifecycle), 'consumers ok,flush ok');
      },
    },
    {
      title: 'an accepted step that does not end is cut at the end of the drain time-out',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        lifecycle.pipeline({ steps: [step('flush')], drainTimeoutMs: 20 });
        lifecycle.step(step('consumers', { at: 'accepted', run: hangs }));
        const { drained } = await lifecycle.shutdown();
        equal([drained, named(lifecycle)], [true, 'consumers timed_out,flush ok']);
      },
    },
    {
      title: 'a step without a time-out leaves the steps behind it a share',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        lifecycle.pipeline({
          budgetMs: 1_000,
          steps: [
            step('close', { run: hangs }),
            step('flush_wal', { run: () => {} }),
            step('backup', { run: () => {} }),
          ],
        });
        const report = await lifecycle.shutdown();
        equal(named(lifecycle), 'close timed_out,flush_wal ok,backup ok');
        const [{ durationMs = 0 } = {}] = report.steps;
        holds(durationMs >= 300, `it had ${durationMs} of 1000 ms`);
      },
    },
    {
      title: 'a step says whether the process was ever ready',
      run: async (subject) => {
        for (const phase of [0, 1]) {
          const lifecycle = inPhase(subject.create(), phase);
          const told: boolean[] = [];
          lifecycle.step(step('a', { run: ({ ready }) => void told.push(ready) }));
          await lifecycle.shutdown();
          equal(told, [phase === 1]);
        }
      },
    },
    {
      title: 'steps of which the report has no room run, and their failure is in the report',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        let ran = 0;
        for (let index = 0; index < 34; index++) {
          lifecycle.step(step(`s${index}`, { run: () => void ran++ }));
        }
        lifecycle.step(step('last', { run: fails }));
        const report = await lifecycle.shutdown();
        equal([ran, report.steps.length, report.failed], [34, 32, true]);
      },
    },
    {
      title: 'step() is refused with `leaving` once a shutdown was accepted',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        const pending = lifecycle.shutdown({ trigger: 'test' });
        const error = throws(() => lifecycle.step(step('late')), 'leaving');
        equal((error as { trigger?: unknown }).trigger, 'test');
        await pending;
      },
    },
    {
      title: 'a thread with steps and no pipeline hosts only if no thread has a pipeline',
      needsShared: true,
      run: async (subject) => {
        const main = inPhase(subject.create(), 1);
        const worker = subject.attach(main);
        main.step(step('of_main'));
        worker.pipeline({ steps: [step('of_worker')] });
        await main.shutdown();
        equal(named(main), 'of_worker ok');
        const other = inPhase(subject.create(), 1);
        const helper = subject.attach(other);
        helper.step(step('of_helper'));
        await other.shutdown();
        equal(named(other), 'of_helper ok');
      },
    },
    {
      title: 'onShutdown() hears the whole course, with what was thrown itself',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        const heard: ShutdownEvent[] = [];
        const thrown = new Error('x'.repeat(200));
        const remove = lifecycle.onShutdown((event) => heard.push(event));
        lifecycle.onShutdown(() => heard.push({ type: 'draining' }))();
        lifecycle.onShutdown(fails);
        lifecycle.onShutdown(async () => fails());
        lifecycle.step({
          name: 'bad',
          run: () => {
            throw thrown;
          },
        });
        const report = await lifecycle.shutdown({ trigger: 'test' });
        equal(
          heard.map(({ type }) => type),
          ['accepted', 'draining', 'drained', 'step_started', 'step_ended', 'stopped'],
        );
        const [accepted, , drained, , ended, stopped] = heard;
        equal(accepted, { type: 'accepted', trigger: 'test' });
        equal(drained, { type: 'drained', left: 0 });
        holds(ended?.type === 'step_ended' && ended.error === thrown, 'the error itself');
        equal(stopped, { type: 'stopped', report });
        remove();
        throws(() => lifecycle.onShutdown(5 as never), 'invalid_argument');
      },
    },
    {
      title: 'a listener that adds another at each event is followed by it at the next one only',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        let heard = 0;
        const again = (): void => {
          heard += 1;
          if (heard < 1_000) lifecycle.onShutdown(again);
        };
        lifecycle.onShutdown(again);
        await lifecycle.shutdown();
        // Accepted, draining, drained and stopped: twice as many listeners at each.
        equal(heard, 15);
      },
    },
    {
      title: 'no step starts after one that ended the lifecycle itself',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        let ran = false;
        const ends = (): void => void lifecycle.finishShutdown(REPORT);
        lifecycle.step(step('ends', { after: [], run: ends }));
        lifecycle.step(
          step('late', {
            after: [],
            run: () => {
              ran = true;
            },
          }),
        );
        await lifecycle.shutdown();
        await turn(2);
        equal([ran, lifecycle.shutdownReport()?.durationMs], [false, REPORT.durationMs]);
      },
    },
    {
      title:
        'a snapshot has when the shutdown was accepted, and when a step started and ended since',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        equal([lifecycle.snapshot().acceptedAtMs, lifecycle.snapshot().runningSinceMs], [null, []]);
        const seen: (readonly (number | null)[])[] = [];
        const look = async (): Promise<void> => {
          const { runningSinceMs, stepEndsMs } = lifecycle.snapshot();
          seen.push([...stepEndsMs, ...runningSinceMs]);
          await turn(2);
        };
        lifecycle.pipeline({ steps: [step('a', { run: look }), step('b', { run: look })] });
        const { startedAtMs } = await lifecycle.shutdown();
        const [[startOfA = null] = [], [endOfA = null, startOfB = null] = []] = seen;
        equal([seen[0]?.length, seen[1]?.length], [1, 2]);
        const times = [startOfA, endOfA, startOfB, lifecycle.snapshot().stepEndsMs[1] ?? null];
        for (const [index, time] of times.entries()) {
          holds(time !== null && time >= (times[index - 1] ?? 0), `times in order: ${times}`);
        }
        equal(lifecycle.snapshot().acceptedAtMs, startedAtMs);
        equal(lifecycle.snapshot().runningSinceMs, []);
      },
    },
    {
      title: 'a snapshot has the steps that run and that are to come, the trigger and what is left',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        equal(lifecycle.snapshot().shutdown, null);
        const seen: unknown[] = [];
        const look = (): void => {
          const { shutdown } = lifecycle.snapshot();
          const { leftMs = 0, ...rest } = shutdown ?? {};
          seen.push([rest, Number(leftMs) > 0]);
        };
        lifecycle.pipeline({ steps: [step('a', { run: look }), step('b', { run: look })] });
        await lifecycle.shutdown({ trigger: 'test' });
        equal(seen, [
          [{ trigger: 'test', running: ['a'], pending: ['b'] }, true],
          [{ trigger: 'test', running: ['b'], pending: [] }, true],
        ]);
        const over = { trigger: 'test', running: [], pending: [], leftMs: null };
        equal(lifecycle.snapshot().shutdown, over);
      },
    },
    {
      title: 'a step that waits for shutdown() gets an error that says so',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        const waits = step('waits', { run: () => lifecycle.shutdown(), timeoutMs: 20 });
        lifecycle.pipeline({ steps: [waits] });
        const {
          steps: [ended],
        } = await lifecycle.shutdown();
        holds(ended?.error?.includes('does it await shutdown()?') === true, `${ended?.error}`);
      },
    },
  ],
};
