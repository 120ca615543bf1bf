/**
 * tidegate: where a process is between boot and stop, and agreement on it over all threads.
 *
 * @module
 */

export type { Backend } from './core/core.ts';

export type { LeaseSnapshot, LeaseState } from './core/lease-cells.ts';

export type { CheckOptions } from './lifecycle/check-options.ts';

export type { CheckEffect, CheckSnapshot } from './lifecycle/check-records.ts';
export type { CheckContext } from './lifecycle/check-run.ts';
export type { Clock } from './lifecycle/clock.ts';
export type { ColdStartPhases, StageTimes } from './lifecycle/cold-start.ts';
export type {
  CountedProbe,
  Counters,
  ProbeCount,
  ProbeStatus,
  RefusalCount,
} from './lifecycle/counters.ts';
export type { DrainResult } from './lifecycle/drain.ts';
export {
  GateClosedError,
  LeavingError,
  LifecycleError,
  type LifecycleErrorCode,
} from './lifecycle/errors.ts';
export { Lifecycle } from './lifecycle/for-servers.ts';
export type { HoldName, Permit, PermitKind, WriteGate } from './lifecycle/gate.ts';
export type { Log, LogEvent, LogEventType } from './lifecycle/journal.ts';
export {
  acceptsQueries,
  acceptsWrites,
  Phase,
  type PhaseName,
  phaseFromU8,
  phaseName,
} from './lifecycle/phase.ts';
export type { PipelineOptions } from './lifecycle/pipeline.ts';
export type { PreviousRun, RunOutcome } from './lifecycle/previous-run.ts';
export type {
  ShutdownReport,
  ShutdownReportInput,
  StepReport,
  StepStatus,
} from './lifecycle/report.ts';
export type { CreateOptions, LifecycleHandle, Member, SeatOptions } from './lifecycle/seat.ts';
export type { ShutdownOptions } from './lifecycle/shutdown.ts';
export type { ShutdownEvent, ShutdownListener } from './lifecycle/shutdown-events.ts';
export type {
  LifecycleSnapshot,
  MemberSnapshot,
  ShutdownSnapshot,
} from './lifecycle/snapshot.ts';
export type { Stage, StageContext } from './lifecycle/stage.ts';
export type { PipelineStep, StepContext, StepTime } from './lifecycle/steps.ts';
export type { Transition, TransitionListener } from './lifecycle/transitions.ts';
export type { WaitOptions } from './lifecycle/wakeups.ts';
