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
import type { Core } from '../core/core.ts';
import { check, isWhole } from './check.ts';
import { TIME_MAX_MS } from './clock.ts';
import { LifecycleError, shown } from './errors.ts';
import type { Seat } from './seat.ts';
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

type EightTimes = [number, number, number, number, number, number, number, number];
/** Creation, Ready, the six marks, then two a stage. */
type ColdStartTimes = [...EightTimes, ...number[]];

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

  /** @param times creation, Ready, and the six marks: and more, which it does not look at */
  constructor(times: ColdStartTimes, stages: readonly StageTimes[]) {
    // Set in the order of the contract, which JSON and `Object.keys()` then have too.
    this.startedAtMs = times[0];
    this.restoreStartedAtMs = times[2];
    this.restoreReadyAtMs = times[3];
    this.walReplayStartedAtMs = times[4];
    this.walReplayReadyAtMs = times[5];
    this.indexWarmupStartedAtMs = times[6];
    this.indexWarmupReadyAtMs = times[7];
    this.readyAtMs = times[1];
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
   * is `total`; `stages_full` for one more than there is room for; `reaped`
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
 * Makes what collects every time and name of a seat, as of one moment: the same object for as long as
 * nothing is new. What is there never changes again, so a pass looks only for what is missing, and
 * once one finds nothing new, all was so at the moment it began: what was found before is there
 * still, and what it missed was missing then.
 */
export function collectorOf(seat: Seat): () => ColdStartPhases {
  const times: ColdStartTimes = [0, 0, 0, 0, 0, 0, 0, 0];
  const names: (string | undefined)[] = [];
  let phases: ColdStartPhases | undefined;
  return () => {
    seat.settle();
    const { core } = seat;
    // Asked for in any case: the core of a seat that was given back throws, and there is no look.
    const { stageWord } = core;
    let isNew = true;
    while (isNew) {
      isNew = false;
      while (names.length < STAGE_CAPACITY && stageWord(names.length, 0) !== 0) {
        names.push(undefined);
        times.push(0, 0);
      }
      for (let cell = 0; cell < names.length; cell++) {
        // A cell whose registrar died half-way has no end, and is nobody's.
        if (names[cell] !== undefined) continue;
        names[cell] = readName(core, cell);
        isNew ||= names[cell] !== undefined;
      }
      for (let place = 0; place < times.length; place++) {
        if (times[place] !== 0) continue;
        const time = place < 2 ? core.enteredAt(place) : core.markedAt(place - 2);
        if (time <= 0) continue;
        times[place] = time;
        isNew = true;
      }
      if (isNew) phases = undefined;
    }
    phases ??= Object.freeze(
      new ColdStartPhases(
        times,
        Object.freeze(
          names.flatMap((name, cell) => {
            const [startedAtMs = 0, readyAtMs = 0] = times.slice(8 + cell * 2);
            return name === undefined ? [] : [Object.freeze({ name, startedAtMs, readyAtMs })];
          }),
        ),
      ),
    );
    return phases;
  };
}

/** Four ASCII characters a word; the last word has the bit that says so. */
function readName(core: Core, cell: number): string | undefined {
  let name = '';
  for (let index = 0; index < STAGE_NAME_WORDS; index++) {
    const word = core.stageWord(cell, index);
    for (let shift = 0; shift < 32; shift += 8) {
      const character = (word >> shift) & 0x7f;
      if (character !== 0) name += String.fromCharCode(character);
    }
    if ((word & STAGE_NAME_END) !== 0) return name;
  }
  return undefined;
}

function startedMark(seat: Seat, name: string): number {
  // Read first: that throws once the seat was given back, for the named three as well.
  const { stage } = seat.core;
  const named = NAMED.indexOf(name);
  if (named >= 0) return named * 2;
  seat.mustLive();
  const cell = stage(seat.member.number, seat.staging.put(name, TEXT_BYTES));
  if (cell < 0) throw new LifecycleError('stages_full', 'Cannot add the stage: all are taken');
  return FIXED_MARKS + cell * 2;
}
