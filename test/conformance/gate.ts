/**
 * Contract §7, the write gate: who is admitted when, permits, holds.
 *
 * @module
 */

import {
  GateClosedError,
  type HoldName,
  LifecycleError,
  type PermitKind,
} from '../../src/index.ts';
import { equal, holds, rejects, throws } from './claims.ts';
import { inPhase, NOT_STRINGS, type Subject, type Suite, turn } from './suite.ts';

const PHASES = ['starting', 'ready', 'draining', 'shutting_down', 'stopped'];
const ADMITS: Readonly<Record<PermitKind, readonly boolean[]>> = {
  write: [false, true, false, false, false],
  query: [false, true, true, false, false],
};
const HOLDS: readonly HoldName[] = ['read_only', 'replica', 'lease_lost', 'paused', 'unhealthy'];

/** Where the runtime does not know it, what compilers look for in its place; another at run time. */
const DISPOSE: typeof Symbol.dispose =
  Symbol.dispose ?? (Symbol.for('Symbol.dispose') as typeof Symbol.dispose);

const admissions = Object.entries(ADMITS).flatMap(([name, admits]) =>
  admits.map((admitted, phase) => ({
    title: `a ${name} in ${PHASES[phase]} is ${admitted ? 'admitted and counted' : 'refused'}`,
    run: (subject: Subject) => {
      // The two keys of ADMITS are the two kinds.
      const kind = name as PermitKind;
      const { gate } = inPhase(subject.create(), phase);
      const permit = gate.tryEnter(kind);
      equal(permit === null, !admitted);
      equal(gate.inFlight(), {
        writes: Number(admitted && kind === 'write'),
        queries: Number(admitted && kind === 'query'),
      });
      if (admitted) {
        equal(
          gate.run(kind, () => 5),
          5,
        );
      } else {
        const error = throws(() => gate.run(kind, () => 5), 'gate_closed') as GateClosedError;
        holds(error instanceof GateClosedError && error instanceof LifecycleError, 'its class');
        equal([error.phase, error.reason, error.name], [phase, PHASES[phase], 'GateClosedError']);
      }
      permit?.release();
      equal(gate.inFlight(), { writes: 0, queries: 0 });
    },
  })),
);

export const gate: Suite = {
  name: 'the write gate',
  behaviours: [
    ...admissions,
    {
      title: 'a permit is released once; again is a no-op',
      run: (subject) => {
        const { gate } = inPhase(subject.create(), 1);
        const [first, second] = [gate.tryEnter('write'), gate.tryEnter('write')];
        equal([gate.inFlight().writes, first?.kind], [2, 'write']);
        first?.release();
        first?.release();
        first?.[DISPOSE]();
        equal(gate.inFlight().writes, 1);
        second?.[DISPOSE]();
        equal(gate.inFlight().writes, 0);
      },
    },
    {
      title:
        '`using` releases a permit at the end of its block, also when it throws, and bears a null',
      run: (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        const { gate } = lifecycle;
        const write = (fails: boolean): number => {
          using permit = gate.tryEnter('write');
          using query = gate.tryEnter('query');
          if (fails) throw new Error(`${permit?.kind} and ${query?.kind} under way`);
          return gate.inFlight().writes + gate.inFlight().queries;
        };
        equal(write(false), 2);
        equal(gate.inFlight(), { writes: 0, queries: 0 });
        try {
          write(true);
        } catch (error) {
          equal((error as Error).message, 'write and query under way');
        }
        equal(gate.inFlight(), { writes: 0, queries: 0 });
        lifecycle.markDraining();
        equal(write(false), 1);
        equal(gate.inFlight(), { writes: 0, queries: 0 });
      },
    },
    {
      title: 'a permit that is held when the gate closes stays valid, and can be released',
      run: (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        const permit = lifecycle.gate.tryEnter('write');
        lifecycle.markDraining();
        equal(lifecycle.gate.inFlight().writes, 1);
        permit?.release();
        equal(lifecycle.gate.inFlight().writes, 0);
      },
    },
    {
      title: 'run() holds the permit while the function works, and releases it however it ends',
      run: async (subject) => {
        const { gate } = inPhase(subject.create(), 1);
        const error = Object.assign(new Error('planned'), { code: 'planned' });
        equal(
          gate.run('write', () => gate.inFlight().writes),
          1,
        );
        throws(() => {
          gate.run('write', () => {
            throw error;
          });
        }, 'planned');
        equal(gate.inFlight().writes, 0);
        const later = gate.run('query', async () => {
          await turn();
          return gate.inFlight().queries;
        });
        equal(gate.inFlight().queries, 1);
        equal(await later, 1);
        equal(gate.inFlight().queries, 0);
        const failing = gate.run('write', async () => {
          await turn();
          throw error;
        });
        await rejects(failing, 'planned');
        equal(gate.inFlight().writes, 0);
      },
    },
    {
      title: 'run() does not call the function when the gate is closed',
      run: (subject) => {
        let calls = 0;
        const { gate } = subject.create();
        throws(() => gate.run('write', () => calls++), 'gate_closed');
        equal(calls, 0);
      },
    },
    ...HOLDS.map((hold) => ({
      title: `the hold ${hold} refuses writes with its name, and no queries`,
      run: (subject: Subject) => {
        const { gate } = inPhase(subject.create(), 1);
        equal([gate.hold(hold), gate.hold(hold), gate.holds()], [true, false, [hold]]);
        equal(gate.tryEnter('write'), null);
        const error = throws(() => gate.run('write', () => 0), 'gate_closed') as GateClosedError;
        equal([error.reason, error.phase], [hold, 1]);
        equal(
          gate.run('query', () => 'answered'),
          'answered',
        );
        equal([gate.release(hold), gate.release(hold), gate.holds()], [true, false, []]);
        equal(
          gate.run('write', () => 'written'),
          'written',
        );
      },
    })),
    {
      title: 'several holds at once are named in one order, and each is lifted by itself',
      run: (subject) => {
        const { gate } = inPhase(subject.create(), 1);
        for (const hold of [...HOLDS].reverse()) gate.hold(hold);
        equal(gate.holds(), HOLDS);
        for (const [index, hold] of HOLDS.entries()) {
          const error = throws(() => gate.run('write', () => 0), 'gate_closed') as GateClosedError;
          equal(error.reason, hold);
          gate.release(hold);
          equal(gate.holds(), HOLDS.slice(index + 1));
        }
      },
    },
    {
      title: 'a hold can be set and lifted in any phase, and the phase is the first reason',
      run: (subject) => {
        for (const phase of [0, 1, 2, 3, 4]) {
          const { gate } = inPhase(subject.create(), phase);
          equal(gate.hold('paused'), true);
          const error = throws(() => gate.run('write', () => 0), 'gate_closed') as GateClosedError;
          equal(error.reason, phase === 1 ? 'paused' : PHASES[phase]);
          equal(gate.release('paused'), true);
        }
      },
    },
    {
      title: 'unknown kinds and holds are refused, and nothing changes',
      run: (subject) => {
        const { gate } = inPhase(subject.create(), 1);
        for (const wrong of [...NOT_STRINGS, 'writes', '', 'constructor']) {
          throws(() => gate.tryEnter(wrong as never), 'invalid_argument');
          throws(() => gate.run(wrong as never, () => 0), 'invalid_argument');
          throws(() => gate.hold(wrong as never), 'invalid_argument');
          throws(() => gate.release(wrong as never), 'invalid_argument');
        }
        equal([gate.holds(), gate.inFlight()], [[], { writes: 0, queries: 0 }]);
      },
    },
    {
      title: 'permits of two seats are counted together',
      needsShared: true,
      run: (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        const other = subject.attach(lifecycle);
        const permits = [lifecycle, other, other].map(({ gate }) => gate.tryEnter('write'));
        equal([lifecycle.gate.inFlight().writes, other.gate.inFlight().writes], [3, 3]);
        other.gate.hold('replica');
        equal(lifecycle.gate.tryEnter('write'), null);
        for (const permit of permits) permit?.release();
        equal(lifecycle.gate.inFlight().writes, 0);
      },
    },
  ],
};
