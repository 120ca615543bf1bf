/**
 * The end of a turn of the loop, one `setImmediate` for all who wait for it: under load there are
 * many responses in one turn.
 *
 * @module
 */

/** Who waits; what was called off keeps nothing. */
interface Waiting {
  then: (() => void) | undefined;
}

let waiting: Waiting[] = [];

/**
 * Calls `then` after all that is settled in this turn of the loop has been heard.
 *
 * @returns calls it off, and lets go of what it holds: under load a turn is long
 */
export function afterTurn(then: () => void): () => void {
  const entry: Waiting = { then };
  if (waiting.push(entry) === 1) setImmediate(endTurn);
  return () => {
    entry.then = undefined;
  };
}

function endTurn(): void {
  const now = waiting;
  waiting = [];
  for (const { then } of now) then?.();
}
