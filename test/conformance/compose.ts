/**
 * Contract §12: what `compose()` starts, stops and refuses, and in which order.
 *
 * @module
 */

import { compose, type StartContext } from '../../src/compose.ts';
import { Phase, type ShutdownReport } from '../../src/index.ts';
import { equal, holds, rejects, throws } from './claims.ts';
import { HandClock, NOT_STRINGS, type Subject, type Suite, turn } from './suite.ts';

/** Components as a caller without types has them. */
type Loose = Record<string, unknown>;

/** The call as a caller without types makes it. */
const loose = compose as (lifecycle: unknown, components: unknown) => Promise<Loose>;

const hangs = (): Promise<never> => new Promise(() => {});
const fails = (): never => {
  throw new Error('planned');
};

/** Rejects once it is aborted, as a start should. */
const untilAborted = ({ signal }: StartContext): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });

/** A component that notes its start and its stop. */
function noting(noted: string[], name: string, more: Loose = {}): Loose {
  return {
    start: () => void noted.push(`+${name}`),
    stop: () => void noted.push(`-${name}`),
    ...more,
  };
}

/** What a promise is rejected with. */
async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

const statuses = (report: ShutdownReport | null): string =>
  (report?.steps ?? []).map(({ name, status }) => `${name} ${status}`).join();

const component = (): Loose => ({ start: () => 1 });
const run = (): void => {};

/** What is refused, with what the message must say. */
const WRONG: readonly (readonly [what: string, components: unknown, says: string])[] = [
  ['null', null, 'must be an object'],
  ['a name with a capital', { aB: component() }, 'name must match'],
  ['the name total', { total: component() }, 'name must match'],
  ['a name of 33 characters', { ['a'.repeat(33)]: component() }, 'name must match'],
  ['the name signal', { signal: component() }, 'no component may be called signal'],
  ['a component that is null', { a: null }, 'compose "a"'],
  ['an option that is not known', { a: { strat: () => 1 } }, 'did you mean "start"?'],
  ['a start that is no function', { a: { start: 5 } }, 'start must be a function'],
  ['a stop that is no function', { a: { stop: {} } }, 'stop must be a function'],
  ['needs that are a name', { a: {}, b: { needs: 'a' } }, 'needs must be a list'],
  ['a need that is no name', { a: { needs: [5] } }, 'needs must be a list'],
  ['a need that is unknown', { base: {}, b: { needs: ['bose'] } }, 'did you mean "base"?'],
  ['a need that every object has', { a: { needs: ['constructor'] } }, 'not a component'],
  ['timeoutMs -1', { a: { timeoutMs: -1 } }, 'timeoutMs must be between'],
  ['at noon', { a: { at: 'noon' } }, "at must be 'accepted' or 'drained'"],
  ['a check that is a name', { a: { check: 'a' } }, 'check must be'],
  ['a check without a run', { a: { check: {} } }, 'run of check must be'],
  ['a check that runs every 0 ms', { a: { check: { run, everyMs: 0 } } }, 'everyMs must be from 1'],
  ['a check whose time is a text', { a: { check: { run, timeoutMs: '1' } } }, 'timeoutMs must be'],
  [
    'a check that fails at half a run',
    { a: { check: { run, failures: 0.5 } } },
    'failures must be',
  ],
  ['a check that passes at no run', { a: { check: { run, successes: 0 } } }, 'successes must be'],
  ['a check that affects all', { a: { check: { run, affects: 'all' } } }, 'affects must be'],
  ['a check with a slip', { a: { check: { run, every: 5 } } }, 'did you mean "everyMs"?'],
  ['a check with a name', { a: { check: { run: () => 1, name: 'a' } } }, 'unknown option "name"'],
  [
    "at: 'accepted' for what a drained one needs",
    { a: { at: 'accepted' }, b: { needs: ['a'] } },
    `"a" cannot stop at 'accepted': "b" needs it`,
  ],
  [
    '33 components',
    Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`c${index}`, {}])),
    'at most 32',
  ],
];

/** Circles, as they are named. */
const CIRCLES: readonly (readonly [components: Loose, circle: string])[] = [
  [{ a: { needs: ['a'] } }, 'a -> a'],
  [{ a: { needs: ['b'] }, b: { needs: ['a'] } }, 'a -> b -> a'],
  [
    {
      d: {},
      x: { needs: ['a'] },
      a: { needs: ['d', 'b'] },
      b: { needs: ['c'] },
      c: { needs: ['a'] },
    },
    'a -> b -> c -> a',
  ],
];

export const composing: Suite = {
  name: 'components',
  behaviours: [
    ...WRONG.map(([what, components, says]) => ({
      title: `compose() refuses ${what}, and nothing has started`,
      run: async (subject: Subject) => {
        const noted: string[] = [];
        const lifecycle = subject.create();
        const all =
          components === null ? null : { z: noting(noted, 'z'), ...(components as Loose) };
        const given = what === '33 components' ? components : all;
        const error = await rejects(loose(lifecycle, given), 'invalid_argument');
        holds(String(error).includes(says), String(error));
        equal([noted, lifecycle.phase(), lifecycle.coldStartPhases().stages], [[], 0, []]);
        equal((await lifecycle.shutdown()).steps, []);
      },
    })),
    ...CIRCLES.map(([components, circle]) => ({
      title: `compose() refuses the circle ${circle}, and names it`,
      run: async (subject: Subject) => {
        const noted: string[] = [];
        const lifecycle = subject.create();
        const all = { z: noting(noted, 'z'), ...components };
        const error = await rejects(loose(lifecycle, all), 'circular_components');
        holds(String(error).endsWith(`circle: ${circle}`), String(error));
        equal(noted, []);
      },
    })),
    {
      title: 'compose() refuses what is not a lifecycle',
      run: async () => {
        for (const wrong of NOT_STRINGS) await rejects(loose(wrong, {}), 'invalid_argument');
      },
    },
    {
      title: 'a step that has the name of a component is refused, and no other step is left behind',
      run: async (subject) => {
        const noted: string[] = [];
        const lifecycle = subject.create();
        lifecycle.step({ name: 'a', run: () => {} });
        const all = { b: noting(noted, 'b'), a: noting(noted, 'a') };
        await rejects(loose(lifecycle, all), 'invalid_argument');
        equal([statuses(await lifecycle.shutdown()), noted], ['a ok', []]);
      },
    },
    {
      title:
        'a check that has the name of a component with one is refused, and nothing has started',
      run: async (subject) => {
        const noted: string[] = [];
        const lifecycle = subject.create();
        lifecycle.check({ name: 'a', run });
        const all = { b: noting(noted, 'b'), a: noting(noted, 'a', { check: run }) };
        const error = await rejects(loose(lifecycle, all), 'invalid_argument');
        holds(String(error).includes('already has a check called "a"'), String(error));
        equal([statuses(await lifecycle.shutdown()), noted], ['', []]);
      },
    },
    {
      title: 'no components are Ready at once',
      run: async (subject) => {
        const lifecycle = subject.create();
        equal([await compose(lifecycle, {}), lifecycle.phase()], [{}, Phase.Ready]);
      },
    },
    {
      title: '32 components in one chain start one after the other, and stop in reverse',
      run: async (subject) => {
        const noted: string[] = [];
        const lifecycle = subject.create();
        const names = Array.from({ length: 32 }, (_, index) => `c${index}`);
        const all = names.map((name, index) => [
          name,
          noting(noted, name, { needs: names.slice(Math.max(0, index - 1), index) }),
        ]);
        // In an order that is of no help.
        await loose(lifecycle, Object.fromEntries(all.reverse()));
        equal(
          noted.splice(0),
          names.map((name) => `+${name}`),
        );
        await lifecycle.shutdown();
        equal(
          noted,
          [...names].reverse().map((name) => `-${name}`),
        );
      },
    },
    {
      title: 'each sees a signal and the values of what it needs, and no others',
      run: async (subject) => {
        const lifecycle = subject.create();
        const seen: unknown[] = [];
        const see = ({ signal, ...others }: { signal: AbortSignal }): void => {
          seen.push([signal.aborted, others]);
        };
        const values = await compose(lifecycle, {
          api: { needs: ['pool', 'config'], start: see },
          pool: { needs: ['config'], start: async ({ config }: { config: number }) => config + 1 },
          config: { start: () => 1 },
          other: { start: see },
        });
        equal(seen, [
          [false, {}],
          [false, { pool: 2, config: 1 }],
        ]);
        equal(values, { config: 1, pool: 2, api: undefined, other: undefined });
      },
    },
    {
      title: 'start, stop and check are called as methods of the component',
      run: async (subject) => {
        const lifecycle = subject.create();
        const seen: unknown[] = [];
        const own = {
          n: 1,
          start() {
            seen.push(this.n);
          },
          stop() {
            seen.push(this.n);
          },
        };
        // A property that is not enumerable is nobody's slip of the keyboard.
        Object.defineProperty(own, 'n', { enumerable: false });
        await loose(lifecycle, { own });
        await lifecycle.shutdown();
        equal(seen, [1, 1]);
      },
    },
    {
      title: 'each is a stage of its name, whose reason it is while it runs',
      run: async (subject) => {
        const clock = new HandClock();
        const lifecycle = subject.create({ clock: clock.read });
        const reasons: unknown[] = [];
        const start = (): void => {
          reasons.push(lifecycle.notReadyReason());
          clock.now += 5;
        };
        await compose(lifecycle, {
          api: { needs: ['restore'], start },
          restore: { start },
          nothing: { needs: ['api'] },
        });
        equal(reasons, ['restore', 'api']);
        equal(lifecycle.coldStartPhases().durationsMs(), [
          ['restore', 5],
          ['api', 5],
          ['nothing', 0],
          ['total', 10],
        ]);
        equal(lifecycle.notReadyReason(), null);
      },
    },
    {
      title: 'the reason is a component that still runs, and no other text is replaced',
      run: async (subject) => {
        const lifecycle = subject.create();
        let endFirst = (): void => {};
        const composed = compose(lifecycle, {
          first: {
            start: () =>
              new Promise<void>((resolve) => {
                endFirst = resolve;
              }),
          },
          second: { start: async () => {} },
        });
        equal(lifecycle.notReadyReason(), 'second');
        await turn();
        equal(lifecycle.notReadyReason(), 'first');
        lifecycle.setStartingReason('40 %');
        endFirst();
        await composed;
      },
    },
    {
      title: 'a stop runs after those of all that needed it, also by way of one that has none',
      run: async (subject) => {
        const noted: string[] = [];
        const lifecycle = subject.create();
        const slow = (name: string): Loose => ({
          stop: async () => {
            noted.push(`-${name}`);
            await turn(2);
            noted.push(`.${name}`);
          },
        });
        await loose(lifecycle, {
          base: noting(noted, 'base'),
          between: { needs: ['base'] },
          top: { needs: ['between'], ...slow('top') },
          side: { needs: ['base'], ...slow('side') },
        });
        equal(noted.splice(0), ['+base']);
        await lifecycle.shutdown();
        // The two that are independent of each other run side by side.
        equal([...noted.slice(0, 2)].sort(), ['-side', '-top']);
        equal(noted.at(-1), '-base');
        equal(noted.length, 5);
      },
    },
    {
      title: 'a stop gets the value and an aborting signal, and has the time of timeoutMs',
      run: async (subject) => {
        const lifecycle = subject.create();
        let seen: unknown;
        const ended = new Promise<void>((resolve) => {
          void compose(lifecycle, {
            slow: {
              timeoutMs: 5,
              start: () => 'value',
              stop: (value, { signal }) => {
                seen = value;
                signal.addEventListener('abort', () => resolve());
                return hangs();
              },
            },
          });
        });
        await turn(0);
        const report = await lifecycle.shutdown();
        await ended;
        equal([seen, statuses(report)], ['value', 'slow timed_out']);
      },
    },
    {
      title: "a component at: 'accepted' is stopped while requests are still served",
      run: async (subject) => {
        const lifecycle = subject.create();
        const phases: unknown[] = [];
        const stop = (): void => void phases.push(lifecycle.phase());
        await compose(lifecycle, {
          queue: {},
          consumer: { needs: ['queue'], at: 'accepted', stop },
          database: { stop },
        });
        const permit = lifecycle.gate.tryEnter('write');
        const stopped = lifecycle.shutdown();
        await turn(2);
        permit?.release();
        await stopped;
        equal(phases, [Phase.Ready, Phase.ShuttingDown]);
      },
    },
    {
      title:
        'a start that throws aborts the others, stops what had started, and is what comes back',
      run: async (subject) => {
        const noted: string[] = [];
        const lifecycle = subject.create();
        const reasons: unknown[] = [];
        const error = await failureOf(
          loose(lifecycle, {
            base: noting(noted, 'base'),
            pool: noting(noted, 'pool', { needs: ['base'] }),
            waits: noting(noted, 'waits', {
              start: (context: StartContext) =>
                untilAborted(context).catch((reason: unknown) => {
                  reasons.push(reason);
                  throw reason;
                }),
            }),
            bad: noting(noted, 'bad', { needs: ['pool'], start: fails }),
            never: noting(noted, 'never', { needs: ['bad'] }),
          }),
        );
        equal(noted, ['+base', '+pool', '-pool', '-base']);
        holds(error instanceof Error && error.message === 'planned', String(error));
        holds(reasons[0] === error, 'the reason of the signal is not the error');
        const report = lifecycle.shutdownReport();
        equal(
          [lifecycle.phase(), report?.failed, report?.trigger, report?.drained],
          [Phase.Stopped, true, 'start:bad', true],
        );
        equal(statuses(report).split(',').sort(), [
          'bad skipped',
          'base ok',
          'never skipped',
          'pool ok',
          'waits skipped',
        ]);
        equal(
          lifecycle.coldStartPhases().stages.map(({ name, readyAtMs }) => [name, readyAtMs > 0]),
          [
            ['base', true],
            ['pool', true],
            ['waits', false],
            ['bad', false],
            ['never', false],
          ],
        );
      },
    },
    {
      title: 'a start that outlives its timeoutMs has failed with a TimeoutError',
      run: async (subject) => {
        const noted: string[] = [];
        const lifecycle = subject.create();
        let aborted: unknown;
        const slow = noting(noted, 'slow', {
          timeoutMs: 2,
          start: (context: StartContext) =>
            untilAborted(context).catch((reason: unknown) => {
              aborted = reason;
              throw reason;
            }),
        });
        const error = await failureOf(loose(lifecycle, { base: noting(noted, 'base'), slow }));
        holds(error === aborted, 'the signal has another reason');
        equal((error as Error).name, 'TimeoutError');
        equal(String((error as Error).message), 'slow did not start within 2 ms');
        equal([noted, lifecycle.shutdownReport()?.failed], [['+base', '-base'], true]);
      },
    },
    {
      title: 'a shutdown accepted during the boot stops what had started, and did not fail',
      run: async (subject) => {
        const noted: string[] = [];
        const lifecycle = subject.create();
        const composed = loose(lifecycle, {
          base: noting(noted, 'base'),
          waits: noting(noted, 'waits', { needs: ['base'], start: untilAborted }),
          never: noting(noted, 'never', { needs: ['waits'] }),
        });
        await turn();
        const shutdown = lifecycle.shutdown({ trigger: 'test' });
        const error = (await rejects(composed, 'leaving')) as { trigger?: unknown };
        // It is over when this comes back.
        equal([error.trigger, lifecycle.phase()], ['test', Phase.Stopped]);
        const report = await shutdown;
        equal([noted, report.failed, report.drained], [['+base', '-base'], false, true]);
        equal(statuses(report), 'never skipped,waits skipped,base ok');
      },
    },
    {
      title: 'a start that does not care for its signal is waited for, and what it gave is stopped',
      run: async (subject) => {
        const noted: string[] = [];
        const lifecycle = subject.create();
        let end = (): void => {};
        const deaf = new Promise<string>((resolve) => {
          end = () => resolve('late');
        });
        const composed = loose(lifecycle, {
          base: noting(noted, 'base'),
          deaf: {
            needs: ['base'],
            start: () => deaf,
            stop: (value: unknown) => void noted.push(`-deaf ${value}`),
          },
        });
        const failed = rejects(composed, 'leaving');
        await turn();
        const shutdown = lifecycle.shutdown();
        await turn(2);
        equal(noted, ['+base']);
        end();
        equal((await shutdown).drained, true);
        await failed;
        equal(noted, ['+base', '-deaf late', '-base']);
      },
    },
    {
      title: 'what starts after its turn to stop is stopped at once',
      run: async (subject) => {
        const noted: string[] = [];
        const lifecycle = subject.create();
        lifecycle.pipeline({ steps: [], drainTimeoutMs: 0 });
        let end = (): void => {};
        const deaf = new Promise<void>((resolve) => {
          end = resolve;
        });
        const stopped = new Promise<void>((resolve) => {
          const stop = (): void => {
            noted.push('-deaf');
            resolve();
            fails();
          };
          const all = { base: noting(noted, 'base'), deaf: { start: () => deaf, stop } };
          void failureOf(loose(lifecycle, all));
        });
        await turn();
        const report = await lifecycle.shutdown();
        equal([report.drained, statuses(report)], [false, 'deaf skipped,base ok']);
        equal(noted, ['+base', '-base']);
        end();
        await stopped;
        await turn();
        equal(noted, ['+base', '-base', '-deaf']);
      },
    },
    {
      title: 'a shutdown accepted before it starts nothing',
      run: async (subject) => {
        const noted: string[] = [];
        const lifecycle = subject.create();
        await lifecycle.shutdown();
        await rejects(loose(lifecycle, { a: noting(noted, 'a') }), 'leaving');
        equal(noted, []);
      },
    },
    {
      title: 'an application that owns the shutdown gets all that had started stopped by compose()',
      run: async (subject) => {
        const noted: string[] = [];
        const lifecycle = subject.create();
        const composed = loose(lifecycle, {
          base: noting(noted, 'base'),
          pool: noting(noted, 'pool', { needs: ['base'] }),
          waits: noting(noted, 'waits', { needs: ['pool'], start: untilAborted }),
        });
        await turn();
        equal(lifecycle.beginShutdown(), true);
        await rejects(composed, 'leaving');
        equal([noted, lifecycle.phase()], [['+base', '+pool', '-pool', '-base'], 3]);
      },
    },
    {
      title: 'a start that shuts down itself is the last one',
      run: async (subject) => {
        const noted: string[] = [];
        const lifecycle = subject.create();
        const all = {
          a: noting(noted, 'a'),
          b: noting(noted, 'b', {
            start: () => {
              noted.push('+b');
              void lifecycle.shutdown({ trigger: 'b' });
            },
          }),
          c: noting(noted, 'c'),
        };
        const error = (await rejects(loose(lifecycle, all), 'leaving')) as { trigger?: unknown };
        equal([error.trigger, noted.splice(0, 2), noted.sort()], ['b', ['+a', '+b'], ['-a', '-b']]);
      },
    },
    {
      title: 'a failing stop is recorded, and the others still run',
      run: async (subject) => {
        const noted: string[] = [];
        const lifecycle = subject.create();
        await loose(lifecycle, {
          base: noting(noted, 'base'),
          bad: noting(noted, 'bad', { needs: ['base'], stop: fails }),
        });
        const report = await lifecycle.shutdown();
        equal([statuses(report), noted], ['bad failed,base ok', ['+base', '+bad', '-base']]);
      },
    },
    {
      title: 'a check is registered once its component has started, and is given the value',
      run: async (subject) => {
        const noted: unknown[] = [];
        const lifecycle = subject.create();
        const context = { signal: new AbortController().signal };
        // What is registered is what is asked here; how checks are run has a suite of its own.
        Object.defineProperty(lifecycle, 'check', {
          value: ({ run, ...options }: { run(given: object): unknown }) => {
            noted.push(options, run(context));
          },
        });
        const given = (value: unknown, { signal }: StartContext): string =>
          `${value} ${signal === context.signal}`;
        await loose(lifecycle, {
          pool: noting(noted as string[], 'pool', {
            start: async () => {
              await turn();
              noted.push('+pool');
              return 'value';
            },
            check: { run: given, everyMs: 5, affects: 'write' },
          }),
          api: noting(noted as string[], 'api', { needs: ['pool'], check: given }),
        });
        equal(noted, [
          '+pool',
          { everyMs: 5, affects: 'write', name: 'pool' },
          'value true',
          '+api',
          { name: 'api' },
          'undefined true',
        ]);
      },
    },
    {
      title:
        'a check that fails has the name of its component, and the process is not ready for writes',
      run: async (subject) => {
        const lifecycle = subject.create();
        await loose(lifecycle, {
          pool: {
            start: () => 'down',
            check: {
              run: (value: unknown) => Promise.reject(new Error(String(value))),
              failures: 1,
              affects: 'write',
            },
          },
        });
        while (lifecycle.gate.holds().length === 0) await turn();
        equal(
          lifecycle.checks().map(({ name, healthy, error }) => [name, healthy, error]),
          [['pool', false, 'down']],
        );
        equal(lifecycle.gate.holds(), ['unhealthy']);
        await lifecycle.shutdown();
      },
    },
    {
      title: 'a check that is refused is a failed start, and its component is stopped',
      run: async (subject) => {
        const noted: string[] = [];
        const lifecycle = subject.create();
        Object.defineProperty(lifecycle, 'check', { value: fails });
        const all = { pool: noting(noted, 'pool', { check: () => {} }) };
        const error = await failureOf(loose(lifecycle, all));
        equal([String(error), noted], ['Error: planned', ['+pool', '-pool']]);
      },
    },
    {
      title: 'on a lifecycle that is Ready, components start and are stopped all the same',
      run: async (subject) => {
        const noted: string[] = [];
        const lifecycle = subject.create();
        lifecycle.markReady();
        await loose(lifecycle, { a: noting(noted, 'a') });
        await lifecycle.shutdown();
        equal(noted, ['+a', '-a']);
      },
    },
    {
      title: 'two compositions of one thread stop each what it started',
      run: async (subject) => {
        const noted: string[] = [];
        const lifecycle = subject.create();
        await loose(lifecycle, { a: noting(noted, 'a') });
        await loose(lifecycle, { b: noting(noted, 'b') });
        await lifecycle.shutdown();
        equal(
          [noted.slice(0, 2), noted.slice(2).sort()],
          [
            ['+a', '+b'],
            ['-a', '-b'],
          ],
        );
      },
    },
    {
      title: 'a shutdown that another thread accepts ends the boot here',
      needsShared: true,
      run: async (subject) => {
        const noted: string[] = [];
        const lifecycle = subject.create();
        const other = subject.attach(lifecycle);
        const composed = loose(lifecycle, {
          base: noting(noted, 'base'),
          waits: noting(noted, 'waits', { needs: ['base'], start: untilAborted }),
        });
        const failed = rejects(composed, 'leaving');
        await turn();
        const report = await other.shutdown({ trigger: 'other' });
        await failed;
        equal([noted, statuses(report)], [['+base', '-base'], 'waits skipped,base ok']);
      },
    },
    {
      title: 'a boot that fails where another thread hosts is stopped here, after the report',
      needsShared: true,
      run: async (subject) => {
        const noted: string[] = [];
        const host = subject.create();
        host.pipeline({ steps: [{ name: 'flush_wal', run: () => void noted.push('flush') }] });
        const lifecycle = subject.attach(host);
        const composed = loose(lifecycle, {
          base: noting(noted, 'base'),
          pool: noting(noted, 'pool', { needs: ['base'] }),
          bad: { needs: ['pool'], start: fails },
        });
        holds((await failureOf(composed)) instanceof Error, 'it did not fail');
        equal(noted, ['+base', '+pool', 'flush', '-pool', '-base']);
        equal(
          [host.shutdownReport()?.failed, statuses(host.shutdownReport())],
          [true, 'flush_wal ok'],
        );
      },
    },
    {
      title: 'if the host dies, the heir stops what has no recorded end: each at least once',
      needsShared: true,
      run: async (subject) => {
        const noted: string[] = [];
        const host = subject.create();
        const heir = subject.attach(host);
        const all = (who: string, pool: Loose): Loose => ({
          base: noting(noted, `${who}.base`),
          pool: noting(noted, `${who}.pool`, { needs: ['base'], ...pool }),
          api: noting(noted, `${who}.api`, { needs: ['pool'] }),
        });
        let inPool = (): void => {};
        const reached = new Promise<void>((resolve) => {
          inPool = resolve;
        });
        const stop = (): Promise<never> => {
          noted.push('-host.pool');
          inPool();
          return hangs();
        };
        host.pipeline({ steps: [] });
        heir.pipeline({ steps: [] });
        await loose(host, all('host', { stop }));
        await loose(heir, all('heir', {}));
        noted.splice(0);
        const shutdown = heir.shutdown();
        await reached;
        equal(noted, ['-host.api', '-host.pool']);
        equal(heir.reap(host.member), true);
        const report = await shutdown;
        // The API's end is on record, but the heir has one of its own, which needs its pool.
        equal(noted.slice(2), ['-heir.api', '-heir.pool', '-heir.base']);
        equal([report.takenOver, statuses(report)], [true, 'api ok,pool ok,base ok']);
      },
    },
    {
      title: 'compose() after detach() rejects, and starts nothing',
      run: async (subject) => {
        const noted: string[] = [];
        const lifecycle = subject.create();
        lifecycle.detach();
        await rejects(loose(lifecycle, { a: noting(noted, 'a') }), 'detached');
        throws(() => lifecycle.phase(), 'detached');
        equal(noted, []);
      },
    },
  ],
};
