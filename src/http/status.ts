/**
 * The whole snapshot as `GET /admin/status` has it: its shape on the wire, for the JSON answer, the
 * page and the command line alike. It is a value; who may see it was decided before.
 *
 * @module
 */

import type { CheckEffect } from '../lifecycle/check-records.ts';
import { type FleetStanding, standingOf } from '../lifecycle/fleet-calls.ts';
import type { HoldName } from '../lifecycle/gate.ts';
import type { LeaseSnapshot } from '../lifecycle/lease-state.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { type PhaseName, phaseName } from '../lifecycle/phase.ts';
import type { RunOutcome } from '../lifecycle/previous-run.ts';
import type { StepStatus } from '../lifecycle/report.ts';
import { onWire } from './on-wire.ts';
import type { ServiceName } from './options.ts';

/** A thread that takes part. */
export interface MemberOnWire {
  readonly member: number;
  readonly incarnation: number;
  readonly writes: number;
  readonly queries: number;
  readonly thread_id: number | null;
  /** It serves probes, and nothing of the application. */
  readonly is_probes: boolean;
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

/** A step of the shutdown that has ended. `error` is absent if it did not fail. */
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

/** How the run before this one ended. */
export interface PreviousRunOnWire {
  readonly outcome: RunOutcome;
  readonly pid: number;
  readonly started_at_ms: number;
  readonly ready_at_ms: number | null;
  readonly accepted_at_ms: number | null;
  readonly ended_at_ms: number | null;
  readonly last_seen_at_ms: number;
  readonly trigger: string | null;
  readonly phase: PhaseName;
  readonly step: string | null;
  readonly step_status: StepStatus | 'running' | null;
  readonly exit_code: number | null;
  readonly error: string | null;
}

/** Which process answers; what is not known there is absent. */
export interface Place {
  readonly host?: string | undefined;
  readonly pid?: number | undefined;
  /** Name and version, as `node 22.21.0`. */
  readonly runtime?: string | undefined;
}

/** All of it. */
export interface Status extends Place {
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
  /** When a shutdown was accepted; `null` if none was. */
  readonly accepted_at_ms: number | null;
  readonly shutdown: ShutdownOnWire | null;
  readonly holds: readonly HoldName[];
  readonly checks: readonly CheckOnWire[];
  /** The leases, by name; absent in the answer of an older version. */
  readonly leases?: readonly LeaseSnapshot[] | undefined;
  readonly in_flight: { readonly writes: number; readonly queries: number };
  readonly members: readonly MemberOnWire[];
  readonly cold_start: ColdStartOnWire;
  readonly steps: readonly StepOnWire[];
  /** Milliseconds from the acceptance to the end of each of `steps`; `null` where it is not known. */
  readonly step_ends_ms: readonly (number | null)[];
  /** The same to the start of each of `shutdown.running`. */
  readonly running_since_ms: readonly (number | null)[];
  readonly report: ReportOnWire | null;
  readonly backend: string;
  /** How the run before this one ended; `null` if it is not known. */
  readonly previous_run: PreviousRunOnWire | null;
  /** How the process stands with its fleet; absent where the answering thread follows none. */
  readonly fleet?: FleetStanding | undefined;
}

/** Takes the snapshot. */
export function statusOf(lifecycle: Lifecycle, { name, version }: ServiceName = {}): Status {
  const { phase, coldStart, startedAtMs, ...seen } = lifecycle.snapshot();
  return {
    name,
    version,
    phase: phaseName(phase),
    at_ms: startedAtMs + lifecycle.ageMs(),
    started_at_ms: startedAtMs,
    ...onWire(seen),
    cold_start: { ...onWire({ ...coldStart }), durations_ms: coldStart.durationsMs() },
    previous_run: onWire(lifecycle.previousRun()),
    fleet: standingOf(lifecycle),
  };
}
