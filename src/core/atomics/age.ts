/**
 * AGE in plain JavaScript: how old the lifecycle is, the largest that any thread has counted.
 *
 * @module
 */

import { AT_AGE } from '../../../assembly/layout.ts';
import type { Core } from '../core.ts';
import { highOf, join, lowOf, numberOf, type Words } from './words.ts';

export type AgeRoom = Pick<Core, 'age'>;

export function ageRoom({ load64, swap64 }: Words): AgeRoom {
  return {
    age: (own, slack) => {
      let found = load64(AT_AGE);
      while (own - numberOf(found) > slack) {
        const expected = found;
        found = swap64(AT_AGE, expected, join(highOf(own), lowOf(own)));
        if (found === expected) return own;
      }
      return Math.max(numberOf(found), own);
    },
  };
}
