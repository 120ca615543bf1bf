/**
 * Quantiles, and how sure a median is. No mean and no standard deviation: the times here have long
 * tails to one side, which those two follow and a median does not.
 *
 * @module
 */

import { randomFrom } from './order.ts';

/** What a list of samples comes to. */
export interface Summary {
  readonly median: number;
  /** Half of the samples lie between this and {@link Summary.p75}: the spread. */
  readonly p25: number;
  readonly p75: number;
  readonly min: number;
  readonly max: number;
}

/** The quantile `share` (0 … 1) of a sorted list, interpolated between neighbours. */
export function quantile(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)];
  const above = sorted[Math.ceil(place)];
  if (below === undefined || above === undefined) throw new RangeError('There are no samples');
  return below + (above - below) * (place - Math.floor(place));
}

/** Sorts a copy and sums it up. */
export function summarize(samples: readonly number[]): Summary {
  const sorted = ascending(samples);
  return {
    median: quantile(sorted, 0.5),
    p25: quantile(sorted, 0.25),
    p75: quantile(sorted, 0.75),
    min: quantile(sorted, 0),
    max: quantile(sorted, 1),
  };
}

/** The median of a list. */
export function median(samples: readonly number[]): number {
  return quantile(ascending(samples), 0.5);
}

/** At most `count` of the samples, evenly spaced by rank: the same quantiles in less room. */
export function thinned(samples: readonly number[], count: number): number[] {
  const sorted = ascending(samples);
  if (sorted.length <= count) return sorted;
  return Array.from({ length: count }, (_, index) => quantile(sorted, (index + 0.5) / count));
}

/** An interval with its confidence. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * The interval for the ratio of two medians, by the percentile bootstrap: resample rounds, then the
 * samples within each, since the samples of one process are not independent of each other.
 *
 * @param before rounds of samples; the ratio is `after / before`
 * @param confidence as 0.99
 * @see Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13
 */
export function ratioInterval(
  before: readonly (readonly number[])[],
  after: readonly (readonly number[])[],
  { confidence = 0.99, resamples = 2_000, seed = 1 } = {},
): Interval {
  const random = randomFrom(seed);
  const ratios: number[] = [];
  for (let turn = 0; turn < resamples; turn++) {
    ratios.push(median(resampled(after, random)) / median(resampled(before, random)));
  }
  ratios.sort((a, b) => a - b);
  const tail = (1 - confidence) / 2;
  return { low: quantile(ratios, tail), high: quantile(ratios, 1 - tail) };
}

function resampled(rounds: readonly (readonly number[])[], random: () => number): number[] {
  const drawn: number[] = [];
  for (let turn = 0; turn < rounds.length; turn++) {
    const round = picked(rounds, random);
    for (let each = 0; each < round.length; each++) drawn.push(picked(round, random));
  }
  return drawn;
}

function picked<T>(items: readonly T[], random: () => number): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new RangeError('There are no samples');
  return item;
}

function ascending(samples: readonly number[]): number[] {
  return [...samples].sort((a, b) => a - b);
}
