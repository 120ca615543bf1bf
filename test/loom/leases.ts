/**
 * The scenarios of leases: who renews and who watches, beside writers, and holds of several leases. The
 * code is JavaScript that works on the memory beside either backend.
 *
 * @module
 */

import {
  HOLD_LEASE_LOST,
  HOLD_REPLICA,
  LEASE_HELD,
  LEASE_LOST,
  LEASE_WAITING,
} from '../../assembly/layout.ts';
import type { Words } from '../../src/core/atomics/words.ts';
import type { Core } from '../../src/core/core.ts';
import { type Contending, LeaseCells, NO_END } from '../../src/core/lease-cells.ts';
import { FIRST_INCARNATION } from './calls.ts';
import type { Outcome } from './explorer.ts';
import { again, type Program } from './machine.ts';
import { SCRATCH, type Scenario } from './scenario.ts';

const WAKE = SCRATCH;
const REFUSED = SCRATCH + 64;
const DEATH = SCRATCH + 128;

const TOKEN = 7n;
/** Ends of the time, and moments: each thread has its own clock, so a moment is what it says. */
const [FIRST_END, BETWEEN, SECOND_END] = [10n, 15n, 20n];

const deathOf = (thread: number): number => DEATH + thread * 4;
const member = (number: number): Contending => ({ number, incarnation: FIRST_INCARNATION });
const results = ({ results: all }: Outcome): unknown[] =>
  all.map((result) => (result === undefined ? undefined : JSON.parse(result)));

/** Each member of these has a lease of its own: the cell has its number. */
const leased =
  (...ends: readonly (bigint | null)[]) =>
  (core: Core, words: Words): void => {
    core.markReady(1_001, 0);
    const cells = new LeaseCells(words);
    ends.forEach((end, number) => {
      cells.claim(member(number), Uint8Array.of(97 + number), () => true);
      if (end !== null) cells.hold(number, member(number), TOKEN, end);
    });
  };

const wakeIn =
  (words: Words): (() => void) =>
  () => {
    words.add32(WAKE, 1);
    words.wake32(WAKE);
  };

/** Renews or takes the lease of a member, and does nothing any more: its loop is blocked. */
const holder =
  (number: number, end: bigint): Program =>
  ({ words }) =>
    new LeaseCells(words).hold(number, member(number), TOKEN, end, wakeIn(words));

/** What `watcher-thread.ts` does: its sleep is over when it is woken, or when it is as late as it waits for. */
const watcher =
  (number: number, from: bigint): Program =>
  ({ words }, state = String(from)) => {
    const seen = words.load32(WAKE);
    const now = BigInt(String(state));
    const next = new LeaseCells(words).expire(member(number), now);
    if (next !== NO_END) return again(String(next));
    words.wait32(WAKE, seen, Number.POSITIVE_INFINITY);
    return again(String(now));
  };

/** Writes, and says whether somebody had been told before that no write is admitted. */
const writer =
  (number: number): Program =>
  ({ core, load }) => {
    const wasRefused = load(REFUSED) === 1;
    return core.enterWrite(number, FIRST_INCARNATION) === 0 ? (wasRefused ? 'late' : 'in') : 'out';
  };

/** No more is held than is wanted, and no less, by the cells as they are at the end. */
const settled =
  (wanted: number, ...states: readonly number[]): NonNullable<Scenario['final']> =>
  (outcome, core, words) => {
    if (results(outcome).includes('late')) return 'a write was admitted that had been refused';
    const found = states.map((_, cell) => new LeaseCells(words).read(cell)?.state);
    if (found.join() !== states.join()) return `the cells are ${found.join()}`;
    return core.holds() === wanted ? undefined : `the holds are ${core.holds()}`;
  };

/** Of leases. */
export const LEASES: readonly Scenario[] = [
  {
    name: 'a renewal against the end of the time that it follows, beside a writer',
    before: leased(FIRST_END),
    threads: [
      holder(0, SECOND_END),
      ({ words }) => String(new LeaseCells(words).expire(member(0), BETWEEN)),
      writer(2),
    ],
    final: settled(0, LEASE_HELD),
  },
  {
    name: 'a lease that is taken and not renewed is lost, whoever is blocked',
    before: leased(null),
    attached: 3,
    threads: [holder(0, SECOND_END), watcher(0, BETWEEN)],
    daemons: [1],
    final: settled(HOLD_LEASE_LOST, LEASE_LOST),
  },
  {
    name: 'a lease that is renewed once is lost at its second end, whoever is blocked',
    before: leased(FIRST_END),
    attached: 3,
    threads: [holder(0, SECOND_END), watcher(0, 0n)],
    daemons: [1],
    final: settled(HOLD_LEASE_LOST, LEASE_LOST),
  },
  {
    name: 'both see the end of the time, and it is held again',
    before: leased(FIRST_END),
    attached: 3,
    threads: [
      (thread, state) => {
        new LeaseCells(thread.words).refuse(0, member(0), LEASE_LOST);
        return holder(0, SECOND_END)(thread, state);
      },
      ({ words }) => String(new LeaseCells(words).expire(member(0), BETWEEN)),
    ],
    final: settled(0, LEASE_HELD),
  },
  {
    name: 'a lease is lost beside one that is taken, and a writer',
    before: leased(FIRST_END, null),
    attached: 3,
    threads: [
      ({ words, store }) => {
        new LeaseCells(words).expire(member(0), BETWEEN);
        store(REFUSED, 1);
      },
      holder(1, SECOND_END),
      writer(2),
    ],
    final: settled(HOLD_LEASE_LOST, LEASE_LOST, LEASE_HELD),
  },
  {
    name: 'two leases are taken at once: no hold stays',
    before: leased(null, null),
    attached: 3,
    threads: [holder(0, SECOND_END), holder(1, SECOND_END)],
    final: settled(0, LEASE_HELD, LEASE_HELD),
  },
  {
    name: 'two leases change places beside a hold of the application',
    before: leased(FIRST_END, null),
    attached: 3,
    threads: [
      ({ words }) => new LeaseCells(words).refuse(0, member(0), LEASE_WAITING),
      holder(1, SECOND_END),
      ({ core }) => [core.hold(HOLD_REPLICA), core.unhold(HOLD_REPLICA)],
    ],
    final: settled(HOLD_REPLICA, LEASE_WAITING, LEASE_HELD),
  },
  {
    name: 'a holder dies at any operation of a renewal: its lease is lost',
    before: leased(FIRST_END),
    attached: 3,
    threads: [
      holder(0, SECOND_END),
      ({ core, words, load }) => {
        if (load(deathOf(0)) === 0) return 'alive';
        core.reap(0, FIRST_INCARNATION);
        new LeaseCells(words).orphan(member(0));
        return 'reaped';
      },
    ],
    crashes: 1,
    mayDie: [0],
    deathOf,
    final: (outcome, core, words) =>
      results(outcome)[1] === 'reaped'
        ? settled(HOLD_LEASE_LOST, LEASE_LOST)(outcome, core, words)
        : undefined,
  },
  {
    name: 'two claim one name, of a member that is gone: one has its cell',
    before: (core, words) => {
      leased(FIRST_END)(core, words);
      core.reap(0, FIRST_INCARNATION);
      new LeaseCells(words).orphan(member(0));
    },
    attached: 3,
    threads: [1, 2].map(
      (number): Program =>
        ({ words }) =>
          new LeaseCells(words).claim(member(number), Uint8Array.of(97), () => true),
    ),
    final: (outcome, core, words) =>
      results(outcome).sort().join() === '0,1'
        ? settled(HOLD_REPLICA, LEASE_WAITING, LEASE_WAITING)(outcome, core, words)
        : `the cells are ${results(outcome)}`,
  },
];
