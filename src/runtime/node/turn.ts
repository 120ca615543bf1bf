/**
 * The end of a turn of the loop, one `setImmediate` for all who wait for it: under load there are
 * many responses in one turn.
 *
 * @module
 */

let waiting: (() => void)[] = [];

/** Calls `then` after all that is settled in this turn of the loop has been heard. */
export function afterTurn(then: () => void): void {
  if (waiting.push(then) === 1) setImmediate(endTurn);
}

function endTurn(): void {
  const now = waiting;
  waiting = [];
  for (const then of now) then();
}
