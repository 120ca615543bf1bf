/**
 * The shutdown report: its shape, its limits, and its form in memory.
 *
 * @module
 */

import {
  REPORT_HEAD_WORDS,
  REPORT_STEP_CAPACITY,
  STEP_WORDS,
  TRIGGER_BYTES,
} from '../../assembly/layout.ts';
import { LifecycleError, shown } from './errors.ts';
import type { Seat } from './seat.ts';
import { utf8Length } from './text.ts';

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

// The head of a slot: flags u32, trigger length + 1 u32, three f64, trigger bytes.
const HEAD_BYTES = REPORT_HEAD_WORDS * 4;
const HEAD_TIMES = 8;
const HEAD_TRIGGER = 32;
// A step: status u32, name length u32, error length + 1 u32, (free) u32, duration f64, bytes.
const STEP_BYTES = STEP_WORDS * 4;
const STEP_DURATION = 16;
const STEP_NAME = 24;
const STEP_ERROR: number = STEP_NAME + STEP_NAME_BYTES;

/**
 * A checked copy of what an application passes to `finishShutdown`, defaults filled in.
 *
 * @throws {LifecycleError} `invalid_argument`
 */
export function checkReport(input: ShutdownReportInput): ShutdownReport {
  if (typeof input !== 'object' || input === null) {
    throw invalid(`it is ${shown(input)}`);
  }
  const report: ShutdownReport = {
    flushedWal: input.flushedWal,
    finalCheckpoint: input.finalCheckpoint,
    backupUploaded: input.backupUploaded,
    durationMs: input.durationMs,
    startedAtMs: input.startedAtMs,
    completedAtMs: input.completedAtMs,
    drained: input.drained ?? true,
    takenOver: input.takenOver ?? false,
    trigger: input.trigger ?? null,
    steps: [],
  };
  for (const flag of FLAGS) {
    if (typeof report[flag] !== 'boolean') throw invalid(`${flag} is ${shown(report[flag])}`);
  }
  for (const time of TIMES) checkTime(time, report[time]);
  if (report.trigger !== null && typeof report.trigger !== 'string') {
    throw invalid(`trigger is ${shown(report.trigger)}`);
  }
  const steps = input.steps ?? [];
  if (!Array.isArray(steps) || steps.length > STEPS_MAX) {
    throw invalid(`steps is not an array of at most ${STEPS_MAX}`);
  }
  report.steps = steps.map(checkStep);
  return report;
}

/** True if a name may be a step's: a string of 1 to 32 UTF-8 bytes. */
export function isStepName(name: unknown): name is string {
  return typeof name === 'string' && name !== '' && utf8Length(name) <= STEP_NAME_BYTES;
}

/** Writes all of a report but its steps into a slot that this seat has claimed. */
export function putHead(seat: Seat, slot: number, report: ShutdownReport): void {
  const at = seat.staging();
  const words = new DataView(new ArrayBuffer(HEAD_BYTES));
  let flags = 0;
  FLAGS.forEach((flag, bit) => {
    if (report[flag]) flags |= 1 << bit;
  });
  words.setUint32(0, flags, true);
  TIMES.forEach((time, index) => {
    words.setFloat64(HEAD_TIMES + index * 8, report[time], true);
  });
  const written =
    report.trigger === null ? -1 : seat.texts.put(at + HEAD_TRIGGER, report.trigger, TRIGGER_BYTES);
  words.setUint32(4, written + 1, true);
  seat.texts.putBytes(at, new Uint8Array(words.buffer, 0, HEAD_TRIGGER));
  seat.core.putHead(slot, seat.member.number);
}

/** Writes one step into a slot that this seat has claimed. */
export function putStep(seat: Seat, slot: number, index: number, step: StepReport): void {
  const at = seat.staging();
  const words = new DataView(new ArrayBuffer(STEP_NAME));
  words.setUint32(0, STATUSES.indexOf(step.status), true);
  words.setUint32(4, seat.texts.put(at + STEP_NAME, step.name, STEP_NAME_BYTES), true);
  const error =
    step.error === undefined ? -1 : seat.texts.put(at + STEP_ERROR, step.error, STEP_ERROR_BYTES);
  words.setUint32(8, error + 1, true);
  words.setFloat64(STEP_DURATION, step.durationMs, true);
  seat.texts.putBytes(at, new Uint8Array(words.buffer));
  seat.core.putStep(slot, seat.member.number, index);
}

/** Reads the step at `index` of a slot; `undefined` if the slot changed hands meanwhile. */
export function getStep(seat: Seat, slot: number, index: number): StepReport | undefined {
  if (seat.core.getStep(slot, seat.member.number, index) === 0) return undefined;
  const at = seat.staging();
  const bytes = seat.texts.bytes(at, STEP_BYTES);
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const nameLength = words.getUint32(4, true);
  const errorLength = words.getUint32(8, true) - 1;
  const step: StepReport = {
    name: seat.texts.get(at + STEP_NAME, nameLength),
    status: STATUSES[words.getUint32(0, true)] ?? 'failed',
    durationMs: words.getFloat64(STEP_DURATION, true),
  };
  if (errorLength >= 0) step.error = seat.texts.get(at + STEP_ERROR, errorLength);
  return step;
}

/** Reads the report of a Stopped lifecycle: a new copy at every call. */
export function readReport(seat: Seat): ShutdownReport | null {
  const slot = seat.core.stoppedReport();
  if (slot < 0) return null;
  const count = seat.core.getHead(slot, seat.member.number);
  const at = seat.staging();
  const bytes = seat.texts.bytes(at, HEAD_BYTES);
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const flags = words.getUint32(0, true);
  const [durationMs = 0, startedAtMs = 0, completedAtMs = 0] = TIMES.map((_, index) =>
    words.getFloat64(HEAD_TIMES + index * 8, true),
  );
  const [flushedWal = false, finalCheckpoint = false, backupUploaded = false, ...rest] = FLAGS.map(
    (_, bit) => (flags & (1 << bit)) !== 0,
  );
  const [drained = false, takenOver = false] = rest;
  const triggerLength = words.getUint32(4, true) - 1;
  const trigger = triggerLength < 0 ? null : seat.texts.get(at + HEAD_TRIGGER, triggerLength);
  const steps: StepReport[] = [];
  for (let index = 0; index < count; index++) {
    const step = getStep(seat, slot, index);
    if (step !== undefined) steps.push(step);
  }
  return {
    flushedWal,
    finalCheckpoint,
    backupUploaded,
    durationMs,
    startedAtMs,
    completedAtMs,
    drained,
    takenOver,
    trigger,
    steps,
  };
}

function checkStep(step: StepReport): StepReport {
  if (typeof step !== 'object' || step === null) throw invalid(`a step is ${shown(step)}`);
  const { name, status, durationMs, error } = step;
  if (!isStepName(name)) throw invalid(`a step's name is ${shown(name)}`);
  if (!STATUSES.includes(status)) throw invalid(`the status of ${name} is ${shown(status)}`);
  checkTime(`durationMs of ${name}`, durationMs);
  if (error !== undefined && typeof error !== 'string') {
    throw invalid(`the error of ${name} is ${shown(error)}`);
  }
  return error === undefined ? { name, status, durationMs } : { name, status, durationMs, error };
}

function checkTime(name: string, value: unknown): void {
  if (!Number.isSafeInteger(value) || (value as number) < 0) {
    throw invalid(`${name} is ${shown(value)}, not an integer of 0 or more`);
  }
}

function invalid(what: string): LifecycleError {
  return new LifecycleError('invalid_argument', `Cannot use the shutdown report: ${what}`);
}
