/**
 * What the notes of a litmus test say: whether any two rounds read what no order of all accesses
 * explains. It runs no threads.
 *
 * @module
 */

/** What one thread noted, two words a round. */
export type Notes = Int32Array;

/** Judges the notes of all threads of a shape: what is wrong, or nothing. */
export type Verdict = (notes: readonly Notes[]) => string | undefined;

const first = (notes: Notes | undefined, round: number): number => notes?.[round * 2 - 2] ?? 0;
const second = (notes: Notes | undefined, round: number): number => notes?.[round * 2 - 1] ?? 0;
const roundsOf = (notes: Notes | undefined): number => (notes?.length ?? 0) / 2;

/** Each writes its own round and then reads the other's: one of two rounds has seen the other. */
const buffering: Verdict = ([one, other]) => {
  for (let round = 1; round <= roundsOf(one); round++) {
    // The first round of the other thread that this one has not seen.
    const unseen = first(one, round) + 1;
    if (unseen <= roundsOf(other) && first(other, unseen) < round) {
      return `round ${round} did not see ${unseen}, nor was it seen by it`;
    }
  }
  return grows(one, first) ?? grows(other, first);
};

/** What one word says never goes back. */
function grows(notes: Notes | undefined, read: typeof first): string | undefined {
  for (let round = 2; round <= roundsOf(notes); round++) {
    if (read(notes, round) < read(notes, round - 1)) return `round ${round} saw less than before`;
  }
  return undefined;
}

/** In every round of one thread. */
const always =
  (thread: number, isFine: (first: number, second: number) => boolean): Verdict =>
  (all) => {
    const notes = all[thread];
    for (let round = 1; round <= roundsOf(notes); round++) {
      const [one, other] = [first(notes, round), second(notes, round)];
      if (!isFine(one, other)) return `round ${round} of thread ${thread} noted ${one}, ${other}`;
    }
    return undefined;
  };

/** Two readers agree about which of two writes came first. */
const agreeing: Verdict = ([, , one, other]) => {
  let round = 1;
  for (let seen = 1; seen <= roundsOf(one); seen++) {
    // The first round of the other reader that saw more of the second word than this one did.
    while (round <= roundsOf(other) && first(other, round) <= second(one, seen)) round += 1;
    if (round > roundsOf(other)) break;
    if (second(other, round) < first(one, seen)) {
      return `reader 3 saw ${first(one, seen)} before ${second(one, seen) + 1}, and reader 4 the other way round`;
    }
  }
  return grows(one, first) ?? grows(other, first);
};

const nobodyElse: Verdict = (all) =>
  always(0, (_, others) => others === 0)(all) ?? always(1, (_, others) => others === 0)(all);

/** By the name of the shape. */
export const VERDICTS: Readonly<Record<string, Verdict>> = {
  'store buffering': buffering,
  'compare-and-swap buffering': buffering,
  'message passing': (all) => always(1, (flag, data) => data >= flag)(all) ?? grows(all[1], first),
  'independent reads of independent writes': agreeing,
  'both halves of a word': always(1, (upper, lower) => upper === lower),
  'one holder at a time': nobodyElse,
  'a permit against a hold': always(1, (_, writers) => writers === 0),
};

/** How many rounds noted something else than the one before: threads that did not meet prove little. */
export function changes(notes: readonly Notes[]): number {
  let count = 0;
  for (const each of notes) {
    for (let round = 2; round <= roundsOf(each); round++) {
      const isSame =
        first(each, round) === first(each, round - 1) &&
        second(each, round) === second(each, round - 1);
      if (!isSame) count += 1;
    }
  }
  return count;
}
