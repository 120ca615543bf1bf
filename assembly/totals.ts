/**
 * The counters as readers see them: sums over all lines that were ever used.
 *
 * No total goes back, on any thread that reads it. USED only grows, and every part of a sum
 * is a count that only grows, over reaps and newcomers too (`counts.ts`), with one exception: a call
 * that a closing gate overtakes counts itself as admitted, looks again, and takes that back. A reader
 * between the two would see one too many, and the next reader one less. So what was read is kept in
 * TOTALS, which is only ever raised: such a total stays where it is until the next permit makes it
 * true. Nobody who is admitted is ever missing from it.
 *
 * @module
 */

import { raised } from './age';
import { admittedIn, countLine } from './counts';
import {
  AT_TOTALS,
  COUNT_ANSWERS,
  COUNT_QUERIES,
  COUNT_QUERIES_REFUSED,
  COUNT_WRITES,
  COUNT_WRITES_REFUSED,
  MEMBER_QUERIES,
  MEMBER_WRITES,
} from './layout';
import { memberLine, membersUsed } from './members';

/** Writes admitted since the creation. */
export function writesAdmitted(): f64 {
  return raised(AT_TOTALS, admitted(COUNT_WRITES, MEMBER_WRITES), 0);
}

/** Queries admitted since the creation. */
export function queriesAdmitted(): f64 {
  return raised(AT_TOTALS + 8, admitted(COUNT_QUERIES, MEMBER_QUERIES), 0);
}

/** Writes refused since the creation: for a phase, or for PHASES + the bit of a hold. */
export function writesRefused(reason: i32): f64 {
  return summed(COUNT_WRITES_REFUSED + reason * 8);
}

/** Queries refused since the creation, for a phase. */
export function queriesRefused(phase: i32): f64 {
  return summed(COUNT_QUERIES_REFUSED + phase * 8);
}

/** Answers of a probe since the creation; `index` is probe * ANSWER_CODES + code. */
export function answers(index: i32): f64 {
  return summed(COUNT_ANSWERS + index * 8);
}

/** BASE twice around the word: one that is the same has been so all the while, since it only grows. */
function admitted(offset: i32, word: i32): f64 {
  let sum: f64 = 0;
  const used = membersUsed();
  for (let member = 0; member < used; member++) {
    const at = countLine(member) + offset;
    let base = atomic.load<u64>(at);
    while (true) {
      const found = atomic.load<u64>(memberLine(member) + word);
      const again = atomic.load<u64>(at);
      if (again === base) {
        sum += <f64>admittedIn(base, found);
        break;
      }
      base = again;
    }
  }
  return sum;
}

function summed(offset: i32): f64 {
  let sum: f64 = 0;
  const used = membersUsed();
  for (let member = 0; member < used; member++) {
    sum += <f64>atomic.load<u64>(countLine(member) + offset);
  }
  return sum;
}
