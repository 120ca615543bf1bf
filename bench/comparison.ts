/**
 * Two runs, point by point: the ratio of the medians, and how sure it is.
 *
 * @module
 */

import { type Interval, ratioInterval } from './harness/statistics.ts';
import { keyOf, type Point, type Results } from './results.ts';

/** How a point of the later run stands to that of the earlier one. */
export interface Comparison {
  readonly key: string;
  readonly before: Point;
  readonly after: Point;
  /** Later median / earlier median. */
  readonly ratio: number;
  readonly interval: Interval;
  /** `same` when the interval has 1 in it: no difference was shown, which is not "no difference". */
  readonly outcome: 'better' | 'worse' | 'same';
}

/** Compares the points that both runs have. */
export function compare(before: Results, after: Results, confidence = 0.99): Comparison[] {
  const earlier = new Map(before.points.map((point) => [keyOf(point), point]));
  return after.points.flatMap((point) => {
    const key = keyOf(point);
    const other = earlier.get(key);
    if (other === undefined || other.unit !== point.unit) return [];
    const interval = ratioInterval(other.rounds, point.rounds, { confidence });
    return [
      {
        key,
        before: other,
        after: point,
        ratio: point.median / other.median,
        interval,
        outcome: outcomeOf(interval, moreIsBetter(point)),
      },
    ];
  });
}

/** Why two runs may not be comparable at all. */
export function differences(before: Results, after: Results): string[] {
  const found: string[] = [];
  for (const name of ['cpu', 'cores', 'os'] as const) {
    const [one, other] = [before.machine[name], after.machine[name]];
    if (one !== other) found.push(`${name}: ${one} / ${other}`);
  }
  for (const { name, version } of before.runtimes) {
    const other = after.runtimes.find((each) => each.name === name)?.version;
    if (other !== undefined && other !== version) found.push(`${name}: ${version} / ${other}`);
  }
  return found;
}

/** Rates, and ratios of them; everything else is a cost. */
function moreIsBetter({ unit, case: name }: Point): boolean {
  return unit === 'req/s' || (unit === 'ratio' && name.startsWith('requests a second'));
}

function outcomeOf({ low, high }: Interval, isMoreBetter: boolean): Comparison['outcome'] {
  if (low <= 1 && high >= 1) return 'same';
  return high < 1 === isMoreBetter ? 'worse' : 'better';
}
