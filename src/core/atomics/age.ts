/**
 * AGE in plain JavaScript: how old the lifecycle is, the largest that any thread has counted.
 *
 * @module
 */

import { AT_AGE } from '../../../assembly/layout.ts';
import type { Core } from '../core.ts';
import { highOf, join, lowOf, numberOf, type Words } from './words.ts';

export type AgeModule = Pick<Core, 'age'>;

export function ageModule({ load64, swap64 }: Words): AgeModule {
  return {
    age: (own, slack) => {
      let found = load64(AT_AGE);
      while (own - numberOf(found) > slack) {
        const previous = found;
        found = swap64(AT_AGE, previous, join(highOf(own), lowOf(own)));
        if (found === previous) return own;
      }
      return Math.max(numberOf(found), own);
    },
  };
}
