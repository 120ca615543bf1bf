/**
 * Chance that a seed decides: the same numbers on every engine.
 *
 * @module
 */

/** A source of numbers: mulberry32. */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 0 … 1, without 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number, 0 … `most`. */
  to(most: number): number {
    return Math.floor(this.next() * (most + 1));
  }

  /** True with that probability. */
  is(probability: number): boolean {
    return this.next() < probability;
  }

  /** One of them. */
  pick<T>(values: readonly T[]): T {
    return values[this.to(values.length - 1)] as T;
  }
}
