/**
 * The end of a turn of the event loop: one `setImmediate` for all who wait for it, since under load
 * a turn has many responses. It knows none of them.
 *
 * @module
 */

/** Who waits; what was called off keeps nothing. */
interface Waiting {
  run: (() => void) | undefined;
}

let waiting: Waiting[] = [];

/**
 * Calls `run` after all that is settled in this turn of the loop has been heard.
 *
 * @returns calls it off, and lets go of what it holds: under load a turn is long
 */
export function afterTurn(run: () => void): () => void {
  const entry: Waiting = { run };
  if (waiting.push(entry) === 1) setImmediate(endTurn);
  return () => {
    entry.run = undefined;
  };
}

function endTurn(): void {
  const now = waiting;
  waiting = [];
  for (const { run } of now) run?.();
}
