/**
 * Contract §11, checks: when they run, what their runs come to, who sees it, what it does.
 *
 * @module
 */

import type { CheckOptions, CheckSnapshot, Lifecycle } from '../../src/index.ts';
import { equal, holds, throws } from './claims.ts';
import { inPhase, NOT_STRINGS, type Subject, type Suite, turn, WRONG_OPTIONS } from './suite.ts';

/** Often enough for a test; nothing is asserted of the time. */
const SOON = { everyMs: 1 };
/** Longer than any test. */
const NEVER_AGAIN = { everyMs: 2 ** 31 - 1 };
const CELLS = 32;

/** Turns the loop until it is so; whoever waits for ever has failed. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await turn(1);
}

/** A check whose runs end as they are told to. */
class Told {
  runs = 0;
  error: Error | undefined = new Error('down');
  readonly signals: AbortSignal[] = [];

  readonly run: CheckOptions['run'] = ({ signal }) => {
    this.runs += 1;
    this.signals.push(signal);
    if (this.error !== undefined) throw this.error;
  };
}

/** The only check there is, without its age. */
function only(lifecycle: Lifecycle): Omit<CheckSnapshot, 'sinceMs'> {
  const { checks } = lifecycle.snapshot();
  equal(checks.length, 1);
  const [{ sinceMs, ...check }] = checks as [CheckSnapshot];
  holds(Number.isInteger(sinceMs) && sinceMs >= 0, `since ${sinceMs}`);
  return check;
}

/** One that serves, and refuses writes because a check fails. */
async function refusing(subject: Subject): Promise<{ lifecycle: Lifecycle; told: Told }> {
  const lifecycle = inPhase(subject.create(), 1);
  const told = new Told();
  lifecycle.check({ name: 'disk', run: told.run, failures: 1, affects: 'write', ...SOON });
  await until(() => !isHealthy(lifecycle));
  return { lifecycle, told };
}

const isHealthy = (lifecycle: Lifecycle): boolean => only(lifecycle).healthy;
const noop = (): void => {};

export const checks: Suite = {
  name: 'checks',
  behaviours: [
    {
      title: 'there are none at first',
      run: (subject) => {
        const lifecycle = subject.create();
        equal([lifecycle.snapshot().checks, lifecycle.checks()], [[], []]);
      },
    },
    {
      title: 'in Starting it fails until its first run has ended, which starts at once',
      run: async (subject) => {
        const lifecycle = subject.create();
        let end = noop;
        let runs = 0;
        const run = (): Promise<void> => {
          runs += 1;
          return new Promise((resolve) => {
            end = resolve;
          });
        };
        lifecycle.check({ name: 'db', run, timeoutMs: 2 ** 31 - 1, ...NEVER_AGAIN });
        equal(runs, 1);
        const { number } = lifecycle.member;
        const failing = {
          name: 'db',
          healthy: false,
          affects: 'ready',
          error: null,
          member: number,
        };
        equal(only(lifecycle), failing);
        end();
        await until(() => isHealthy(lifecycle));
        equal(only(lifecycle), { ...failing, healthy: true });
      },
    },
    {
      title:
        'later it passes until so many runs in a row have failed, and again after so many good ones',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        const seen: boolean[] = [];
        // Failing thrice is needed; it fails twice, is well once, fails thrice, and is well twice.
        const script = 'ffwfffww';
        const run = (): void => {
          seen.push(isHealthy(lifecycle));
          if (script[seen.length - 1] === 'f') throw new Error(`run ${seen.length}`);
        };
        const options = { name: 'db', run, failures: 3, successes: 2, ...SOON };
        const remove = lifecycle.check(options);
        await until(() => seen.length > script.length);
        remove();
        // Before each run: how it stood.
        equal(seen.slice(0, 9), [true, true, true, true, true, true, false, false, true]);
      },
    },
    {
      title: 'by default two failed runs make it fail, and one good run makes it pass',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        const told = new Told();
        const seen: boolean[] = [];
        const run: CheckOptions['run'] = (context) => {
          seen.push(isHealthy(lifecycle));
          told.error = seen.length > 2 ? undefined : new Error('down');
          return told.run(context);
        };
        lifecycle.check({ name: 'db', run, ...SOON });
        await until(() => seen.length > 3);
        equal(seen.slice(0, 4), [true, true, false, true]);
      },
    },
    {
      title:
        'the error is that of the last failed run, cut at 72 bytes, and is gone with the failure',
      run: async (subject) => {
        const lifecycle = subject.create();
        const told = new Told();
        told.error = new Error('ü'.repeat(50));
        lifecycle.check({ name: 'db', run: told.run, affects: 'nothing', ...SOON });
        await until(() => only(lifecycle).error !== null);
        equal(only(lifecycle).error, 'ü'.repeat(36));
        told.error = new Error('refused');
        await until(() => only(lifecycle).error === 'refused');
        equal(only(lifecycle).affects, 'nothing');
        told.error = undefined;
        await until(() => isHealthy(lifecycle));
        equal(only(lifecycle).error, null);
      },
    },
    {
      title: 'the time is that since it has been so, whatever runs came since',
      run: async (subject) => {
        const lifecycle = subject.create();
        const told = new Told();
        const since = (): number => (lifecycle.checks()[0] as CheckSnapshot).sinceMs;
        lifecycle.check({ name: 'db', run: told.run, ...SOON });
        await until(() => told.runs > 3 && since() > 5);
        told.error = new Error('otherwise');
        await until(() => only(lifecycle).error === 'otherwise');
        holds(since() > 5, `since ${since()} although it has failed before`);
      },
    },
    {
      title: 'a run that outlives its time-out has failed, its signal says so, and no other starts',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        const told = new Told();
        told.error = undefined;
        let end = (_: Error): void => {};
        const run: CheckOptions['run'] = (context) => {
          void told.run(context);
          return new Promise((_, reject) => {
            end = reject;
          });
        };
        lifecycle.check({ name: 'db', run, timeoutMs: 4, failures: 1, ...SOON });
        await until(() => !isHealthy(lifecycle));
        equal(only(lifecycle).error, 'timed out after 4 ms');
        const signal = told.signals[0] as AbortSignal;
        await until(() => signal.aborted);
        equal([told.runs, signal.reason.name], [1, 'TimeoutError']);
        // It rejects late: that is nobody's business, and the next run starts.
        end(new Error('late'));
        await until(() => told.runs === 2);
        equal(only(lifecycle).error, 'timed out after 4 ms');
      },
    },
    {
      title: 'a run that hangs fails again for each interval, so that one that never ends is found',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        let runs = 0;
        const run = (): Promise<never> => {
          runs += 1;
          return new Promise(() => {});
        };
        lifecycle.check({ name: 'db', run, timeoutMs: 1, failures: 3, ...SOON });
        await until(() => !isHealthy(lifecycle));
        equal(runs, 1);
      },
    },
    {
      title: 'a run that blocks the loop for longer than it may has failed, and no other check has',
      needsRunningClock: true,
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        const busy = (): void => {
          const began = performance.now();
          while (performance.now() - began < 60) {
            // Nothing else of this thread goes on meanwhile.
          }
        };
        // Its answer needs two turns of the loop, which the other keeps from coming in time.
        const twoTurns = async (): Promise<void> => {
          await turn();
          await turn();
        };
        const patient = { name: 'patient', run: twoTurns, timeoutMs: 40, failures: 1 };
        lifecycle.check({ ...patient, ...NEVER_AGAIN });
        lifecycle.check({ name: 'busy', run: busy, timeoutMs: 40, failures: 1, ...NEVER_AGAIN });
        await until(() => lifecycle.checks().some(({ healthy }) => !healthy));
        for (let turns = 0; turns < 5; turns++) await turn();
        const stand = lifecycle.checks().map(({ name, healthy }) => [name, healthy]);
        equal(stand, [
          ['patient', true],
          ['busy', false],
        ]);
      },
    },
    {
      title: 'what is thrown may be anything, also in the run itself',
      run: async (subject) => {
        const lifecycle = subject.create();
        const remove: (() => void)[] = [];
        for (const thrown of [undefined, null, 'text', Symbol('s'), Object.create(null)]) {
          const run = (): never => {
            throw thrown;
          };
          const name = `check ${remove.length}`;
          remove.push(lifecycle.check({ name, run, ...NEVER_AGAIN }));
        }
        await until(() => lifecycle.checks().every(({ error }) => error !== null));
        equal(lifecycle.checks().length, 5);
        for (const each of remove) each();
        equal(lifecycle.checks(), []);
      },
    },
    {
      title: 'affects: write holds `unhealthy` while it fails: writes are refused, queries are not',
      run: async (subject) => {
        const { lifecycle, told } = await refusing(subject);
        const { gate } = lifecycle;
        equal([gate.tryEnter('write'), gate.writeRefusal()], [null, 'unhealthy']);
        equal(gate.holds(), ['unhealthy']);
        const query = gate.tryEnter('query');
        equal(query?.kind, 'query');
        query?.release();
        told.error = undefined;
        await until(() => isHealthy(lifecycle));
        equal([gate.holds(), gate.writeRefusal()], [[], null]);
        gate.tryEnter('write')?.release();
      },
    },
    {
      title: 'the hold of a check and that of the application are each its own',
      run: async (subject) => {
        const { lifecycle, told } = await refusing(subject);
        const { gate } = lifecycle;
        // Nobody has set it by hand, so there is nothing to release, and the check holds on.
        equal([gate.release('unhealthy'), gate.writeRefusal()], [false, 'unhealthy']);
        equal([gate.hold('unhealthy'), gate.hold('unhealthy')], [true, false]);
        told.error = undefined;
        await until(() => isHealthy(lifecycle));
        equal([gate.holds(), gate.writeRefusal()], [['unhealthy'], 'unhealthy']);
        equal([gate.release('unhealthy'), gate.writeRefusal()], [true, null]);
      },
    },
    {
      title: 'a removed check is gone with its hold, runs no more, and may be added again',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        const told = new Told();
        const check = { name: 'disk', run: told.run, failures: 1, affects: 'write' } as const;
        const remove = lifecycle.check({ ...check, ...SOON });
        await until(() => !isHealthy(lifecycle));
        remove();
        const { runs } = told;
        equal([lifecycle.checks(), lifecycle.gate.holds()], [[], []]);
        const again = new Told();
        const removeAgain = lifecycle.check({ ...check, run: again.run, ...SOON });
        remove();
        await until(() => again.runs > 3);
        equal([told.runs, lifecycle.checks().length], [runs, 1]);
        removeAgain();
        removeAgain();
        equal(lifecycle.checks(), []);
      },
    },
    {
      title:
        'a run in progress hears of the removal and of the leave, and what it says is not told',
      run: async (subject) => {
        for (const end of ['removed', 'leaving'] as const) {
          const lifecycle = inPhase(subject.create(), 1);
          let aborted = false;
          const run: CheckOptions['run'] = ({ signal }) =>
            new Promise((_, reject) => {
              signal.addEventListener('abort', () => {
                aborted = true;
                reject(new Error('aborted'));
              });
            });
          const remove = lifecycle.check({ name: 'db', run, failures: 1, ...NEVER_AGAIN });
          if (end === 'removed') remove();
          else await lifecycle.shutdown();
          await until(() => aborted);
          await turn();
          equal(
            lifecycle.checks().map(({ healthy }) => healthy),
            end === 'removed' ? [] : [true],
          );
        }
      },
    },
    {
      title: 'once a shutdown is accepted none runs and none can be added; the last outcome stays',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        const told = new Told();
        lifecycle.check({ name: 'db', run: told.run, failures: 1, ...SOON });
        await until(() => !isHealthy(lifecycle));
        const report = lifecycle.shutdown();
        const { runs } = told;
        told.error = undefined;
        await report;
        await turn(5);
        equal([told.runs, isHealthy(lifecycle)], [runs, false]);
        throws(() => lifecycle.check({ name: 'late', run: noop }), 'leaving');
        equal(lifecycle.checks().length, 1);
      },
    },
    {
      title: 'a name twice on one thread is refused, and the first check goes on',
      run: async (subject) => {
        const lifecycle = subject.create();
        const told = new Told();
        const remove = lifecycle.check({ name: 'db', run: told.run, ...SOON });
        const second = new Told();
        throws(() => lifecycle.check({ name: 'db', run: second.run }), 'invalid_argument');
        const { runs } = told;
        await until(() => told.runs > runs);
        equal([second.runs, lifecycle.checks().length], [0, 1]);
        remove();
      },
    },
    {
      title: `${CELLS} checks can be had, one more is refused, and a removal makes room`,
      run: (subject) => {
        const lifecycle = subject.create();
        const options = { run: noop, ...NEVER_AGAIN };
        const removals = Array.from({ length: CELLS }, (_, index) =>
          lifecycle.check({ name: `check ${index}`, ...options }),
        );
        const extra = new Told();
        throws(() => lifecycle.check({ name: 'extra', run: extra.run }), 'checks_full');
        equal([lifecycle.checks().length, extra.runs], [CELLS, 0]);
        removals[7]?.();
        lifecycle.check({ name: 'extra', ...options });
        equal(lifecycle.checks()[7]?.name, 'extra');
      },
    },
    {
      title: 'options that are wrong or not known are refused, and nothing is added',
      run: (subject) => {
        const lifecycle = subject.create();
        const right = { name: 'db', run: noop };
        const wrong: readonly unknown[] = [
          ...WRONG_OPTIONS,
          ...NOT_STRINGS.map((name) => ({ ...right, name })),
          { ...right, name: '' },
          { ...right, name: 'ü'.repeat(17) },
          { name: 'db' },
          { ...right, run: 'SELECT 1' },
          { ...right, every: 5 },
          ...['everyMs', 'timeoutMs'].flatMap((key) =>
            [0, -1, Number.NaN, 2 ** 31, '5', null].map((ms) => ({ ...right, [key]: ms })),
          ),
          ...['failures', 'successes'].flatMap((key) =>
            [0, -1, 1.5, Infinity, '2', null].map((runs) => ({ ...right, [key]: runs })),
          ),
          ...['writes', '', null, 'toString'].map((affects) => ({ ...right, affects })),
        ];
        for (const each of wrong) {
          throws(() => lifecycle.check(each as CheckOptions), 'invalid_argument');
        }
        equal(lifecycle.checks(), []);
        const error = throws(
          () => lifecycle.check({ ...right, every: 5 } as CheckOptions),
          'invalid_argument',
        );
        holds(String(error).includes('did you mean "everyMs"?'), String(error));
      },
    },
    {
      title: 'a check never moves the phase',
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        lifecycle.check({ name: 'db', run: new Told().run, failures: 1, ...SOON });
        await until(() => !isHealthy(lifecycle));
        equal([lifecycle.phase(), lifecycle.shutdownRequested()], [1, false]);
      },
    },
    {
      title: 'detach() ends the checks of a thread',
      run: async (subject) => {
        const lifecycle = subject.create();
        const told = new Told();
        const remove = lifecycle.check({ name: 'db', run: told.run, ...SOON });
        lifecycle.detach();
        const { runs } = told;
        await turn(5);
        equal(told.runs, runs);
        remove();
        throws(() => lifecycle.check({ name: 'db', run: noop }), 'detached');
        throws(() => lifecycle.checks(), 'detached');
      },
    },
    {
      title: 'two threads may have checks of one name; all see both, and the hold is of either',
      needsShared: true,
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        const other = subject.attach(lifecycle);
        const [told, others] = [new Told(), new Told()];
        told.error = undefined;
        const check = { name: 'disk', failures: 1, affects: 'write' } as const;
        lifecycle.check({ ...check, run: told.run, ...SOON });
        other.check({ ...check, run: others.run, ...SOON });
        await until(() => lifecycle.gate.writeRefusal() === 'unhealthy');
        for (const seat of [lifecycle, other]) {
          const stand = seat.checks().map(({ name, member, healthy }) => [name, member, healthy]);
          equal(stand, [
            ['disk', lifecycle.member.number, true],
            ['disk', other.member.number, false],
          ]);
        }
        told.error = new Error('here, too');
        others.error = undefined;
        await until(() => lifecycle.checks()[0]?.healthy === false);
        await until(() => lifecycle.checks()[1]?.healthy === true);
        equal(other.gate.holds(), ['unhealthy']);
        told.error = undefined;
        await until(() => other.gate.writeRefusal() === null);
      },
    },
    {
      title: 'the checks of a thread that is dead are gone with it, and so is their hold',
      needsShared: true,
      run: async (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        const dead = subject.attach(lifecycle);
        const check = { failures: 1, affects: 'write', run: new Told().run } as const;
        dead.check({ name: 'disk', ...check, ...SOON });
        for (let index = 1; index < CELLS; index++) {
          dead.check({ name: `check ${index}`, run: noop, ...NEVER_AGAIN });
        }
        await until(() => lifecycle.gate.holds().length > 0);
        throws(() => lifecycle.check({ name: 'disk', run: noop }), 'checks_full');
        equal(lifecycle.reap(dead.member), true);
        equal([lifecycle.checks(), lifecycle.gate.writeRefusal()], [[], null]);
        lifecycle.check({ name: 'disk', run: noop, ...NEVER_AGAIN });
        equal(only(lifecycle).member, lifecycle.member.number);
        // One that was given up and goes on changes nothing of what is another's now.
        await turn(5);
        equal([only(lifecycle).name, lifecycle.gate.holds()], ['disk', []]);
      },
    },
  ],
};
