/**
 * Order and chance from a seed that is printed, so that a run can be repeated as it was.
 *
 * @module
 */

/** Numbers in 0 … 1, 1 excluded: mulberry32, which is enough to shuffle and to resample. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A new list in an order of chance (Fisher and Yates). */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other] as T, order[last] as T];
  }
  return order;
}

/** A seed for a run that was given none. */
export function newSeed(): number {
  return Math.floor(Math.random() * 4_294_967_296);
}
