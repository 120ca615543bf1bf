/**
 * AGE and SINCE: how long ago the lifecycle was created, and its shutdown accepted, in milliseconds
 * that no setting of the wall clock changes. It reads no clock.
 *
 * The monotonic clocks of two threads cannot be compared: each may count from another moment. So
 * each thread counts its own milliseconds onto a base, and the word is the largest sum that any of
 * them has stored. A thread whose sum is smaller has started from a base that was too low (nobody
 * had raised the word for a while when it began) and takes the word for its base. All clocks run
 * equally fast, so no sum is ever above that of whoever began the count, which is the truth.
 *
 * So a count may be behind, by what passed before its thread began and nobody stored, and never
 * ahead. A deadline must not be the difference of two ages, which errs both ways: that is why the
 * acceptance has a count of its own, and no budget ends early.
 *
 * @module
 */

import { AT_AGE, AT_SINCE } from './layout';

/** The larger of `own` and AGE; AGE is raised if it is more than `slack` behind. */
export function age(own: f64, slack: f64): f64 {
  return raised(AT_AGE, own, slack);
}

/** The same with SINCE, which is the milliseconds since the acceptance plus one. */
export function sinceAcceptance(own: f64, slack: f64): f64 {
  return raised(AT_SINCE, own, slack);
}

/** The larger of `own` and a word, which is raised if it is more than `slack` behind. */
export function raised(word: i32, own: f64, slack: f64): f64 {
  let found = atomic.load<u64>(word);
  while (own - <f64>found > slack) {
    const previous = found;
    found = atomic.cmpxchg<u64>(word, previous, <u64>own);
    if (found === previous) return own;
  }
  return <f64>found > own ? <f64>found : own;
}
