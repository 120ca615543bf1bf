/**
 * Where results of measured calls go, so that no compiler can drop the call. It measures nothing.
 *
 * Numbers go into typed arrays: a plain property would box every time-stamp, and the box costs more
 * than the calls measured here. The three functions are short enough that every engine puts them in
 * place; each takes one type, so they stay quick where one process runs all cases.
 *
 * @module
 */

/** For numbers, and for booleans as 0 and 1. */
export const kept: Float64Array = new Float64Array(1);
/** For the results of 64-bit `Atomics`. */
export const kept64: BigInt64Array = new BigInt64Array(1);
/** For everything else. */
export const sink: { value: unknown } = { value: undefined };

/** Keeps a number. */
export const keep = (value: number): void => {
  kept[0] = value;
};

/** Keeps the result of a 64-bit operation. */
export const keep64 = (value: bigint): void => {
  kept64[0] = value;
};

/** Keeps anything else. */
export const keepAny = (value: unknown): void => {
  sink.value = value;
};
