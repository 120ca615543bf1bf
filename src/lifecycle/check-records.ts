/**
 * Checks in memory: how they stand, on whichever thread they run. Where the bytes are is
 * `assembly/layout.ts`; when a check runs is `checks.ts`.
 *
 * @module
 */

import {
  CHECK_AFFECTS_MASK,
  CHECK_AFFECTS_NOTHING,
  CHECK_AFFECTS_READY,
  CHECK_AFFECTS_WRITE,
  CHECK_ERROR_BYTES,
  CHECK_HEALTHY,
  CHECK_MEMBER_MASK,
  CHECK_NAME_BYTES,
  OUTCOME_ERROR,
  OUTCOME_ERROR_LENGTH,
  OUTCOME_SINCE,
  OUTCOME_SIZE,
} from '../../assembly/layout.ts';
import { LifecycleError } from './errors.ts';
import { reaped, type Seat } from './seat.ts';

/** What a failing check does: fails readiness, refuses writes, or is only shown. */
export type CheckEffect = 'ready' | 'write' | 'nothing';

/** How a check stands, as of its last outcome. */
export interface CheckSnapshot {
  /** As it was given to `check()`; checks of two threads may have the same one. */
  readonly name: string;
  /** False while it fails. */
  readonly healthy: boolean;
  /** What it does while it fails. */
  readonly affects: CheckEffect;
  /** Milliseconds since it has been so, or since it was registered. */
  readonly sinceMs: number;
  /** Why it fails, at most 72 UTF-8 bytes; `null` while it does not, or has not run yet. */
  readonly error: string | null;
  /** The number of the member that runs it. */
  readonly member: number;
}

/** What is published of a check. */
export interface Outcome {
  readonly healthy: boolean;
  readonly affects: CheckEffect;
  /** Since when, as an age of the lifecycle. */
  readonly sinceMs: number;
  readonly error: string | null;
}

/** What was read, and the status that it belongs to. */
interface Seen extends Outcome {
  readonly status: number;
  readonly name: string;
  readonly member: number;
}

const EFFECTS: Readonly<Record<CheckEffect, number>> = {
  ready: CHECK_AFFECTS_READY,
  write: CHECK_AFFECTS_WRITE,
  nothing: CHECK_AFFECTS_NOTHING,
};
const NAME_LENGTH = OUTCOME_SIZE;
const NAME = NAME_LENGTH + 4;

/** The names, in words for a message and as a check. */
export const EFFECT_NAMES: readonly string[] = Object.keys(EFFECTS);

/**
 * Takes a cell.
 *
 * @throws {LifecycleError} `checks_full`, `reaped`
 */
export function addRecord(seat: Seat, name: string, outcome: Outcome): number {
  const { core, member, staging } = seat;
  const bits = stage(seat, outcome);
  staging.numbers().setUint32(NAME_LENGTH, staging.put(name, CHECK_NAME_BYTES, NAME), true);
  const cell = core.addCheck(member.number, member.incarnation, bits);
  if (cell < 0) throw new LifecycleError('checks_full', 'Cannot add the check: all 32 are taken');
  return cell;
}

/** Publishes another outcome. @throws {LifecycleError} `reaped` */
export function putOutcome(seat: Seat, cell: number, outcome: Outcome): void {
  const { core, member } = seat;
  const bits = stage(seat, outcome);
  if (core.reportCheck(cell, member.number, member.incarnation, bits) === 0) throw reaped();
}

function stage(seat: Seat, { healthy, affects, sinceMs, error }: Outcome): number {
  seat.mustLive();
  const { staging } = seat;
  const numbers = staging.numbers();
  const length = staging.put(error, CHECK_ERROR_BYTES, OUTCOME_ERROR);
  numbers.setUint32(OUTCOME_ERROR_LENGTH, length + 1, true);
  numbers.setFloat64(OUTCOME_SINCE, sinceMs, true);
  return (healthy ? CHECK_HEALTHY : 0) | EFFECTS[affects];
}

/** Makes what reads all checks of a lifecycle. A cell is read again only when its status is another. */
export function checkReader(seat: Seat): () => readonly CheckSnapshot[] {
  const seen: (Seen | undefined)[] = [];
  return () => {
    const { core } = seat;
    const found: CheckSnapshot[] = [];
    const used = core.checksUsed();
    // Once for all of them: the clock costs more than all else here.
    const now = used === 0 ? 0 : seat.age.now();
    for (let cell = 0; cell < used; cell++) {
      const status = core.checkStatus(cell);
      if (status === 0) continue;
      if (seen[cell]?.status !== status) seen[cell] = read(seat, cell);
      const one = seen[cell];
      if (one === undefined) continue;
      const { name, healthy, affects, error, member } = one;
      const sinceMs = Math.max(0, Math.floor(now - one.sinceMs));
      found.push({ name, healthy, affects, sinceMs, error, member });
    }
    return found;
  };
}

function read(seat: Seat, cell: number): Seen | undefined {
  seat.mustLive();
  const { core, member, staging } = seat;
  const status = core.readCheck(cell, member.number);
  if (status === 0) return undefined;
  const numbers = staging.numbers();
  const effect = status & CHECK_AFFECTS_MASK;
  return {
    status,
    name: staging.get(numbers.getUint32(NAME_LENGTH, true), NAME) ?? '',
    healthy: (status & CHECK_HEALTHY) !== 0,
    affects:
      effect === CHECK_AFFECTS_READY
        ? 'ready'
        : effect === CHECK_AFFECTS_WRITE
          ? 'write'
          : 'nothing',
    sinceMs: numbers.getFloat64(OUTCOME_SINCE, true),
    error: staging.get(numbers.getUint32(OUTCOME_ERROR_LENGTH, true) - 1, OUTCOME_ERROR),
    member: (status & CHECK_MEMBER_MASK) - 1,
  };
}
