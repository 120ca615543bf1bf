/**
 * The whole snapshot as `GET /admin/status` has it: its shape on the wire, for the JSON answer, the
 * page and the command line alike. It is a value; who may see it was decided before.
 *
 * @module
 */

import type { CheckEffect } from '../lifecycle/check-records.ts';
import type { HoldName } from '../lifecycle/gate.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { type PhaseName, phaseName } from '../lifecycle/phase.ts';
import type { ShutdownReport, StepReport, StepStatus } from '../lifecycle/report.ts';
import type { ShutdownSnapshot } from '../lifecycle/snapshot.ts';
import type { ServiceName } from './options.ts';

/** A thread that takes part. */
export interface MemberOnWire {
  readonly member: number;
  readonly incarnation: number;
  readonly writes: number;
  readonly queries: number;
  readonly thread_id: number | null;
  /** For how long its event loop has been blocked, 0 while responsive; `null` if not monitored. */
  readonly blocked_ms: number | null;
}

/** A check, as of its last outcome. */
export interface CheckOnWire {
  readonly name: string;
  readonly healthy: boolean;
  readonly affects: CheckEffect;
  /** Milliseconds since it has been so. */
  readonly since_ms: number;
  readonly error: string | null;
  readonly member: number;
}

/** A stage of the boot; 0 where it has not happened. */
export interface StageOnWire {
  readonly name: string;
  readonly started_at_ms: number;
  readonly ready_at_ms: number;
}

/** A step of the shutdown that has ended. `error` is absent where there is none. */
export interface StepOnWire {
  readonly name: string;
  readonly status: StepStatus;
  readonly duration_ms: number;
  readonly error?: string | undefined;
}

/** How the process ended. */
export interface ReportOnWire {
  readonly flushed_wal: boolean;
  readonly final_checkpoint: boolean;
  readonly backup_uploaded: boolean;
  readonly duration_ms: number;
  readonly started_at_ms: number;
  readonly completed_at_ms: number;
  readonly drained: boolean;
  readonly taken_over: boolean;
  readonly failed: boolean;
  readonly trigger: string | null;
  readonly steps: readonly StepOnWire[];
}

/** A shutdown in progress, or over. */
export interface ShutdownOnWire {
  readonly trigger: string | null;
  readonly running: readonly string[];
  readonly pending: readonly string[];
  /** Milliseconds left of the budget, negative when it is overspent. */
  readonly left_ms: number | null;
}

/** The boot; 0 where it has not happened. */
export interface ColdStartOnWire {
  readonly started_at_ms: number;
  readonly restore_started_at_ms: number;
  readonly restore_ready_at_ms: number;
  readonly wal_replay_started_at_ms: number;
  readonly wal_replay_ready_at_ms: number;
  readonly index_warmup_started_at_ms: number;
  readonly index_warmup_ready_at_ms: number;
  readonly ready_at_ms: number;
  readonly stages: readonly StageOnWire[];
  readonly durations_ms: readonly (readonly [name: string, ms: number])[];
}

/** All of it. */
export interface Status {
  /** What the service is called, and its version; absent where it does not say. */
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  readonly phase: PhaseName;
  readonly reason: string | null;
  /** When this was seen, by the same clock as the times below. */
  readonly at_ms: number;
  readonly started_at_ms: number;
  readonly ready_at_ms: number | null;
  readonly draining_at_ms: number | null;
  readonly shutting_down_at_ms: number | null;
  readonly stopped_at_ms: number | null;
  readonly shutdown_requested: boolean;
  readonly shutdown: ShutdownOnWire | null;
  readonly holds: readonly HoldName[];
  readonly checks: readonly CheckOnWire[];
  readonly in_flight: { readonly writes: number; readonly queries: number };
  readonly members: readonly MemberOnWire[];
  readonly cold_start: ColdStartOnWire;
  readonly steps: readonly StepOnWire[];
  readonly report: ReportOnWire | null;
  readonly backend: string;
}

/** Takes the snapshot. */
export function statusOf(lifecycle: Lifecycle, { name, version }: ServiceName = {}): Status {
  const { phase, coldStart, inFlight, members, report, steps, shutdown, ...seen } =
    lifecycle.snapshot();
  return {
    name,
    version,
    phase: phaseName(phase),
    reason: seen.reason,
    at_ms: seen.startedAtMs + lifecycle.ageMs(),
    started_at_ms: seen.startedAtMs,
    ready_at_ms: seen.readyAtMs,
    draining_at_ms: seen.drainingAtMs,
    shutting_down_at_ms: seen.shuttingDownAtMs,
    stopped_at_ms: seen.stoppedAtMs,
    shutdown_requested: seen.shutdownRequested,
    shutdown: shutdown === null ? null : shutdownOnWire(shutdown),
    holds: seen.holds,
    checks: seen.checks.map(({ sinceMs, ...check }) => ({ ...check, since_ms: sinceMs })),
    in_flight: inFlight,
    members: members.map(({ member, incarnation, writes, queries, threadId, blockedMs }) => ({
      member,
      incarnation,
      writes,
      queries,
      thread_id: threadId,
      blocked_ms: blockedMs,
    })),
    cold_start: {
      started_at_ms: coldStart.startedAtMs,
      restore_started_at_ms: coldStart.restoreStartedAtMs,
      restore_ready_at_ms: coldStart.restoreReadyAtMs,
      wal_replay_started_at_ms: coldStart.walReplayStartedAtMs,
      wal_replay_ready_at_ms: coldStart.walReplayReadyAtMs,
      index_warmup_started_at_ms: coldStart.indexWarmupStartedAtMs,
      index_warmup_ready_at_ms: coldStart.indexWarmupReadyAtMs,
      ready_at_ms: coldStart.readyAtMs,
      stages: coldStart.stages.map(({ name, startedAtMs, readyAtMs }) => ({
        name,
        started_at_ms: startedAtMs,
        ready_at_ms: readyAtMs,
      })),
      durations_ms: coldStart.durationsMs(),
    },
    steps: steps.map(stepOnWire),
    report: report === null ? null : reportOnWire(report),
    backend: seen.backend,
  };
}

/** The report, as the answer to a shutdown has it too. */
export function reportOnWire(report: Readonly<ShutdownReport>): ReportOnWire {
  return {
    flushed_wal: report.flushedWal,
    final_checkpoint: report.finalCheckpoint,
    backup_uploaded: report.backupUploaded,
    duration_ms: report.durationMs,
    started_at_ms: report.startedAtMs,
    completed_at_ms: report.completedAtMs,
    drained: report.drained,
    taken_over: report.takenOver,
    failed: report.failed,
    trigger: report.trigger,
    steps: report.steps.map(stepOnWire),
  };
}

function shutdownOnWire(shutdown: ShutdownSnapshot): ShutdownOnWire {
  const { trigger, running, pending, leftMs } = shutdown;
  return { trigger, running, pending, left_ms: leftMs };
}

/** `error` is left out where there is none: JSON has no `undefined`. */
function stepOnWire({ name, status, durationMs, error }: Readonly<StepReport>): StepOnWire {
  return { name, status, duration_ms: durationMs, error };
}
