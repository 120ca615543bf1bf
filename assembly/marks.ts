/**
 * Marks and stages: times of which the first writer wins, and names that all threads agree on.
 *
 * A mark is a u64 that goes from 0 to a time, once, by compare-and-swap.
 *
 * A stage is a cell: a name of up to eight u32 words, then two marks. Threads agree on the name
 * word by word, each word a compare-and-swap from 0:
 *
 * 1. at cell k, word j: 0 -> my word j
 * 2. the word was 0, or is mine already: go on with word j + 1; after the last one the cell is mine
 * 3. it is another's: this cell can never bear my name; go on with cell k + 1
 *
 * A word never changes once set, so 3 is final for every thread with this name, and all of them
 * end in the same cell: one name, one cell. No thread waits for another. One that dies between two
 * words leaves a beginning, which the next thread with that name (or any name that begins so)
 * completes; readers skip a cell without its end. At most 8 operations a cell: wait-free.
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
} from './layout';
import { staging } from './texts';

/** The time of mark `index`, 0 if not set. Marks 0-5 are the six named ones, then two a stage. */
export function markedAt(index: i32): f64 {
  return <f64>atomic.load<u64>(markWord(index));
}

/** Sets mark `index` unless it is set; true if this call did. Who expects it to be set looks first. */
export function mark(index: i32, time: f64): bool {
  return time > 0 && atomic.cmpxchg<u64>(markWord(index), 0, <u64>time) === 0;
}

/**
 * The cell of the name that `member` has staged (`length` bytes of ASCII, zero-padded to a word),
 * or -1 when every cell bears another name.
 */
export function stage(member: i32, length: i32): i32 {
  const name = staging(member);
  const words = (length + 3) >> 2;
  const capacity = atomic.load<i32>(AT_STAGE_CAPACITY);
  for (let cell = 0; cell < capacity; cell++) {
    const at = AT_STAGES + cell * STAGE_SIZE;
    let agreed = 0;
    while (agreed < words) {
      let mine = atomic.load<u32>(name + (agreed << 2));
      if (agreed === words - 1) mine |= <u32>STAGE_NAME_END;
      let found = atomic.load<u32>(at + (agreed << 2));
      if (found === 0) found = atomic.cmpxchg<u32>(at + (agreed << 2), 0, mine);
      if (found !== 0 && found !== mine) break;
      agreed++;
    }
    if (agreed === words) return cell;
  }
  return -1;
}

/** Word `index` of the name of `cell`; the last one has the bit STAGE_NAME_END. */
export function stageWord(cell: i32, index: i32): i32 {
  return atomic.load<u32>(AT_STAGES + cell * STAGE_SIZE + (index << 2));
}

function markWord(index: i32): i32 {
  if (index < FIXED_MARKS) return AT_MARKS + (index << 3);
  const ofStage = index - FIXED_MARKS;
  return AT_STAGES + (ofStage >> 1) * STAGE_SIZE + STAGE_MARKS_OFFSET + ((ofStage & 1) << 3);
}
