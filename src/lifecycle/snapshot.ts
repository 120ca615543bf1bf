/**
 * The snapshot: one immutable value in which phase, times, reason and report belong together.
 *
 * @module
 */

import {
  DRAINING,
  READY,
  SHUTTING_DOWN,
  STARTING,
  STATE_TIME_STEP,
  STOPPED,
} from '../../assembly/layout.ts';
import { added } from '../core/backends.ts';
import type { Backend } from '../core/core.ts';
import type { LeaseSnapshot } from '../core/lease-cells.ts';
import { leftMs, readTrigger } from './acceptance.ts';
import { isObject } from './check.ts';
import type { CheckSnapshot } from './check-records.ts';
import type { ColdStartPhases } from './cold-start.ts';
import type { HoldName, WriteGate } from './gate.ts';
import { isLeaving } from './leaving.ts';
import { type Phase, phaseFromU8 } from './phase.ts';
import { readReason } from './reason.ts';
import { type Progress, readProgress, readRecords, readReport } from './records.ts';
import type { ShutdownReport, StepReport } from './report.ts';
import type { Seat } from './seat.ts';
import { isProbes, threadOf } from './thread.ts';

/** An attached thread, and what it has in progress. */
export interface MemberSnapshot {
  /** Its number among the members, 0 to 126. */
  readonly member: number;
  /** Which of the threads that have had this number it is. */
  readonly incarnation: number;
  /** Write permits held. */
  readonly writes: number;
  /** Query permits held. */
  readonly queries: number;
  /** The runtime's number of the thread, 0 for the main one; `null` if the runtime numbers no threads. */
  readonly threadId: number | null;
  /** It serves probes, and nothing of the application. */
  readonly isProbes: boolean;
  /**
   * Milliseconds for which its event loop has been blocked, as far as this thread has seen; 0 while
   * it is responsive, `null` if it is not monitored.
   */
  readonly blockedMs: number | null;
}

/** A shutdown that was accepted, or begun by the application. */
export interface ShutdownSnapshot {
  /** What asked for it; `null` if nobody said. */
  readonly trigger: string | null;
  /** Steps that run now, on the thread that hosts. */
  readonly running: readonly string[];
  /** Steps that are to come. */
  readonly pending: readonly string[];
  /**
   * Milliseconds left of the budget, negative when it is overspent; `null` once Stopped, and where
   * the application owns the shutdown without one.
   */
  readonly leftMs: number | null;
}

/** A lifecycle at one moment. Each count is exact, but the counts may be from different moments. */
export interface LifecycleSnapshot {
  /** The phase. */
  readonly phase: Phase;
  /** When the lifecycle was created, in wall-clock milliseconds; 0 if the clock had no time yet. */
  readonly startedAtMs: number;
  /** When it became Ready; `null` if it never did. */
  readonly readyAtMs: number | null;
  /** When the drain started; `null` if it never did. */
  readonly drainingAtMs: number | null;
  /** When it entered ShuttingDown; `null` if it never did. */
  readonly shuttingDownAtMs: number | null;
  /** When it stopped; `null` if it has not. */
  readonly stoppedAtMs: number | null;
  /** Why it is not ready; `null` in any phase but Starting. */
  readonly reason: string | null;
  /** Non-null exactly when Stopped. */
  readonly report: Readonly<ShutdownReport> | null;
  /** A shutdown was accepted. */
  readonly shutdownRequested: boolean;
  /** When a shutdown was accepted, by the clock of who accepted it; `null` if none was. */
  readonly acceptedAtMs: number | null;
  /** `null` while nobody has asked for one. */
  readonly shutdown: ShutdownSnapshot | null;
  /** Steps that have ended so far. */
  readonly steps: readonly Readonly<StepReport>[];
  /**
   * Milliseconds from the acceptance to the end of each of `steps`; `null` for those of a report
   * that the application made.
   */
  readonly stepEndsMs: readonly (number | null)[];
  /** Milliseconds from the acceptance to the start of each of `shutdown.running`. */
  readonly runningSinceMs: readonly (number | null)[];
  /** All times of the cold start. */
  readonly coldStart: ColdStartPhases;
  /** The write holds that are set. */
  readonly holds: readonly HoldName[];
  /** The checks of all threads, as of their last outcomes. */
  readonly checks: readonly CheckSnapshot[];
  /** The leases of all threads; none where `lease()` was never called. */
  readonly leases: readonly LeaseSnapshot[];
  /** Permits held over all threads. */
  readonly inFlight: { readonly writes: number; readonly queries: number };
  /** The attached threads, by number. */
  readonly members: readonly MemberSnapshot[];
  /** Which code touches the memory, on this thread. */
  readonly backend: Backend;
}

/** What a snapshot is made of besides the seat. */
export interface SnapshotParts {
  readonly gate: WriteGate;
  readonly coldStart: () => ColdStartPhases;
  readonly checks: () => readonly CheckSnapshot[];
}

/**
 * Takes a snapshot: again if another thread moved the phase meanwhile, which it can four times; the
 * cold start of one phase is not that of the next.
 */
export function takeSnapshot(seat: Seat, parts: SnapshotParts): LifecycleSnapshot {
  seat.settle();
  while (true) {
    const phase = phaseFromU8(seat.core.phase());
    const seen = look(seat, parts);
    if (seen.phase === phase) return deepFreeze(seen);
  }
}

/**
 * Text first, then STATE: a reason that was read counts only if the phase is still Starting. What
 * STATE says then fixes the rest: every past phase has its slot filled, and a report never changes.
 */
function look(
  seat: Seat,
  { gate, coldStart: readColdStart, checks }: SnapshotParts,
): LifecycleSnapshot {
  const { core, backend } = seat;
  const reason = readReason(seat);
  const coldStart = readColdStart();
  const holds = gate.holds();
  const inFlight = gate.inFlight();
  const progress = readProgress(seat);
  const shutdown = isLeaving(seat) ? shutdownOf(seat, progress) : null;
  const state = core.state();
  const phase = phaseFromU8(state % STATE_TIME_STEP);
  const now = Math.floor(state / STATE_TIME_STEP);
  const at = (past: number): number | null => {
    if (past === phase) return now;
    const time = past > phase ? -1 : core.enteredAt(past);
    return time < 0 ? null : time;
  };
  const report = phase === STOPPED ? readReport(seat) : null;
  const ended = report === null ? progress.ended : readRecords(seat);
  return {
    phase,
    startedAtMs: at(STARTING) ?? 0,
    readyAtMs: at(READY),
    drainingAtMs: at(DRAINING),
    shuttingDownAtMs: at(SHUTTING_DOWN),
    stoppedAtMs: at(STOPPED),
    reason: phase === STARTING ? reason : null,
    report,
    shutdownRequested: core.isAccepted() === 1,
    acceptedAtMs: core.stampAcceptedAt(0) || null,
    shutdown,
    steps: ended.map(({ step }) => step),
    stepEndsMs: ended.map(({ endMs }) => endMs),
    runningSinceMs: report === null ? progress.runningSinceMs : [],
    coldStart,
    holds,
    checks: checks(),
    leases: added.leases?.read(seat) ?? [],
    inFlight,
    members: members(seat),
    backend,
  };
}

/** Once Stopped there is nothing left to run, and no time that would be short. */
function shutdownOf(seat: Seat, { running, pending }: Progress): ShutdownSnapshot {
  seat.mustLive();
  const trigger = readTrigger(seat);
  if (seat.core.phase() === STOPPED) return { trigger, running: [], pending: [], leftMs: null };
  const left = leftMs(seat);
  return { trigger, running, pending, leftMs: left === null ? null : Math.round(left) };
}

function members(seat: Seat): MemberSnapshot[] {
  const { core } = seat;
  const found: MemberSnapshot[] = [];
  for (let member = 0; member < core.membersUsed(); member++) {
    const incarnation = core.incarnationOf(member);
    if (incarnation === 0) continue;
    found.push({
      member,
      incarnation,
      writes: core.writesOf(member),
      queries: core.queriesOf(member),
      threadId: threadOf(core.tagOf(member)),
      isProbes: isProbes(core.tagOf(member)),
      blockedMs: seat.heartbeats.silentMs(member),
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
