/**
 * The counters as readers see them, in plain JavaScript: sums over all lines, and for permits the
 * most that any reader has seen.
 *
 * @module
 */

import {
  AT_TOTALS,
  COUNT_ANSWERS,
  COUNT_QUERIES,
  COUNT_QUERIES_REFUSED,
  COUNT_WRITES,
  COUNT_WRITES_REFUSED,
  MEMBER_QUERIES,
  MEMBER_WRITES,
} from '../../../assembly/layout.ts';
import type { Core } from '../core.ts';
import type { AgeModule } from './age.ts';
import { admittedIn, countLine } from './counts.ts';
import { type MembersModule, memberLine } from './members.ts';
import { numberOf, type Words } from './words.ts';

export type TotalsModule = Pick<
  Core,
  'writesAdmitted' | 'queriesAdmitted' | 'writesRefused' | 'queriesRefused' | 'answers'
>;

export function totalsModule(
  { load64 }: Words,
  { raised }: AgeModule,
  { membersUsed }: MembersModule,
): TotalsModule {
  function admitted(offset: number, word: number): number {
    let sum = 0;
    const used = membersUsed();
    for (let member = 0; member < used; member++) {
      const at = countLine(member) + offset;
      let base = load64(at);
      while (true) {
        const found = load64(memberLine(member) + word);
        const again = load64(at);
        if (again === base) {
          sum += admittedIn(numberOf(base), found);
          break;
        }
        base = again;
      }
    }
    return sum;
  }

  function summed(offset: number): number {
    let sum = 0;
    const used = membersUsed();
    for (let member = 0; member < used; member++) {
      sum += numberOf(load64(countLine(member) + offset));
    }
    return sum;
  }

  return {
    writesAdmitted: () => raised(AT_TOTALS, admitted(COUNT_WRITES, MEMBER_WRITES), 0),
    queriesAdmitted: () => raised(AT_TOTALS + 8, admitted(COUNT_QUERIES, MEMBER_QUERIES), 0),
    writesRefused: (reason) => summed(COUNT_WRITES_REFUSED + reason * 8),
    queriesRefused: (phase) => summed(COUNT_QUERIES_REFUSED + phase * 8),
    answers: (index) => summed(COUNT_ANSWERS + index * 8),
  };
}
