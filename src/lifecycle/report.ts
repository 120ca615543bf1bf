/**
 * The shutdown report: its shape, its limits, and whether it tells of a success. How it is stored
 * is in `records.ts`.
 *
 * @module
 */

import { REPORT_STEP_CAPACITY, STEP_NAME_BYTES } from '../../assembly/layout.ts';
import { isObject, isWhole, must } from './check.ts';
import { utf8Length } from './staging.ts';

/** How a step ended. */
export type StepStatus = 'ok' | 'failed' | 'skipped' | 'timed_out';

/** One step of the flush pipeline, after its end. */
export interface StepReport {
  /** At most 32 UTF-8 bytes. */
  name: string;
  /** How it ended. */
  status: StepStatus;
  /** Integer milliseconds from its start to its end. */
  durationMs: number;
  /** The message of what was thrown, cut at 72 UTF-8 bytes. */
  error?: string;
}

/** How the process ended. It is the same on every thread and for every caller. */
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
  /** A host, or an owner of the shutdown, died, and another thread finished its work. */
  takenOver: boolean;
  /** Somebody said so: `shutdown({ failed: true })`, an uncaught error, a boot that failed. */
  failed: boolean;
  /** What asked for it (`SIGTERM`, `http`, …), cut at 64 UTF-8 bytes. */
  trigger: string | null;
  /** In the order in which they ended; at most 32. */
  steps: StepReport[];
}

/** What `finishShutdown` takes: the fields of a report, those with a default optional. */
export type ShutdownReportInput = Omit<
  ShutdownReport,
  'drained' | 'takenOver' | 'failed' | 'trigger' | 'steps'
> &
  Partial<Pick<ShutdownReport, 'drained' | 'takenOver' | 'failed' | 'trigger' | 'steps'>>;

/** Steps that a pipeline and a report may have. */
export const STEPS_MAX: number = REPORT_STEP_CAPACITY;

const ACTION = 'finish';

const STATUSES: readonly StepStatus[] = ['ok', 'failed', 'skipped', 'timed_out'];
const FLAGS = [
  'flushedWal',
  'finalCheckpoint',
  'backupUploaded',
  'drained',
  'takenOver',
  'failed',
] as const;
const TIMES = ['durationMs', 'startedAtMs', 'completedAtMs'] as const;
const DEFAULTS: Partial<ShutdownReport> = { drained: true, takenOver: false, failed: false };

/** True if it drained, nobody said that it failed, and every step is ok or was skipped. */
export function succeeded(report: Readonly<ShutdownReport>): boolean {
  const isFine = ({ status }: Readonly<StepReport>): boolean =>
    status === 'ok' || status === 'skipped';
  return report.drained && !report.failed && report.steps.every(isFine);
}

/**
 * A checked copy of what an application passes to `finishShutdown`, defaults filled in.
 *
 * @throws {LifecycleError} `invalid_argument`
 */
export function checkReport(input: ShutdownReportInput): ShutdownReport {
  must(isObject(input), ACTION, 'the report must be an object', input);
  const trigger = input.trigger ?? null;
  const steps = input.steps ?? [];
  const isText = trigger === null || typeof trigger === 'string';
  must(isText, ACTION, 'trigger must be a string or null', trigger);
  checkSteps(ACTION, steps);
  // The loops add what is missing.
  const report = { trigger, steps: steps.map(checkStep) } as ShutdownReport;
  for (const flag of FLAGS) {
    const value = input[flag] ?? DEFAULTS[flag];
    must(typeof value === 'boolean', ACTION, `${flag} must be true or false`, value);
    report[flag] = value;
  }
  for (const time of TIMES) report[time] = checkTime(time, input[time]);
  return report;
}

/** The most steps of a pipeline or a report. */
export function checkSteps(action: string, steps: unknown): void {
  const isList = Array.isArray(steps) && steps.length <= STEPS_MAX;
  must(isList, action, `steps must be a list of at most ${STEPS_MAX}`, steps);
}

/** The name of a step: a string of 1 to 32 UTF-8 bytes. */
export function checkStepName(action: string, name: unknown): string {
  const isName = typeof name === 'string' && name !== '' && utf8Length(name) <= STEP_NAME_BYTES;
  must(isName, action, `name must have 1 to ${STEP_NAME_BYTES} UTF-8 bytes`, name);
  return name;
}

function checkStep(step: StepReport): StepReport {
  must(isObject(step), ACTION, 'a step must be an object', step);
  const { name, status, durationMs, error } = step;
  must(STATUSES.includes(status), ACTION, `status must be one of ${STATUSES.join(', ')}`, status);
  must(error === undefined || typeof error === 'string', ACTION, 'error must be a string', error);
  return {
    name: checkStepName(ACTION, name),
    status,
    durationMs: checkTime('durationMs', durationMs),
    ...(error !== undefined && { error }),
  };
}

function checkTime(name: string, value: unknown): number {
  must(isWhole(value, 0), ACTION, `${name} must be an integer of at least 0`, value);
  return value;
}
