/**
 * The scenarios of admission beyond writers and drains: queries against a shutdown, writers against a
 * hold.
 *
 * @module
 */

import { FIRST_INCARNATION } from './calls.ts';
import type { View } from './explorer.ts';
import { again, type Program, type Thread } from './machine.ts';
import { SCRATCH, type Scenario } from './scenario.ts';

const inc = FIRST_INCARNATION;

// Words of the scenarios' own: who is inside, whether nobody may be, who died.
const INSIDE = SCRATCH;
const OVER = SCRATCH + 64;
const DEATH = SCRATCH + 128;

const deathOf = (thread: number): number => DEATH + thread * 4;

/** Is inside for a while. */
function stay({ store }: Thread, member: number): void {
  store(INSIDE + member * 4, 1);
  store(INSIDE + member * 4, 0);
}

const query =
  (member: number): Program =>
  (thread) => {
    const refusal = thread.core.enterQuery(member, inc);
    if (refusal !== 0) return refusal;
    stay(thread, member);
    thread.core.leaveQuery(member, inc);
    return refusal;
  };

const write =
  (member: number): Program =>
  (thread) => {
    const refusal = thread.core.enterWrite(member, inc);
    if (refusal !== 0) return refusal;
    stay(thread, member);
    thread.core.leaveWrite(member, inc);
    return refusal;
  };

/** What a shutdown does before its steps: it waits for all that was admitted. */
const shutdown =
  (member: number): Program =>
  ({ core, store }, state) => {
    if (state === undefined) {
      core.runShutdown(2_000, member);
      return again('looks');
    }
    const epoch = core.epoch();
    if (core.writesOut() + core.queriesOut() !== 0) {
      core.waitEpoch(epoch, 250);
      return again('looks');
    }
    store(OVER, 1);
    return 'over';
  };

/** Sets a hold and looks once: if nobody is out then, nobody is inside as long as it holds. */
const holder =
  (hold: number): Program =>
  ({ core, store }) => {
    core.hold(hold);
    if (core.writesOut() !== 0) return 'somebody is out';
    store(OVER, 1);
    store(OVER, 0);
    core.unhold(hold);
    return 'held';
  };

const nobodyInside = (view: View): string | undefined => {
  const inside = [0, 1].filter(
    (member) => view.read(INSIDE + member * 4, 4) === 1n && view.read(deathOf(member), 4) === 0n,
  );
  return view.read(OVER, 4) === 1n && inside.length > 0
    ? `nobody may be inside, and ${inside} is`
    : undefined;
};

/** Gives the member up as soon as it is dead. */
const reaperOf =
  (member: number): Program =>
  ({ core, wait }) => {
    wait(deathOf(member), 0);
    return core.reap(member, inc);
  };

export const ADMISSION: readonly Scenario[] = [
  {
    name: 'a shutdown against two queries',
    before: (core) => void core.markReady(1_001, 2),
    threads: [query(0), query(1), shutdown(2)],
    invariant: nobodyInside,
  },
  {
    name: 'a shutdown against a query in a drain',
    before: (core) => {
      core.markReady(1_001, 1);
      core.markDraining(1_002, 1);
    },
    threads: [query(0), shutdown(1)],
    invariant: nobodyInside,
    final: ({ results }) =>
      results[0] === '0' || results[0] === '1' ? undefined : `refused by ${results[0]}`,
  },
  {
    name: 'a shutdown against a query that dies, and its reaper',
    before: (core) => void core.markReady(1_001, 1),
    threads: [query(0), shutdown(1), reaperOf(0)],
    daemons: [2],
    crashes: 1,
    mayDie: [0],
    deathOf,
    invariant: nobodyInside,
  },
  {
    name: 'a hold against two writers',
    before: (core) => void core.markReady(1_001, 2),
    threads: [write(0), write(1), holder(1)],
    invariant: nobodyInside,
  },
  {
    name: 'two holds against a writer',
    before: (core) => void core.markReady(1_001, 2),
    attached: 3,
    threads: [write(0), holder(1), holder(2)],
    invariant: nobodyInside,
    final: (_, core) => {
      const refusal = core.enterWrite(2, inc);
      const isHeld = core.holds() !== 0;
      return isHeld === (refusal === 2) ? undefined : `refused ${refusal}, held ${core.holds()}`;
    },
  },
];
