/**
 * Cold start: the six marks, the named stages, and one consistent view of them all.
 *
 * @module
 */

import {
  FIXED_MARKS,
  STAGE_CAPACITY,
  STAGE_NAME_END,
  STAGE_NAME_WORDS,
  TEXT_BYTES,
} from '../../assembly/layout.ts';
import { check, isWhole } from './check.ts';
import { TIME_MAX_MS } from './clock.ts';
import { LifecycleError, shown } from './errors.ts';
import { Phase } from './phase.ts';
import type { Seat } from './seat.ts';
import { deepFreeze } from './snapshot.ts';
import { isThenable } from './thenable.ts';

/** A stage of the boot, with its times; 0 where it has not happened. */
export interface StageTimes {
  readonly name: string;
  readonly startedAtMs: number;
  readonly readyAtMs: number;
}

/** The pairs that have marks of their own, in the order of the contract. */
const NAMED: readonly string[] = ['restore', 'wal_replay', 'index_warmup'];
const STAGE_NAME = /^[a-z][a-z0-9_]{0,31}$/;

/** The cold start at one moment: wall-clock milliseconds, 0 where it has not happened. */
export class ColdStartPhases {
  readonly startedAtMs: number;
  readonly restoreStartedAtMs: number;
  readonly restoreReadyAtMs: number;
  readonly walReplayStartedAtMs: number;
  readonly walReplayReadyAtMs: number;
  readonly indexWarmupStartedAtMs: number;
  readonly indexWarmupReadyAtMs: number;
  readonly readyAtMs: number;
  /** The stages beyond the three named ones, by first registration. */
  readonly stages: readonly StageTimes[];

  constructor(
    startedAtMs: number,
    readyAtMs: number,
    marks: readonly number[],
    stages: readonly StageTimes[],
  ) {
    this.startedAtMs = startedAtMs;
    [
      this.restoreStartedAtMs = 0,
      this.restoreReadyAtMs = 0,
      this.walReplayStartedAtMs = 0,
      this.walReplayReadyAtMs = 0,
      this.indexWarmupStartedAtMs = 0,
      this.indexWarmupReadyAtMs = 0,
    ] = marks;
    this.readyAtMs = readyAtMs;
    this.stages = stages;
  }

  /**
   * How long each stage took, in milliseconds: `restore`, `wal_replay`, `index_warmup`, the named
   * stages, `total` (created to Ready). A pair without both ends, or whose clock stepped back
   * between them, is left out; no number is ever negative.
   */
  durationsMs(): [name: string, ms: number][] {
    const pairs: [string, number, number][] = [
      ['restore', this.restoreStartedAtMs, this.restoreReadyAtMs],
      ['wal_replay', this.walReplayStartedAtMs, this.walReplayReadyAtMs],
      ['index_warmup', this.indexWarmupStartedAtMs, this.indexWarmupReadyAtMs],
      ...this.stages.map((stage): [string, number, number] => [
        stage.name,
        stage.startedAtMs,
        stage.readyAtMs,
      ]),
      ['total', this.startedAtMs, this.readyAtMs],
    ];
    return pairs
      .filter(([, started, ready]) => started > 0 && ready >= started)
      .map(([name, started, ready]) => [name, ready - started]);
  }
}

/** Sets mark `index` to now; false if it is set, or the clock has no time yet. */
export function markNow(seat: Seat, index: number): boolean {
  if (seat.core.markedAt(index) !== 0) return false;
  const now = seat.now();
  return now > 0 && seat.core.mark(index, now) === 1;
}

/**
 * Sets mark `index` to a time captured earlier; false if it is set.
 *
 * @throws {RangeError} unless `ms` is an integer in 1 … 2^48−1
 */
export function markAt(seat: Seat, index: number, ms: number): boolean {
  if (!isWhole(ms, 1, TIME_MAX_MS)) throw new RangeError(`Cannot set a mark to ${shown(ms)}`);
  return seat.core.mark(index, ms) === 1;
}

/** A named pair of marks. The first writer of each end wins, over all threads. */
export class Stage {
  readonly name: string;
  readonly #seat: Seat;
  readonly #startedMark: number;
  readonly #setReason: (text: string) => void;

  /**
   * Finds or registers the stage.
   *
   * @throws {LifecycleError} `invalid_argument` for a name that is not `[a-z][a-z0-9_]{0,31}`, or
   * is `total`; `stages_full` for one more than there is room for
   */
  constructor(seat: Seat, name: string, setReason: (text: string) => void) {
    const isName = typeof name === 'string' && STAGE_NAME.test(name) && name !== 'total';
    check(isName, 'the name of a stage', name);
    this.name = name;
    this.#seat = seat;
    this.#setReason = setReason;
    this.#startedMark = startedMark(seat, name);
  }

  /** Stamps the start; true if this call set it. */
  markStarted(): boolean {
    return markNow(this.#seat, this.#startedMark);
  }

  /** Stamps the end; true if this call set it. */
  markReady(): boolean {
    return markNow(this.#seat, this.#startedMark + 1);
  }

  /** Backfills the start. @throws {RangeError} unless an integer in 1 … 2^48−1 */
  setStartedAtMs(ms: number): boolean {
    return markAt(this.#seat, this.#startedMark, ms);
  }

  /** Backfills the end. @throws {RangeError} unless an integer in 1 … 2^48−1 */
  setReadyAtMs(ms: number): boolean {
    return markAt(this.#seat, this.#startedMark + 1, ms);
  }

  /**
   * Runs `fn` between the two marks, with the stage's name as the starting reason. What `fn`
   * throws, or rejects with, comes through, and the stage is then not ready.
   */
  run<T>(fn: () => T): T {
    this.#setReason(this.name);
    this.markStarted();
    const result = fn();
    if (isThenable(result)) {
      // A promise for what `fn` promised: `T` but for the methods of an unusual thenable.
      return Promise.resolve(result).then((value) => {
        this.markReady();
        return value;
      }) as T;
    }
    this.markReady();
    return result;
  }
}

/**
 * Collects every time until two passes agree. Each word changes once, so this ends, and the times
 * of the first of the two all held at the moment between them.
 */
export function collectColdStart(seat: Seat): ColdStartPhases {
  seat.settle();
  let pass = readPass(seat);
  while (true) {
    const next = readPass(seat);
    if (JSON.stringify(next) === JSON.stringify(pass)) return deepFreeze(next);
    pass = next;
  }
}

function readPass(seat: Seat): ColdStartPhases {
  const entered = (phase: Phase): number => Math.max(0, seat.core.enteredAt(phase));
  const marks = Array.from({ length: FIXED_MARKS }, (_, index) => seat.core.markedAt(index));
  const stages = readStages(seat);
  return new ColdStartPhases(entered(Phase.Starting), entered(Phase.Ready), marks, stages);
}

function readStages(seat: Seat): StageTimes[] {
  const stages: StageTimes[] = [];
  for (let cell = 0; cell < STAGE_CAPACITY; cell++) {
    if (seat.core.stageWord(cell, 0) === 0) break;
    const name = readName(seat, cell);
    // A cell whose registrar died half-way has no end, and is nobody's.
    if (name === undefined) continue;
    const started = FIXED_MARKS + cell * 2;
    stages.push({
      name,
      startedAtMs: seat.core.markedAt(started),
      readyAtMs: seat.core.markedAt(started + 1),
    });
  }
  return stages;
}

/** Four ASCII characters a word; the last word has the bit that says so. */
function readName(seat: Seat, cell: number): string | undefined {
  let name = '';
  for (let index = 0; index < STAGE_NAME_WORDS; index++) {
    const word = seat.core.stageWord(cell, index);
    for (let shift = 0; shift < 32; shift += 8) {
      const character = (word >> shift) & 0x7f;
      if (character !== 0) name += String.fromCharCode(character);
    }
    if ((word & STAGE_NAME_END) !== 0) return name;
  }
  return undefined;
}

function startedMark(seat: Seat, name: string): number {
  const named = NAMED.indexOf(name);
  if (named >= 0) return named * 2;
  const cell = seat.core.stage(seat.member.number, seat.staging.put(name, TEXT_BYTES));
  if (cell < 0) throw new LifecycleError('stages_full', 'Cannot add the stage: all are taken');
  return FIXED_MARKS + cell * 2;
}
