/**
 * Holds results against bounds. It measures nothing and prints nothing.
 *
 * @module
 */

import type { Bound, Instead, Side } from './bounds.ts';
import { type Interval, ratioInterval } from './harness/statistics.ts';
import { keyOf, type Results } from './results.ts';

/** How a bound stands on a runtime. */
export interface Verdict {
  readonly bound: Bound;
  readonly runtime: string;
  readonly ratio: number;
  /** Of 99 %, where the ratio was measured by pairs. */
  readonly interval: Interval | null;
  /**
   * - `kept`: what is promised
   * - `missed`: not what is promised, but what `bounds.ts` says of this runtime
   * - `broken`: neither
   */
  readonly outcome: 'kept' | 'missed' | 'broken';
}

/** A verdict for each bound and runtime that has both sides. */
export function judge(results: Results, bounds: readonly Bound[]): Verdict[] {
  const medians = new Map(results.points.map((point) => [keyOf(point), point.median]));
  const present = results.runtimes.filter(({ skipped }) => skipped === null);
  return bounds.flatMap((bound) =>
    present.flatMap(({ name: runtime }) => {
      const above = medians.get(keyOf({ ...bound.above, runtime }));
      const below = bound.below === undefined ? 1 : medians.get(keyOf({ ...bound.below, runtime }));
      if (above === undefined || below === undefined) return [];
      const ratio = above / below;
      const interval = bound.below === undefined ? intervalOf(results, bound, runtime) : null;
      return [{ bound, runtime, ratio, interval, outcome: outcomeOf(bound, runtime, ratio) }];
    }),
  );
}

/** The points that a list of bounds needs. */
export function sidesOf(bounds: readonly Bound[]): Side[] {
  return bounds.flatMap(({ above, below }) => (below === undefined ? [above] : [above, below]));
}

/** What a runtime is held to where it misses what is promised. */
export function insteadOf({ missed }: Bound, runtime: string): Instead | undefined {
  return missed?.[runtime] ?? missed?.['*'];
}

function intervalOf(results: Results, { above }: Bound, runtime: string): Interval | null {
  const point = results.points.find((each) => keyOf(each) === keyOf({ ...above, runtime }));
  return point === undefined ? null : ratioInterval([[1]], point.rounds);
}

function outcomeOf(bound: Bound, runtime: string, ratio: number): Verdict['outcome'] {
  const { atMost, atLeast } = bound;
  const holds = (limit: number | undefined): boolean =>
    limit !== undefined && (atLeast === undefined ? ratio <= limit : ratio >= limit);
  if (holds(atMost ?? atLeast)) return 'kept';
  return holds(insteadOf(bound, runtime)?.bound) ? 'missed' : 'broken';
}
