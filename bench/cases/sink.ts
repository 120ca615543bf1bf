/**
 * Where results of measured calls go, so that no compiler can drop the call. It measures nothing.
 *
 * Numbers go into typed arrays: a plain property would box every time-stamp, and the box costs more
 * than the calls measured here. Each case stores in its own body; a function that did it for all
 * would itself be called with everything, and be slow for all.
 *
 * @module
 */

/** For numbers, and for booleans as 0 and 1. */
export const kept: Float64Array = new Float64Array(1);

/** For the results of 64-bit `Atomics`. */
export const kept64: BigInt64Array = new BigInt64Array(1);

/** For everything else. */
export const sink: { value: unknown } = { value: undefined };
