/**
 * The line of deployments, by random histories: whatever is heard and asked in whatever order, no
 * phase steps back, a new deployment starts afresh, and what is older than a drained one is drained.
 *
 * @module
 */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  type Deployment,
  type FleetState,
  heard,
  LEASE_AGES,
  moved,
  NOTHING,
  orderOf,
  phaseAt,
  settlesInMs,
} from '../../src/fleet/state.ts';
import { FLEET_PHASES } from '../../src/lifecycle/fleet-calls.ts';

/** A step: an isolate of a deployment asks, or somebody moves the fleet up to one. */
const step = fc.record({
  call: fc.constantFrom('poll', 'drain', 'shutdown'),
  id: fc.integer({ min: 0, max: 5 }),
  /** Some deployments say when they were made. */
  madeAtMs: fc.option(fc.integer({ min: 1, max: 2_000 })),
  cacheAgeMs: fc.integer({ min: 1, max: 5_000 }),
});

it('moves forward only, through any history', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let state: FleetState = NOTHING;
      const known = new Map<number, Deployment>();
      const ranks = new Map<string, number>();
      let now = 1_000;
      let longestAgeMs = 0;
      for (const { call, id, madeAtMs, cacheAgeMs } of steps) {
        now += 10;
        const found = known.get(id);
        if (call === 'poll') {
          const from = found ?? { id: `d${id}`, order: orderOf(state, madeAtMs, now) };
          known.set(id, from);
          const isAfresh = found === undefined && madeAtMs === null;
          state = heard(state, from, cacheAgeMs);
          longestAgeMs = Math.max(longestAgeMs, cacheAgeMs);
          // Whoever lets an answer come to the greatest age decides when a drain has settled.
          expect(state.cacheAgeMs).toBe(longestAgeMs);
          if (isAfresh) expect([state.newest, phaseAt(state, from.order)]).toEqual([from, 'ready']);
        } else if (found !== undefined) {
          const to = call === 'drain' ? 'draining' : 'shutting_down';
          state = moved(state, to, found, now);
          // Asked again, nothing changes: of two who ask, one makes the move.
          expect(moved(state, to, found, now + 1)).toBe(state);
          expect(rank(state, found.order)).toBeGreaterThanOrEqual(FLEET_PHASES.indexOf(to));
          const settles = settlesInMs(state, found.order, now) ?? -1;
          expect(settles).toBeGreaterThanOrEqual(0);
          expect(settles).toBeLessThanOrEqual(LEASE_AGES * state.cacheAgeMs);
        }
        const all = [...known.values()].sort((one, other) => one.order - other.order);
        for (const [index, each] of all.entries()) {
          const here = rank(state, each.order);
          expect(here).toBeGreaterThanOrEqual(ranks.get(each.id) ?? 0);
          ranks.set(each.id, here);
          const newer = all[index + 1];
          // What is older is at least as far.
          if (newer !== undefined) expect(here).toBeGreaterThanOrEqual(rank(state, newer.order));
        }
      }
    }),
    { numRuns: 300 },
  );
});

function rank(state: FleetState, order: number): number {
  return FLEET_PHASES.indexOf(phaseAt(state, order));
}
