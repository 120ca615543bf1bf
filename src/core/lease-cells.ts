/**
 * Leases in the shared memory: how each stands, for all threads to read, and the write holds that follow
 * from all of them together. It asks no store and reads no clock. It is no part of a backend: it is
 * plain JavaScript beside either of them, which only threads with a lease run.
 *
 * A cell is of one name, for good. The member that contends for it writes it, and the thread that
 * watches the time of its lease. Each changes STATUS by compare-and-swap to the next sequence, so of two
 * that meet the one that comes second looks again:
 *
 * ```text
 *   who renews                        who watches
 *   1. stores UNTIL                   1. loads STATUS: held
 *   2. wakes who watches              2. loads UNTIL: it is over
 *   3. STATUS: held, next sequence    3. STATUS: lost, unless it has changed since 1
 *   4. wakes who watches              4. settles HOLDS
 *   5. settles HOLDS
 * ```
 *
 * If 2 on the right has read what 1 on the left replaces, one of the two swaps fails. If that is the
 * right one, the lease was renewed in time. If it is the left one, whoever renews finds `lost` and makes
 * it `held` again, which it is: UNTIL is its new end.
 *
 * The watcher sleeps until the UNTIL that it saw last. It is woken by 2, as the gate may be open from 3
 * on (another lease's thread may settle HOLDS), and by 4, for whoever is stopped between 2 and 3 for so
 * long that the watcher has found UNTIL to be over and nothing held.
 *
 * **Settling.** HOLDS has one bit for all cells that wait, and one for all that are lost. Whoever has
 * changed a cell settles them *afterwards*: loads HOLDS, looks at all cells, and swaps in what they want,
 * again if HOLDS has changed meanwhile.
 *
 * - No hold that is wanted is missing once the change that wants it was settled. Its swap adds to the
 *   count of raises in HOLDS, so no swap succeeds that was prepared before it; and one that was prepared
 *   later has seen the cell.
 * - No hold stays that nobody wants. Whoever raises one looks again afterwards: the last to do so finds
 *   that nobody wants it. If it dies before that, the hold stays until the next change of a cell.
 *
 * @module
 */

import {
  AT_HOLDS,
  AT_LEASES,
  HOLD_LEASE_LOST,
  HOLD_LIBRARY_SHIFT,
  HOLD_RAISE_STEP,
  HOLD_REPLICA,
  LEASE_CAPACITY,
  LEASE_HELD,
  LEASE_LOST,
  LEASE_MEMBER_MASK,
  LEASE_NAME,
  LEASE_NAME_LENGTH,
  LEASE_SEQUENCE_STEP,
  LEASE_SIZE,
  LEASE_STATE_MASK,
  LEASE_TOKEN,
  LEASE_UNTIL,
  LEASE_WAITING,
} from '../../assembly/layout.ts';
import { high, join, low, type Words } from './atomics/words.ts';

/** The operations that are used. */
export type LeaseWords = Pick<
  Words,
  'load32' | 'store32' | 'swap32' | 'load64' | 'store64' | 'swap64'
>;

/** A member of this lifecycle, as a cell names it. */
export interface Contending {
  readonly number: number;
  readonly incarnation: number;
}

/** `held`: it may write. `waiting`: somebody else may. `lost`: its time is over, and nobody else is known. */
export type LeaseState = 'held' | 'waiting' | 'lost';

/** How a lease stands, on whichever thread it is contended for. */
export interface LeaseSnapshot {
  /** What is leased. */
  readonly name: string;
  /** Whether writes are admitted, and why not. */
  readonly state: LeaseState;
  /** The fencing token; `null` while it is not held. */
  readonly token: number | null;
}

/** What is in a cell: the state is one of LEASE_HELD, LEASE_WAITING and LEASE_LOST. */
export interface LeaseCell {
  readonly state: number;
  readonly token: bigint;
  readonly name: Uint8Array;
}

/** What is true of a cell that has no end. */
export const NO_END: bigint = 2n ** 63n - 1n;

// Of the library, which no release of the application clears.
const REPLICA = HOLD_REPLICA << HOLD_LIBRARY_SHIFT;
const LOST = HOLD_LEASE_LOST << HOLD_LIBRARY_SHIFT;
const HOLDS = REPLICA | LOST;

/** The cells of one memory. */
export class LeaseCells {
  readonly #words: LeaseWords;

  constructor(words: LeaseWords) {
    this.#words = words;
  }

  /**
   * Takes the cell of a name, and holds `replica` from then on. Two living members that contend for one
   * name have two.
   *
   * @returns -1 when other names have them all
   */
  claim(member: Contending, name: Uint8Array, isAlive: (member: Contending) => boolean): number {
    const { load64, swap64 } = this.#words;
    for (let cell = 0; cell < LEASE_CAPACITY; cell++) {
      const at = cellAt(cell);
      let found = load64(at);
      while (found === 0n || (!isTaken(found, isAlive) && this.#isNamed(cell, name))) {
        const before = found;
        found = swap64(at, before, next(before, LEASE_WAITING, member));
        if (found !== before) continue;
        if (before === 0n) this.#putName(at, name);
        this.settle();
        return cell;
      }
    }
    return -1;
  }

  /**
   * Holds it until then, for the first time or again. See the module.
   *
   * @param wake is called before the first permit that follows from it
   * @returns false if the cell is not this member's any more
   */
  hold(
    cell: number,
    member: Contending,
    token: bigint,
    until: bigint,
    wake: () => void = () => {},
  ): boolean {
    const { store64 } = this.#words;
    const at = cellAt(cell);
    store64(at + LEASE_TOKEN, token);
    store64(at + LEASE_UNTIL, until);
    wake();
    return this.#become(cell, member, LEASE_HELD, member, wake);
  }

  /** Waits for it, or has lost it. @returns false if the cell is not this member's any more */
  refuse(
    cell: number,
    member: Contending,
    state: typeof LEASE_WAITING | typeof LEASE_LOST,
  ): boolean {
    return this.#become(cell, member, state, member);
  }

  /** Contends no more. The hold `replica` stays until somebody claims the name. */
  leave(cell: number, member: Contending): boolean {
    return this.#become(cell, member, LEASE_WAITING, NOBODY);
  }

  /** The leases of a member that is gone: nobody renews them, so they are lost. */
  orphan(member: Contending): void {
    for (let cell = 0; cell < LEASE_CAPACITY; cell++) {
      if (!this.#isUsed(cell)) break;
      this.#become(cell, member, LEASE_LOST, NOBODY);
    }
  }

  /** The leases of a member whose time is over are lost. @returns the end of the one that is over next */
  expire(member: Contending, now: bigint): bigint {
    let next = NO_END;
    for (let cell = 0; cell < LEASE_CAPACITY; cell++) {
      if (!this.#isUsed(cell)) break;
      const until = this.#expire(cell, member, now);
      if (until < next) next = until;
    }
    return next;
  }

  /** A cell as it was at one moment; `undefined` where there is none, and behind the last one. */
  read(cell: number): LeaseCell | undefined {
    const { load32, load64 } = this.#words;
    const at = cellAt(cell);
    while (true) {
      const found = load64(at);
      if (found === 0n) return undefined;
      const token = load64(at + LEASE_TOKEN);
      // Once it is there it does not change.
      const length = load32(at + LEASE_NAME_LENGTH);
      if (load64(at) !== found) continue;
      const name = Uint8Array.from(
        { length },
        (_, index) => load32(at + LEASE_NAME + (index & ~3)) >> ((index & 3) * 8),
      );
      return { state: stateOf(found), token, name };
    }
  }

  /** Brings HOLDS to what the cells want. See the module. */
  settle(): void {
    const { load32, swap32 } = this.#words;
    let isRaised = false;
    while (true) {
      const before = load32(AT_HOLDS);
      const wanted = this.#wanted();
      if ((before & HOLDS) === wanted && (isRaised || wanted === 0)) return;
      const raise = wanted === 0 ? 0 : HOLD_RAISE_STEP;
      const after = (((before & ~HOLDS) | wanted) + raise) | 0;
      if (swap32(AT_HOLDS, before, after) === before) isRaised = true;
    }
  }

  /** They are used in their order, and never given back. */
  #isUsed(cell: number): boolean {
    return this.#words.load64(cellAt(cell)) !== 0n;
  }

  #wanted(): number {
    let wanted = 0;
    for (let cell = 0; cell < LEASE_CAPACITY; cell++) {
      const found = this.#words.load64(cellAt(cell));
      if (found === 0n) break;
      const state = stateOf(found);
      if (state === LEASE_WAITING) wanted |= REPLICA;
      if (state === LEASE_LOST) wanted |= LOST;
    }
    return wanted;
  }

  #become(
    cell: number,
    member: Contending,
    state: number,
    after: Contending,
    wake?: () => void,
  ): boolean {
    const { load64, swap64 } = this.#words;
    const at = cellAt(cell);
    let found = load64(at);
    while (true) {
      if (!isOf(found, member)) return false;
      const before = found;
      found = swap64(at, before, next(before, state, after));
      if (found === before) break;
    }
    wake?.();
    this.settle();
    return true;
  }

  #expire(cell: number, member: Contending, now: bigint): bigint {
    const { load64, swap64 } = this.#words;
    const at = cellAt(cell);
    let found = load64(at);
    while (isOf(found, member)) {
      const until = load64(at + LEASE_UNTIL);
      // Also of one that is not held yet: whoever holds it wakes us before.
      if (until > now) return until;
      if (stateOf(found) !== LEASE_HELD) break;
      const before = found;
      found = swap64(at, before, next(before, LEASE_LOST, member));
      if (found !== before) continue;
      this.settle();
      break;
    }
    return NO_END;
  }

  #putName(at: number, name: Uint8Array): void {
    const { store32 } = this.#words;
    for (let index = 0; index < name.length; index += 4) {
      const [one = 0, two = 0, three = 0, four = 0] = name.subarray(index, index + 4);
      store32(at + LEASE_NAME + index, one | (two << 8) | (three << 16) | (four << 24));
    }
    store32(at + LEASE_NAME_LENGTH, name.length);
  }

  #isNamed(cell: number, name: Uint8Array): boolean {
    const found = this.read(cell)?.name;
    return found?.length === name.length && name.every((byte, index) => byte === found[index]);
  }
}

const NOBODY: Contending = { number: -1, incarnation: 0 };

function stateOf(status: bigint): number {
  return low(status) & LEASE_STATE_MASK;
}

function isOf(status: bigint, { number, incarnation }: Contending): boolean {
  return (low(status) & LEASE_MEMBER_MASK) === number + 1 && high(status) === (incarnation | 0);
}

function isTaken(status: bigint, isAlive: (member: Contending) => boolean): boolean {
  const number = (low(status) & LEASE_MEMBER_MASK) - 1;
  return number >= 0 && isAlive({ number, incarnation: high(status) });
}

/** STATUS after `found`; the sequence has the upper bits of its half, and wraps there. */
function next(found: bigint, state: number, { number, incarnation }: Contending): bigint {
  const sequence = (low(found) & -LEASE_SEQUENCE_STEP) + LEASE_SEQUENCE_STEP;
  return join(incarnation, sequence | state | (number + 1));
}

function cellAt(cell: number): number {
  return AT_LEASES + cell * LEASE_SIZE;
}
