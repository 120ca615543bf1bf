/**
 * Checks in plain JavaScript: cells of one member each, whose STATUS says whose they are, how they
 * stand, and which of two outcomes is published; and the holds, as far as checks set one.
 *
 * @module
 */

import {
  AT_CHECK_CAPACITY,
  AT_CHECKED,
  AT_CHECKS,
  AT_EPOCH,
  AT_HOLDS,
  CHECK_AFFECTS_MASK,
  CHECK_AFFECTS_WRITE,
  CHECK_HEALTHY,
  CHECK_MEMBER_MASK,
  CHECK_NAME,
  CHECK_OUTCOMES,
  CHECK_PUBLISHED,
  CHECK_SEQUENCE_SHIFT,
  CHECK_SIZE,
  HOLD_CHECKS,
  HOLD_FLEET,
  HOLD_FLEET_SHIFT,
  HOLD_LIBRARY_SHIFT,
  HOLD_MASK,
  HOLD_RAISE_STEP,
  OUTCOME_ERROR,
  OUTCOME_SIZE,
} from '../../../assembly/layout.ts';
import type { Core, Flag } from '../core.ts';
import type { EpochModule } from './epoch.ts';
import type { MembersModule } from './members.ts';
import { type TextsModule, wordsFor } from './texts.ts';
import { high, join, low, type Words } from './words.ts';

export type ChecksModule = Pick<
  Core,
  'addCheck' | 'reportCheck' | 'dropCheck' | 'checksUsed' | 'checkStatus' | 'readCheck' | 'holds'
>;

export function checksModule(
  { load32, swap32, load64, swap64 }: Words,
  { announce }: EpochModule,
  { isAlive }: MembersModule,
  { staging, copyWords }: TextsModule,
): ChecksModule {
  /** It is of a member that lives. */
  function isTaken(status: bigint): boolean {
    const member = (low(status) & CHECK_MEMBER_MASK) - 1;
    return member >= 0 && isAlive(member, high(status));
  }

  const copyText = (from: number, to: number): void =>
    copyWords(from, to, 1 + wordsFor(load32(from)));

  const copyOutcome = (from: number, to: number): void =>
    copyWords(from, to, (OUTCOME_ERROR + 2 + load32(from)) >> 2);

  /** The outcome first, then STATUS, then the hold: nobody looks for a failure that is not there. */
  function publish(
    at: number,
    found: bigint,
    member: number,
    incarnation: number,
    bits: number,
  ): Flag {
    const status = next(found, member, incarnation, bits | CHECK_PUBLISHED);
    copyOutcome(staging(member), outcomeAt(at, status));
    if (swap64(at, found, status) !== found) return 0;
    if (failsWrites(bits)) raise();
    return 1;
  }

  function raise(): void {
    let found = load32(AT_HOLDS);
    while (true) {
      const before = found;
      found = swap32(AT_HOLDS, before, ((before | HOLD_CHECKS) + HOLD_RAISE_STEP) | 0);
      if (found === before) return;
    }
  }

  function countCell(cell: number): void {
    let used = load32(AT_CHECKED);
    while (used <= cell) {
      const found = swap32(AT_CHECKED, used, cell + 1);
      if (found === used) break;
      used = found;
    }
  }

  const checksUsed = (): number => load32(AT_CHECKED);

  function refusesWrites(): boolean {
    const used = checksUsed();
    for (let cell = 0; cell < used; cell++) {
      const found = load64(checkAt(cell));
      if (isPublished(found) && failsWrites(low(found)) && isTaken(found)) return true;
    }
    return false;
  }

  return {
    addCheck: (member, incarnation, bits) => {
      const capacity = load32(AT_CHECK_CAPACITY);
      while (true) {
        const epoch = load32(AT_EPOCH);
        for (let cell = 0; cell < capacity; cell++) {
          const at = checkAt(cell);
          let found = load64(at);
          while (!isTaken(found)) {
            const before = found;
            const mine = next(before, member, incarnation, 0);
            found = swap64(at, before, mine);
            if (found !== before) continue;
            copyText(staging(member) + OUTCOME_SIZE, at + CHECK_NAME);
            countCell(cell);
            publish(at, mine, member, incarnation, bits);
            return cell;
          }
        }
        // A cell may have been freed behind the scan.
        if (load32(AT_EPOCH) === epoch) return -1;
      }
    },

    reportCheck: (cell, member, incarnation, bits) => {
      const at = checkAt(cell);
      const found = load64(at);
      return isOf(found, member, incarnation) ? publish(at, found, member, incarnation, bits) : 0;
    },

    dropCheck: (cell, member, incarnation) => {
      const at = checkAt(cell);
      const found = load64(at);
      if (!isOf(found, member, incarnation)) return 0;
      if (swap64(at, found, next(found, -1, 0, 0)) !== found) return 0;
      announce();
      return 1;
    },

    checksUsed,

    checkStatus: (cell) => {
      const found = load64(checkAt(cell));
      return isPublished(found) && isTaken(found) ? low(found) : 0;
    },

    // The same STATUS twice means that neither name nor outcome was touched in between.
    readCheck: (cell, member) => {
      const at = checkAt(cell);
      while (true) {
        const found = load64(at);
        if (!isPublished(found)) return 0;
        const to = staging(member);
        copyOutcome(outcomeAt(at, found), to);
        copyText(at + CHECK_NAME, to + OUTCOME_SIZE);
        if (load64(at) === found) return isTaken(found) ? low(found) : 0;
      }
    },

    // The bit of the checks is a hint: cleared here unless one fails, or was raised meanwhile.
    holds: () => {
      let found = load32(AT_HOLDS);
      while ((found & HOLD_CHECKS) !== 0) {
        const before = found;
        const isHeld = refusesWrites();
        found = isHeld ? load32(AT_HOLDS) : swap32(AT_HOLDS, before, before & ~HOLD_CHECKS);
        if (found !== before) continue;
        if (!isHeld) found &= ~HOLD_CHECKS;
        break;
      }
      return (
        (found | (found >> HOLD_LIBRARY_SHIFT) | ((found & HOLD_FLEET) >> HOLD_FLEET_SHIFT)) &
        HOLD_MASK
      );
    },
  };
}

function failsWrites(bits: number): boolean {
  return (bits & (CHECK_AFFECTS_MASK | CHECK_HEALTHY)) === CHECK_AFFECTS_WRITE;
}

/** STATUS after `found`; the sequence has the upper bits of its half, and wraps there. */
function next(found: bigint, member: number, incarnation: number, bits: number): bigint {
  const sequence = (low(found) >>> CHECK_SEQUENCE_SHIFT) + 1;
  return join(incarnation, (sequence << CHECK_SEQUENCE_SHIFT) | bits | (member + 1));
}

function isOf(status: bigint, member: number, incarnation: number): boolean {
  return (low(status) & CHECK_MEMBER_MASK) === member + 1 && high(status) === (incarnation | 0);
}

function isPublished(status: bigint): boolean {
  return (low(status) & CHECK_PUBLISHED) !== 0;
}

function outcomeAt(at: number, status: bigint): number {
  return at + CHECK_OUTCOMES + ((low(status) >>> CHECK_SEQUENCE_SHIFT) & 1) * OUTCOME_SIZE;
}

function checkAt(cell: number): number {
  return AT_CHECKS + cell * CHECK_SIZE;
}
