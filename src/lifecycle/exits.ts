/**
 * Who ends the process once it is Stopped, so that a probe thread can see to it. It ends nothing
 * itself.
 *
 * @module
 */

import type { Seat } from './seat.ts';

/** See `Lifecycle.exits`. */
export function exits({ core }: Seat): () => void {
  core.exits(1);
  let isUndone = false;
  return () => {
    if (!isUndone) core.exits(-1);
    isUndone = true;
  };
}
