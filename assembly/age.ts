/**
 * AGE: how old the lifecycle is, in milliseconds that no setting of the wall clock changes. It reads no
 * clock.
 *
 * The monotonic clocks of two threads cannot be compared: each may count from another moment. So
 * each thread counts its own milliseconds onto a base, and AGE is the largest sum that any of them
 * has stored. A thread whose sum is smaller has started from a base that was too low (nobody had
 * raised AGE for a while when it attached) and takes AGE for its base. All clocks run equally fast,
 * so no sum is ever above the creator's, which is the age; and each word that was stamped with an
 * age has raised AGE first, so no thread finds a stamp from its future.
 *
 * @module
 */

import { AT_AGE } from './layout';

/** The larger of `own` and AGE; AGE is raised if it is more than `slack` behind. */
export function age(own: f64, slack: f64): f64 {
  let found = atomic.load<u64>(AT_AGE);
  while (own - <f64>found > slack) {
    const previous = found;
    found = atomic.cmpxchg<u64>(AT_AGE, previous, <u64>own);
    if (found === previous) return own;
  }
  return <f64>found > own ? <f64>found : own;
}
