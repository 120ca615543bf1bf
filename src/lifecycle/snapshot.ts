/**
 * The snapshot: one immutable value in which phase, times, reason and report belong together.
 *
 * @module
 */

import type { Backend } from '../core/core.ts';
import { isObject } from './check.ts';
import type { ColdStartPhases } from './cold-start.ts';
import type { HoldName } from './gate.ts';
import { Phase, phaseFromU8 } from './phase.ts';
import {
  readRecords,
  readReport,
  type ShutdownReport,
  type StepRecord,
  type StepReport,
} from './report.ts';
import type { Seat } from './seat.ts';
import { threadOf } from './thread.ts';

/** A thread that takes part, and what it has under way. */
export interface MemberSnapshot {
  readonly member: number;
  readonly incarnation: number;
  readonly writes: number;
  readonly queries: number;
  /** The runtime's number of the thread, 0 for the main one; `null` where there are none. */
  readonly threadId: number | null;
  /**
   * Its last heartbeat, in milliseconds of `performance.timeOrigin + performance.now()`; `null`
   * if it never beat.
   */
  readonly lastBeatAtMs: number | null;
}

/** A lifecycle at one moment. The counts are each exact, but not all of that moment. */
export interface LifecycleSnapshot {
  readonly phase: Phase;
  readonly startedAtMs: number;
  readonly readyAtMs: number | null;
  readonly drainingAtMs: number | null;
  readonly shuttingDownAtMs: number | null;
  readonly stoppedAtMs: number | null;
  /** Why it is not ready; `null` in any phase but Starting. */
  readonly reason: string | null;
  /** Non-null exactly when Stopped. */
  readonly report: Readonly<ShutdownReport> | null;
  /** A shutdown was accepted. */
  readonly shutdownRequested: boolean;
  /** Steps that have ended so far. */
  readonly steps: readonly Readonly<StepReport>[];
  /**
   * Milliseconds from the acceptance to the end of each of `steps`; `null` for those of a report
   * that the application made.
   */
  readonly stepEndsMs: readonly (number | null)[];
  readonly coldStart: ColdStartPhases;
  readonly holds: readonly HoldName[];
  readonly inFlight: { readonly writes: number; readonly queries: number };
  readonly members: readonly MemberSnapshot[];
  readonly backend: Backend;
}

/** The parts that other rooms collect. */
export type SnapshotParts = Pick<
  LifecycleSnapshot,
  'reason' | 'coldStart' | 'holds' | 'inFlight'
> & {
  /** Steps that have ended so far. */
  readonly records: readonly StepRecord[];
};

/**
 * Text first, then STATE: a reason that was read counts only if the phase is still Starting. What
 * STATE says then fixes the rest: every past phase has its slot filled, and a report never changes.
 */
export function takeSnapshot(seat: Seat, { records, ...parts }: SnapshotParts): LifecycleSnapshot {
  const { core, backend } = seat;
  const state = core.state();
  const phase = phaseFromU8(state % 8);
  const now = Math.floor(state / 8);
  const at = (past: Phase): number | null => {
    if (past === phase) return now;
    const time = past > phase ? -1 : core.enteredAt(past);
    return time < 0 ? null : time;
  };
  const report = phase === Phase.Stopped ? readReport(seat) : null;
  const ended = report === null ? records : readRecords(seat);
  const snapshot: LifecycleSnapshot = {
    phase,
    startedAtMs: at(Phase.Starting) ?? 0,
    readyAtMs: at(Phase.Ready),
    drainingAtMs: at(Phase.Draining),
    shuttingDownAtMs: at(Phase.ShuttingDown),
    stoppedAtMs: at(Phase.Stopped),
    ...parts,
    reason: phase === Phase.Starting ? parts.reason : null,
    report,
    shutdownRequested: core.isRequested() === 1,
    steps: ended.map(({ step }) => step),
    stepEndsMs: ended.map(({ endMs }) => endMs),
    members: members(seat),
    backend,
  };
  return deepFreeze(snapshot);
}

function members(seat: Seat): MemberSnapshot[] {
  const { core } = seat;
  const found: MemberSnapshot[] = [];
  for (let member = 0; member < core.membersUsed(); member++) {
    const incarnation = core.incarnationOf(member);
    if (incarnation === 0) continue;
    const beat = core.beatOf(member);
    found.push({
      member,
      incarnation,
      writes: core.writesOf(member),
      queries: core.queriesOf(member),
      threadId: threadOf(core.tagOf(member)),
      lastBeatAtMs: beat === 0 ? null : beat,
    });
  }
  return found;
}

/** Freezes a value and all that it has. */
export function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) {
    if (isObject(part)) deepFreeze(part);
  }
  return Object.freeze(value);
}
