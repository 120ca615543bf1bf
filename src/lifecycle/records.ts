/**
 * The report in memory: its head, and a record for each step, ended or not. Where the bytes are is
 * `assembly/layout.ts`; what they mean is `report.ts`.
 *
 * @module
 */

import {
  FLAG_BACKUP_UPLOADED,
  FLAG_DRAINED,
  FLAG_FAILED,
  FLAG_FINAL_CHECKPOINT,
  FLAG_FLUSHED_WAL,
  FLAG_TAKEN_OVER,
  HEAD_COMPLETED_AT,
  HEAD_DURATION,
  HEAD_FLAGS,
  HEAD_STARTED_AT,
  HEAD_TRIGGER,
  HEAD_TRIGGER_LENGTH,
  REPORT_CAPACITY,
  STEP_DURATION,
  STEP_END,
  STEP_ERROR,
  STEP_ERROR_BYTES,
  STEP_ERROR_LENGTH,
  STEP_FAILED,
  STEP_NAME,
  STEP_NAME_BYTES,
  STEP_NAME_LENGTH,
  STEP_OK,
  STEP_ORDER_SHIFT,
  STEP_PENDING,
  STEP_RUNNING,
  STEP_SKIPPED,
  STEP_STATUS,
  STEP_STATUS_MASK,
  STEP_TIMED_OUT,
  TRIGGER_BYTES,
} from '../../assembly/layout.ts';
import type { ShutdownReport, StepReport, StepStatus } from './report.ts';
import type { Seat } from './seat.ts';

/** A step that has ended, as it is in memory. */
export interface StepRecord {
  readonly step: StepReport;
  /**
   * Milliseconds from the acceptance to its end, or to its start while it runs; `null` if an
   * application made the report.
   */
  readonly endMs: number | null;
}

/** What the records of all hosts come to. */
export interface Progress {
  /** In the order of ending; of each name the first record. */
  readonly ended: readonly StepRecord[];
  /** Names of the present host's steps that run now. */
  readonly running: readonly string[];
  /** Milliseconds from the acceptance to the start of each of them. */
  readonly runningSinceMs: readonly (number | null)[];
  /** Names of those that are to come. */
  readonly pending: readonly string[];
}

type Waiting = 'running' | 'pending';

const STATUS_CODES: Readonly<Record<StepStatus | Waiting, number>> = {
  ok: STEP_OK,
  failed: STEP_FAILED,
  skipped: STEP_SKIPPED,
  timed_out: STEP_TIMED_OUT,
  pending: STEP_PENDING,
  running: STEP_RUNNING,
};
const STATUS_NAMES = Object.keys(STATUS_CODES) as (StepStatus | Waiting)[];

/** Writes all of a report but its steps into a slot that this seat has claimed. */
export function putHead(
  { core, member, staging }: Seat,
  slot: number,
  report: Omit<ShutdownReport, 'steps'>,
): void {
  const flags =
    (report.flushedWal ? FLAG_FLUSHED_WAL : 0) |
    (report.finalCheckpoint ? FLAG_FINAL_CHECKPOINT : 0) |
    (report.backupUploaded ? FLAG_BACKUP_UPLOADED : 0) |
    (report.drained ? FLAG_DRAINED : 0) |
    (report.takenOver ? FLAG_TAKEN_OVER : 0) |
    (report.failed ? FLAG_FAILED : 0);
  staging.putWord(HEAD_FLAGS, flags);
  const length = staging.put(report.trigger, TRIGGER_BYTES, HEAD_TRIGGER);
  staging.putWord(HEAD_TRIGGER_LENGTH, length + 1);
  staging.putNumber(HEAD_DURATION, report.durationMs);
  staging.putNumber(HEAD_STARTED_AT, report.startedAtMs);
  staging.putNumber(HEAD_COMPLETED_AT, report.completedAtMs);
  core.putHead(slot, member.number);
}

/**
 * Writes the record at `index` of a step that has not ended.
 *
 * @param sinceMs when it started, after the acceptance; it stands where its end will be
 */
export function putWaiting(
  seat: Seat,
  slot: number,
  index: number,
  step: string,
  is: Waiting,
  sinceMs: number | null = null,
): void {
  put(seat, slot, index, STATUS_CODES[is], { name: step, durationMs: 0 }, sinceMs);
}

/** Writes the record at `index` of a step that ended as the `order`-th, counted from 1. */
export function putEnded(
  seat: Seat,
  slot: number,
  index: number,
  order: number,
  { step, endMs }: StepRecord,
): void {
  put(seat, slot, index, STATUS_CODES[step.status] | (order << STEP_ORDER_SHIFT), step, endMs);
}

/** Reads the report of a Stopped lifecycle: a new copy at every call. */
export function readReport(seat: Seat): ShutdownReport | null {
  const { core, member, staging } = seat;
  const slot = core.stoppedReport();
  if (slot < 0) return null;
  const count = core.getHead(slot, member.number);
  const numbers = staging.numbers();
  const flags = numbers.getUint32(HEAD_FLAGS, true);
  const flag = (bit: number): boolean => (flags & bit) !== 0;
  return {
    flushedWal: flag(FLAG_FLUSHED_WAL),
    finalCheckpoint: flag(FLAG_FINAL_CHECKPOINT),
    backupUploaded: flag(FLAG_BACKUP_UPLOADED),
    durationMs: numbers.getFloat64(HEAD_DURATION, true),
    startedAtMs: numbers.getFloat64(HEAD_STARTED_AT, true),
    completedAtMs: numbers.getFloat64(HEAD_COMPLETED_AT, true),
    drained: flag(FLAG_DRAINED),
    takenOver: flag(FLAG_TAKEN_OVER),
    // Somebody may say so after the head was written and before the move to Stopped.
    failed: flag(FLAG_FAILED) || core.hasFailed() === 1,
    trigger: staging.get(numbers.getUint32(HEAD_TRIGGER_LENGTH, true) - 1, HEAD_TRIGGER),
    // Last, because each step is read through the place where the head is now.
    steps: endedIn(seat, slot, count).map(({ step }) => step),
  };
}

/** The steps of {@link readReport}, with when each had ended. */
export function readRecords(seat: Seat): StepRecord[] {
  const slot = seat.core.stoppedReport();
  return slot < 0 ? [] : endedIn(seat, slot, seat.core.getHead(slot, seat.member.number));
}

/** What hosts, dead or alive, have recorded so far. */
export function readProgress(seat: Seat): Progress {
  const { core } = seat;
  const host = core.hostMember();
  const ended: StepRecord[] = [];
  const waiting: Found[] = [];
  for (let slot = 0; slot < REPORT_CAPACITY; slot++) {
    const count = core.hostSteps(slot);
    if (count > 0) seat.mustLive();
    const records = readTogether(seat, slot, count);
    for (const one of endedAmong(records)) {
      if (!ended.some(({ step }) => step.name === one.step.name)) ended.push(one);
    }
    // What a dead host had under way is its successor's to run.
    if (host < 0 || core.slotHost(slot) !== host) continue;
    waiting.push(...records.filter(({ status }) => status === 'running' || status === 'pending'));
  }
  const those = (wanted: Waiting): StepRecord[] =>
    waiting.filter(({ status }) => status === wanted).map(({ record }) => record);
  const names = (records: readonly StepRecord[]): string[] => records.map(({ step }) => step.name);
  const running = those('running');
  return {
    ended,
    running: names(running),
    runningSinceMs: running.map(({ endMs }) => endMs),
    pending: names(those('pending')),
  };
}

interface Found {
  readonly status: StepStatus | Waiting;
  /** 0 if it has not ended. */
  readonly order: number;
  readonly record: StepRecord;
}

function endedIn(seat: Seat, slot: number, count: number): StepRecord[] {
  return endedAmong(readSlot(seat, slot, count));
}

function endedAmong(records: readonly Found[]): StepRecord[] {
  return records
    .filter(({ order }) => order > 0)
    .sort((one, other) => one.order - other.order)
    .map(({ record }) => record);
}

/**
 * The same while a host may write: consistent, so that no step is there without one that ended before
 * it. Two reads that find the same ends had no end between them.
 */
function readTogether(seat: Seat, slot: number, count: number): Found[] {
  const endsOf = (records: readonly Found[]): number => endedAmong(records).length;
  let records = readSlot(seat, slot, count);
  // An end is for good, so they become equal at the latest when all have ended.
  for (let ends = -1; ends !== endsOf(records); ) {
    ends = endsOf(records);
    records = readSlot(seat, slot, count);
  }
  return records;
}

/** The first `count` records of a slot, but for those that changed hands meanwhile. */
function readSlot(seat: Seat, slot: number, count: number): Found[] {
  const records = Array.from({ length: count }, (_, index) => get(seat, slot, index));
  return records.filter((record) => record !== undefined);
}

function put(
  { core, member, staging }: Seat,
  slot: number,
  index: number,
  status: number,
  { name, durationMs, error }: Omit<StepReport, 'status'>,
  endMs: number | null,
): void {
  staging.putWord(STEP_STATUS, status);
  staging.putWord(STEP_NAME_LENGTH, staging.put(name, STEP_NAME_BYTES, STEP_NAME));
  const length = staging.put(error, STEP_ERROR_BYTES, STEP_ERROR);
  staging.putWord(STEP_ERROR_LENGTH, length + 1);
  staging.putWord(STEP_END, (endMs ?? -1) + 1);
  staging.putNumber(STEP_DURATION, durationMs);
  core.putStep(slot, member.number, index);
}

function get({ core, member, staging }: Seat, slot: number, index: number): Found | undefined {
  if (core.getStep(slot, member.number, index) === 0) return undefined;
  const numbers = staging.numbers();
  const word = numbers.getUint32(STEP_STATUS, true);
  const found = STATUS_NAMES.find((name) => STATUS_CODES[name] === (word & STEP_STATUS_MASK));
  const error = staging.get(numbers.getUint32(STEP_ERROR_LENGTH, true) - 1, STEP_ERROR);
  const end = numbers.getUint32(STEP_END, true);
  const step: StepReport = {
    name: staging.get(numbers.getUint32(STEP_NAME_LENGTH, true), STEP_NAME) ?? '',
    // A record without an order has not ended, and is not read as a report.
    status: found === undefined || found === 'pending' || found === 'running' ? 'failed' : found,
    durationMs: numbers.getFloat64(STEP_DURATION, true),
    ...(error !== null && { error }),
  };
  return {
    status: found ?? 'failed',
    order: word >>> STEP_ORDER_SHIFT,
    record: { step, endMs: end === 0 ? null : end - 1 },
  };
}
