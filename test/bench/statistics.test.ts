/**
 * The statistics, on data whose answer is known.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import { randomFrom, shuffled } from '../../bench/harness/order.ts';
import { quantile, ratioInterval, summarize, thinned } from '../../bench/harness/statistics.ts';

/** Rounds of samples around `center`, by a seed. */
function rounds(center: number, seed: number, count = 5): number[][] {
  const random = randomFrom(seed);
  // The sum of uniforms is near enough to a bell.
  const one = (): number => center * (1 + (random() + random() + random() - 1.5) * 0.05);
  return Array.from({ length: count }, () => Array.from({ length: 64 }, one));
}

describe('summarize()', () => {
  it('gives the quantiles of a list, in whatever order', () => {
    expect(summarize([5, 1, 4, 2, 3])).toEqual({ median: 3, p25: 2, p75: 4, min: 1, max: 5 });
    expect(summarize([1, 2]).median).toBe(1.5);
    expect(summarize([7])).toEqual({ median: 7, p25: 7, p75: 7, min: 7, max: 7 });
  });

  it('refuses an empty list', () => {
    expect(() => summarize([])).toThrow(RangeError);
  });
});

describe('thinned()', () => {
  it('keeps the quantiles, and what is short as it is', () => {
    const many = Array.from({ length: 10_000 }, (_, index) => 10_000 - index);
    const few = thinned(many, 64);
    expect(few).toHaveLength(64);
    for (const share of [0.25, 0.5, 0.75]) {
      expect(quantile(few, share) / (10_000 * share)).toBeCloseTo(1, 1);
    }
    expect(thinned([3, 1, 2], 64)).toEqual([1, 2, 3]);
  });
});

describe('ratioInterval()', () => {
  it('has the true ratio in it for 19 of 20 pairs at least, at 99 %', () => {
    let held = 0;
    for (let pair = 0; pair < 20; pair++) {
      const options = { confidence: 0.99, resamples: 400, seed: pair };
      const { low, high } = ratioInterval(rounds(100, pair), rounds(110, 1_000 + pair), options);
      if (low <= 1.1 && high >= 1.1) held += 1;
    }
    expect(held).toBeGreaterThanOrEqual(19);
  });

  it('tells 10 % apart, and does not tell apart what is the same', () => {
    const slower = ratioInterval(rounds(100, 1), rounds(110, 2));
    expect(slower.low).toBeGreaterThan(1);
    const same = ratioInterval(rounds(100, 1), rounds(100, 2));
    expect(same.low).toBeLessThan(1);
    expect(same.high).toBeGreaterThan(1);
  });

  it('is wide when rounds differ from each other, however alike the samples of a round are', () => {
    const scattered = [90, 95, 100, 105, 110].map((center) => Array(64).fill(center));
    const { low, high } = ratioInterval(scattered, scattered);
    expect(low).toBeLessThan(0.95);
    expect(high).toBeGreaterThan(1.05);
  });

  it('is the same for the same seed', () => {
    const data = rounds(100, 1);
    expect(ratioInterval(data, data, { seed: 7 })).toEqual(ratioInterval(data, data, { seed: 7 }));
  });
});

describe('shuffled()', () => {
  it('is the same order for the same seed, another for another, and loses nothing', () => {
    const items = Array.from({ length: 100 }, (_, index) => index);
    const order = shuffled(items, randomFrom(1));
    expect(shuffled(items, randomFrom(1))).toEqual(order);
    expect(shuffled(items, randomFrom(2))).not.toEqual(order);
    expect(order).not.toEqual(items);
    expect([...order].sort((a, b) => a - b)).toEqual(items);
  });
});
