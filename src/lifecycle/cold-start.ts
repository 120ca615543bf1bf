/**
 * Cold start: one consistent view of the six marks and the named stages. How they are set is
 * `stage.ts`.
 *
 * @module
 */

import {
  STAGE_CAPACITY,
  STAGE_NAME_CHARACTER_BITS,
  STAGE_NAME_CHARACTER_MASK,
  STAGE_NAME_END,
  STAGE_NAME_WORDS,
} from '../../assembly/layout.ts';
import type { Core } from '../core/core.ts';
import type { Seat } from './seat.ts';

/** A stage of the boot, with its times; 0 where it has not happened. */
export interface StageTimes {
  /** As it was given to `stage()`. */
  readonly name: string;
  /** When it started, in wall-clock milliseconds; 0 if it has not. */
  readonly startedAtMs: number;
  /** When it ended, in wall-clock milliseconds; 0 if it has not. */
  readonly readyAtMs: number;
}

/** The pairs that have marks of their own, in the order of the contract. */
export const NAMED_STAGES: readonly [string, string, string] = [
  'restore',
  'wal_replay',
  'index_warmup',
];

type EightTimes = [number, number, number, number, number, number, number, number];
/** Creation, Ready, the six marks, then two a stage. */
type ColdStartTimes = [...EightTimes, ...number[]];

/**
 * The cold start at one moment: wall-clock milliseconds, 0 where it has not happened.
 *
 * @example
 * ```ts
 * lifecycle.stage('load_rows').run(() => ['a', 'b']);
 * lifecycle.markReady();
 * for (const [name, ms] of lifecycle.coldStartPhases().durationsMs()) console.log(name, ms);
 * ```
 */
export class ColdStartPhases {
  /** When the lifecycle was created. */
  readonly startedAtMs: number;
  /** When the restore started. */
  readonly restoreStartedAtMs: number;
  /** When the restore ended. */
  readonly restoreReadyAtMs: number;
  /** When the replay of the write-ahead log started. */
  readonly walReplayStartedAtMs: number;
  /** When the replay of the write-ahead log ended. */
  readonly walReplayReadyAtMs: number;
  /** When the index warm-up started. */
  readonly indexWarmupStartedAtMs: number;
  /** When the index warm-up ended. */
  readonly indexWarmupReadyAtMs: number;
  /** When the phase became Ready. */
  readonly readyAtMs: number;
  /** The stages beyond the three named ones, by first registration. */
  readonly stages: readonly StageTimes[];

  /**
   * Made by the lifecycle, as `lifecycle.coldStartPhases()`.
   *
   * @param times creation, Ready, the six marks, and more, which it does not look at
   */
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
    const [restore, walReplay, indexWarmup] = NAMED_STAGES;
    const pairs: [string, number, number][] = [
      [restore, this.restoreStartedAtMs, this.restoreReadyAtMs],
      [walReplay, this.walReplayStartedAtMs, this.walReplayReadyAtMs],
      [indexWarmup, this.indexWarmupStartedAtMs, this.indexWarmupReadyAtMs],
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

/**
 * Makes what collects every time and name of a seat, consistent with each other: the same object
 * for as long as nothing is new. What is there never changes again, so a pass looks only for what is
 * missing, and once one finds nothing new, all was so at the moment it began: what was found before is
 * there still, and what it missed was missing then.
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
    for (let shift = 0; shift < 32; shift += STAGE_NAME_CHARACTER_BITS) {
      const character = (word >> shift) & STAGE_NAME_CHARACTER_MASK;
      if (character !== 0) name += String.fromCharCode(character);
    }
    if ((word & STAGE_NAME_END) !== 0) return name;
  }
  return undefined;
}
