/**
 * tidegate: where a process is between boot and stop, and agreement on it over all threads.
 *
 * @module
 */

export type { Backend } from './core/core.ts';
export type { Clock } from './lifecycle/clock.ts';
export type { ColdStartPhases, Stage, StageTimes } from './lifecycle/cold-start.ts';
export type { DrainResult } from './lifecycle/drain.ts';
export { GateClosedError, LifecycleError, type LifecycleErrorCode } from './lifecycle/errors.ts';
export type { HoldName, Permit, PermitKind, WriteGate } from './lifecycle/gate.ts';
export {
  acceptsQueries,
  acceptsWrites,
  Phase,
  type PhaseName,
  phaseFromU8,
  phaseName,
} from './lifecycle/phase.ts';
export type { PipelineOptions, PipelineStep } from './lifecycle/pipeline.ts';
export type {
  ShutdownReport,
  ShutdownReportInput,
  StepReport,
  StepStatus,
} from './lifecycle/report.ts';
export type { CreateOptions, LifecycleHandle, Member, SeatOptions } from './lifecycle/seat.ts';
export type { LifecycleSnapshot, MemberSnapshot } from './lifecycle/snapshot.ts';
export type { Transition, TransitionListener } from './lifecycle/transitions.ts';
export type { WaitOptions } from './lifecycle/wakeups.ts';
export { Lifecycle } from './lifecycle/with-both.ts';
