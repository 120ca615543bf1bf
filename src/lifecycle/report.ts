/**
 * The shutdown report: its shape, its limits, and its form in memory.
 *
 * @module
 */

import { REPORT_STEP_CAPACITY, TRIGGER_BYTES } from '../../assembly/layout.ts';
import { check, isObject, isWhole } from './check.ts';
import type { Seat } from './seat.ts';
import { utf8Length } from './staging.ts';

/** How a step ended. */
export type StepStatus = 'ok' | 'failed' | 'skipped' | 'timed_out';

/** One step of the flush pipeline, after its end. */
export interface StepReport {
  /** At most 32 UTF-8 bytes. */
  name: string;
  status: StepStatus;
  /** Integer milliseconds. */
  durationMs: number;
  /** The message of what was thrown, cut at 72 UTF-8 bytes. */
  error?: string;
}

/** How the process ended. Equal on every thread and for every caller. */
export interface ShutdownReport {
  /** The step `flush_wal` ended ok. */
  flushedWal: boolean;
  /** The step `final_checkpoint` ended ok. */
  finalCheckpoint: boolean;
  /** The step `backup` ended ok. */
  backupUploaded: boolean;
  /** Integer milliseconds from acceptance to Stopped. */
  durationMs: number;
  /** Wall clock when the shutdown was accepted. */
  startedAtMs: number;
  /** Wall clock when the last step had ended. */
  completedAtMs: number;
  /** Every permit came back in time. */
  drained: boolean;
  /** A host died, and another thread finished its work. */
  takenOver: boolean;
  /** What asked for it (`SIGTERM`, `http`, …), cut at 64 UTF-8 bytes. */
  trigger: string | null;
  /** In the order in which they ended; at most 32. */
  steps: StepReport[];
}

/** What `finishShutdown` takes: the fields of a report, those with a default optional. */
export type ShutdownReportInput = Omit<
  ShutdownReport,
  'drained' | 'takenOver' | 'trigger' | 'steps'
> &
  Partial<Pick<ShutdownReport, 'drained' | 'takenOver' | 'trigger' | 'steps'>>;

/** UTF-8 bytes of a step's name. */
export const STEP_NAME_BYTES = 32;
/** UTF-8 bytes kept of a step's error. */
export const STEP_ERROR_BYTES = 72;
/** Steps that a pipeline and a report may have. */
export const STEPS_MAX: number = REPORT_STEP_CAPACITY;

const STATUSES: readonly StepStatus[] = ['ok', 'failed', 'skipped', 'timed_out'];
const FLAGS = ['flushedWal', 'finalCheckpoint', 'backupUploaded', 'drained', 'takenOver'] as const;
const TIMES = ['durationMs', 'startedAtMs', 'completedAtMs'] as const;
const DEFAULTS: Partial<ShutdownReport> = { drained: true, takenOver: false };

// The head of a slot: flags u32, trigger length + 1 u32, three f64, trigger bytes.
const HEAD_TIMES = 8;
const HEAD_TRIGGER = 32;
// A step: status u32, name length u32, error length + 1 u32, end + 1 u32, duration f64, bytes.
const STEP_END = 12;
const STEP_DURATION = 16;
const STEP_NAME = 24;
const STEP_ERROR = 56;

/**
 * A checked copy of what an application passes to `finishShutdown`, defaults filled in.
 *
 * @throws {LifecycleError} `invalid_argument`
 */
export function checkReport(input: ShutdownReportInput): ShutdownReport {
  check(isObject(input), 'the report', input);
  const trigger = input.trigger ?? null;
  const steps = input.steps ?? [];
  check(trigger === null || typeof trigger === 'string', 'trigger', trigger);
  check(Array.isArray(steps) && steps.length <= STEPS_MAX, 'steps', steps);
  // The loops add what is missing.
  const report = { trigger, steps: steps.map(checkStep) } as ShutdownReport;
  for (const flag of FLAGS) {
    const value = input[flag] ?? DEFAULTS[flag];
    check(typeof value === 'boolean', flag, value);
    report[flag] = value;
  }
  for (const time of TIMES) report[time] = checkTime(time, input[time]);
  return report;
}

/** Writes all of a report but its steps into a slot that this seat has claimed. */
export function putHead(
  { core, member, staging }: Seat,
  slot: number,
  report: ShutdownReport,
): void {
  const numbers = staging.numbers();
  const bits = FLAGS.reduce((sum, flag, bit) => sum + (Number(report[flag]) << bit), 0);
  numbers.setUint32(0, bits, true);
  numbers.setUint32(4, staging.put(report.trigger, TRIGGER_BYTES, HEAD_TRIGGER) + 1, true);
  TIMES.forEach((time, index) => {
    numbers.setFloat64(HEAD_TIMES + index * 8, report[time], true);
  });
  core.putHead(slot, member.number);
}

/** A step as it is in memory. */
export interface StepRecord {
  readonly step: StepReport;
  /** Milliseconds from the acceptance to its end; `null` if an application made the report. */
  readonly endMs: number | null;
}

/** Writes one step into a slot that this seat has claimed. */
export function putStep(
  { core, member, staging }: Seat,
  slot: number,
  index: number,
  { step: { name, status, durationMs, error }, endMs }: StepRecord,
): void {
  const numbers = staging.numbers();
  numbers.setUint32(0, STATUSES.indexOf(status), true);
  numbers.setUint32(4, staging.put(name, STEP_NAME_BYTES, STEP_NAME), true);
  numbers.setUint32(8, staging.put(error, STEP_ERROR_BYTES, STEP_ERROR) + 1, true);
  numbers.setUint32(STEP_END, (endMs ?? -1) + 1, true);
  numbers.setFloat64(STEP_DURATION, durationMs, true);
  core.putStep(slot, member.number, index);
}

/** Reads the step at `index` of a slot; `undefined` if the slot changed hands meanwhile. */
function getStep(
  { core, member, staging }: Seat,
  slot: number,
  index: number,
): StepRecord | undefined {
  if (core.getStep(slot, member.number, index) === 0) return undefined;
  const numbers = staging.numbers();
  const error = staging.get(numbers.getUint32(8, true) - 1, STEP_ERROR);
  const end = numbers.getUint32(STEP_END, true);
  const step: StepReport = {
    name: staging.get(numbers.getUint32(4, true), STEP_NAME) ?? '',
    status: STATUSES[numbers.getUint32(0, true)] ?? 'failed',
    durationMs: numbers.getFloat64(STEP_DURATION, true),
    ...(error !== null && { error }),
  };
  return { step, endMs: end === 0 ? null : end - 1 };
}

/** Reads the report of a Stopped lifecycle: a new copy at every call. */
export function readReport(seat: Seat): ShutdownReport | null {
  const { core, member, staging } = seat;
  const slot = core.stoppedReport();
  if (slot < 0) return null;
  const count = core.getHead(slot, member.number);
  const numbers = staging.numbers();
  const bits = numbers.getUint32(0, true);
  const flag = (bit: number): boolean => ((bits >> bit) & 1) === 1;
  const time = (index: number): number => numbers.getFloat64(HEAD_TIMES + index * 8, true);
  return {
    flushedWal: flag(0),
    finalCheckpoint: flag(1),
    backupUploaded: flag(2),
    durationMs: time(0),
    startedAtMs: time(1),
    completedAtMs: time(2),
    drained: flag(3),
    takenOver: flag(4),
    trigger: staging.get(numbers.getUint32(4, true) - 1, HEAD_TRIGGER),
    // Last, because each step is read through the place where the head is now.
    steps: readSteps(seat, slot, count).map(({ step }) => step),
  };
}

/** The steps of {@link readReport}, with when each had ended. */
export function readRecords(seat: Seat): StepRecord[] {
  const slot = seat.core.stoppedReport();
  return slot < 0 ? [] : readSteps(seat, slot, seat.core.getHead(slot, seat.member.number));
}

/** The first `count` steps of a slot, but for those that changed hands meanwhile. */
export function readSteps(seat: Seat, slot: number, count: number): StepRecord[] {
  const steps = Array.from({ length: count }, (_, index) => getStep(seat, slot, index));
  return steps.filter((step) => step !== undefined);
}

/** The name of a step: a string of 1 to 32 UTF-8 bytes. */
export function checkStepName(name: unknown): string {
  const isName = typeof name === 'string' && name !== '' && utf8Length(name) <= STEP_NAME_BYTES;
  check(isName, 'the name of a step', name);
  return name;
}

function checkStep(step: StepReport): StepReport {
  check(isObject(step), 'a step', step);
  const { name, status, durationMs, error } = step;
  check(STATUSES.includes(status), 'status', status);
  check(error === undefined || typeof error === 'string', 'error', error);
  return {
    name: checkStepName(name),
    status,
    durationMs: checkTime('durationMs', durationMs),
    ...(error !== undefined && { error }),
  };
}

function checkTime(name: string, value: unknown): number {
  check(isWhole(value, 0), name, value);
  return value;
}
