/**
 * Contract §8, the counters: what was admitted, refused and answered, over all members that there were.
 *
 * @module
 */

import type { Counters, HoldName, Lifecycle, PermitKind } from '../../src/index.ts';
import { equal, holds } from './claims.ts';
import { inPhase, type Suite } from './suite.ts';

const PHASES = ['starting', 'ready', 'draining', 'shutting_down', 'stopped'];
const HOLDS: readonly HoldName[] = ['read_only', 'replica', 'lease_lost', 'paused', 'unhealthy'];
/** What can refuse, in the order in which it is told. */
const REASONS: Readonly<Record<PermitKind, readonly string[]>> = {
  write: ['starting', 'draining', 'shutting_down', 'stopped', ...HOLDS],
  query: ['starting', 'shutting_down', 'stopped'],
};
const PROBES = ['live', 'ready', 'ready/write', 'startup'] as const;
const CODES = [200, 204, 405, 503] as const;

/** Claims that just these are not zero. */
function counts(lifecycle: Lifecycle, expected: Readonly<Record<string, number>>): void {
  const sorted = (all: Readonly<Record<string, number>>): unknown => Object.entries(all).sort();
  equal(sorted(counted(lifecycle)), sorted(expected));
}

/** What is not zero, by a name. */
function counted(lifecycle: Lifecycle): Record<string, number> {
  const { permits, refusals, probes } = lifecycle.counters();
  const all: [string, number][] = [
    ['writes', permits.writes],
    ['queries', permits.queries],
    ...refusals.map(({ kind, reason, count }): [string, number] => [`${kind} ${reason}`, count]),
    ...probes.map(({ probe, code, count }): [string, number] => [`${probe} ${code}`, count]),
  ];
  return Object.fromEntries(all.filter(([, count]) => count !== 0));
}

/** Every number, in order. */
function numbers({ permits, refusals, probes }: Counters): number[] {
  return [permits.writes, permits.queries, ...[...refusals, ...probes].map(({ count }) => count)];
}

export const counters: Suite = {
  name: 'the counters',
  behaviours: [
    {
      title: 'counters() has every reason and every answer from the start, at 0, and is frozen',
      run: (subject) => {
        const { permits, refusals, probes } = subject.create().counters();
        equal(permits, { writes: 0, queries: 0 });
        equal(
          refusals.map(({ kind, reason, count }) => [kind, reason, count]),
          (['write', 'query'] as const).flatMap((kind) =>
            REASONS[kind].map((reason) => [kind, reason, 0]),
          ),
        );
        equal(
          probes.map(({ probe, code, count }) => [probe, code, count]),
          PROBES.flatMap((probe) => CODES.map((code) => [probe, code, 0])),
        );
        holds(
          [permits, refusals, probes, ...refusals, ...probes].every((each) =>
            Object.isFrozen(each),
          ),
          'all parts are frozen',
        );
      },
    },
    ...PHASES.map((phase, at) => ({
      title: `in ${phase} a permit or its refusal is counted once, a release not at all`,
      run: (subject: Parameters<Suite['behaviours'][number]['run']>[0]) => {
        const lifecycle = inPhase(subject.create(), at);
        const expected: Record<string, number> = {};
        for (const [kind, plural] of [
          ['write', 'writes'],
          ['query', 'queries'],
        ] as const) {
          const permit = lifecycle.gate.tryEnter(kind);
          expected[permit === null ? `${kind} ${phase}` : plural] = 1;
          counts(lifecycle, expected);
          permit?.release();
          counts(lifecycle, expected);
        }
      },
    })),
    {
      title: 'a write that holds refuse is counted for the first of them, and a query is admitted',
      run: (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        const expected: Record<string, number> = {};
        for (const [at, hold] of [...HOLDS].reverse().entries()) {
          lifecycle.gate.hold(hold);
          equal(lifecycle.gate.tryEnter('write'), null);
          expected[`write ${hold}`] = 1;
          lifecycle.gate.tryEnter('query')?.release();
          expected.queries = at + 1;
          counts(lifecycle, expected);
        }
        lifecycle.gate.writeRefusal();
        counts(lifecycle, expected);
      },
    },
    {
      title: 'countProbe() counts the four statuses of a probe, and no other',
      run: (subject) => {
        const lifecycle = subject.create();
        for (const probe of PROBES) {
          for (const code of [...CODES, 404, 0, Number.NaN]) lifecycle.countProbe(probe, code);
        }
        lifecycle.countProbe('live', 200);
        const each = PROBES.flatMap((probe) =>
          CODES.map((code): [string, number] => [`${probe} ${code}`, 1]),
        );
        counts(lifecycle, { ...Object.fromEntries(each), 'live 200': 2 });
      },
    },
    {
      title:
        'thousands of permits are counted, across every place where a short count wraps around',
      run: (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        for (let count = 1; count <= 2_000; count++) {
          lifecycle.gate.tryEnter('write')?.release();
          if (count % 7 === 0) equal(lifecycle.counters().permits.writes, count);
        }
        counts(lifecycle, { writes: 2_000 });
      },
    },
    {
      title: 'counters sum over all members, and none goes back over detach, reap and newcomers',
      needsShared: true,
      run: (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        let seen = numbers(lifecycle.counters());
        const grown = (by: number): void => {
          const now = numbers(lifecycle.counters());
          holds(
            now.every((count, at) => count >= (seen[at] ?? 0)),
            `${now} after ${seen}`,
          );
          const sum = (all: readonly number[]): number => all.reduce((one, other) => one + other);
          equal(sum(now) - sum(seen), by);
          seen = now;
        };
        const places = new Set<number>();
        for (let round = 0; round < 100; round++) {
          const other = subject.attach(lifecycle);
          places.add(other.member.number);
          grown(0);
          other.gate.tryEnter('write')?.release();
          const held = [other.gate.tryEnter('write'), other.gate.tryEnter('query')];
          lifecycle.gate.hold('paused');
          other.gate.tryEnter('write');
          lifecycle.gate.release('paused');
          other.countProbe('ready', 503);
          grown(5);
          // A member that is reaped may hold permits to its end.
          if (round % 2 === 0) {
            for (const permit of held) permit?.release();
            other.detach();
          } else holds(lifecycle.reap(other.member), 'reaped');
          grown(0);
        }
        // All on one line, or this would prove nothing.
        equal(places.size, 1);
        counts(lifecycle, {
          writes: 200,
          queries: 100,
          'write paused': 100,
          'ready 503': 100,
        });
      },
    },
    {
      title: 'every member reads the same counters, whichever backend it uses',
      needsShared: true,
      needsBoth: true,
      run: (subject) => {
        const lifecycle = inPhase(subject.create(), 1);
        const backend = subject.backend === 'wasm' ? 'atomics' : 'wasm';
        const other = subject.attach(lifecycle, { backend });
        for (const each of [lifecycle, other, lifecycle]) each.gate.tryEnter('write');
        other.countProbe('live', 200);
        const expected = { writes: 3, 'live 200': 1 };
        for (const each of [lifecycle, other]) counts(each, expected);
      },
    },
  ],
};
