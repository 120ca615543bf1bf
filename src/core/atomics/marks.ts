/**
 * Marks and stages in plain JavaScript: times that are set once, and cells whose name the threads
 * agree on word by word.
 *
 * @module
 */

import {
  AT_MARKS,
  AT_STAGE_CAPACITY,
  AT_STAGES,
  FIXED_MARKS,
  STAGE_MARKS_OFFSET,
  STAGE_NAME_END,
  STAGE_SIZE,
} from '../../../assembly/layout.ts';
import type { Core } from '../core.ts';
import { type TextsModule, wordsFor } from './texts.ts';
import { highOf, join, lowOf, numberOf, type Words } from './words.ts';

export type MarksModule = Pick<Core, 'markedAt' | 'mark' | 'stage' | 'stageWord'>;

export function marksModule(
  { load32, swap32, load64, swap64 }: Words,
  { staging }: TextsModule,
): MarksModule {
  /** True if the cell bears the name at `name` now; a word that another name has set is final. */
  function agrees(cell: number, name: number, words: number): boolean {
    for (let index = 0; index < words; index++) {
      const bits = load32(name + index * 4);
      const mine = index === words - 1 ? bits | STAGE_NAME_END : bits;
      let found = load32(cell + index * 4);
      if (found === 0) found = swap32(cell + index * 4, 0, mine);
      if (found !== 0 && found !== mine) return false;
    }
    return true;
  }

  return {
    markedAt: (index) => numberOf(load64(markWord(index))),

    mark: (index, time) => {
      if (!(time > 0)) return 0;
      return swap64(markWord(index), 0n, join(highOf(time), lowOf(time))) === 0n ? 1 : 0;
    },

    stage: (member, length) => {
      const name = staging(member);
      const words = wordsFor(length);
      const capacity = load32(AT_STAGE_CAPACITY);
      for (let cell = 0; cell < capacity; cell++) {
        if (agrees(AT_STAGES + cell * STAGE_SIZE, name, words)) return cell;
      }
      return -1;
    },

    stageWord: (cell, index) => load32(AT_STAGES + cell * STAGE_SIZE + index * 4),
  };
}

function markWord(index: number): number {
  if (index < FIXED_MARKS) return AT_MARKS + index * 8;
  const ofStage = index - FIXED_MARKS;
  return AT_STAGES + (ofStage >> 1) * STAGE_SIZE + STAGE_MARKS_OFFSET + (ofStage & 1) * 8;
}
