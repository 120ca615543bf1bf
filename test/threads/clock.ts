/**
 * Wall clocks that no machine should have, and some do: each thread's is another, and steps back now
 * and then.
 *
 * @module
 */

/** A clock of its own for each index; it jumps by seconds, both ways, and never reads 0. */
export function steppingClock(index: number): () => number {
  let reads = index * 7;
  return () => {
    reads += 1;
    const step = reads % 5 === 0 ? -4_000 : reads % 3 === 0 ? 2_500 : reads;
    return 1_700_000_000_000 + index * 10_000 + step;
  };
}
