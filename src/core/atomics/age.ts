/**
 * AGE and SINCE in plain JavaScript: how long ago the lifecycle was created and its shutdown accepted,
 * the most that any thread has counted.
 *
 * @module
 */

import { AT_AGE, AT_SINCE } from '../../../assembly/layout.ts';
import type { Core } from '../core.ts';
import { highOf, join, lowOf, numberOf, type Words } from './words.ts';

export interface AgeModule extends Pick<Core, 'age' | 'sinceAcceptance'> {
  raised(word: number, own: number, slack: number): number;
}

export function ageModule({ load64, swap64 }: Words): AgeModule {
  const raised = (word: number, own: number, slack: number): number => {
    let found = load64(word);
    while (own - numberOf(found) > slack) {
      const previous = found;
      found = swap64(word, previous, join(highOf(own), lowOf(own)));
      if (found === previous) return own;
    }
    return Math.max(numberOf(found), own);
  };
  return {
    raised,
    age: (own, slack) => raised(AT_AGE, own, slack),
    sinceAcceptance: (own, slack) => raised(AT_SINCE, own, slack),
  };
}
