/**
 * The second part of the facade: the cold start, its marks and stages, and why the process is not ready
 * yet. Each call passes on to the module that does the work.
 *
 * @module
 */

import {
  MARK_INDEX_WARMUP,
  MARK_READY,
  MARK_RESTORE,
  MARK_STARTED,
  MARK_WAL_REPLAY,
} from '../../assembly/layout.ts';
import { type ColdStartPhases, collectorOf } from './cold-start.ts';
import type { Leaving } from './leaving.ts';
import { readReason, setReason } from './reason.ts';
import type { Seat } from './seat.ts';
import { markAt, markNow, Stage } from './stage.ts';
import { Timeline } from './timeline.ts';

/**
 * What a lifecycle says of its cold start. Of each mark the first writer wins, over all threads; every
 * later mark or backfill changes nothing and returns false.
 *
 * @internal
 */
export abstract class Boot extends Timeline {
  readonly #seat: Seat;
  readonly #leaving: Leaving;
  readonly #coldStart: () => ColdStartPhases;

  protected constructor(seat: Seat, leaving: Leaving) {
    super(seat);
    this.#seat = seat;
    this.#leaving = leaving;
    this.#coldStart = collectorOf(seat);
  }

  /**
   * Stamps the start of the restore with the time now.
   *
   * @returns true if this call set it; false if it was set, or while the clock has no time yet
   * @throws {LifecycleError} `invalid_clock`, `detached`
   * @example
   * ```ts
   * lifecycle.markRestoreStarted(); // true
   * lifecycle.markRestoreReady(); // true
   * lifecycle.markReady();
   * lifecycle.coldStartPhases().durationsMs(); // [['restore', 0], ['total', 1]]
   * ```
   */
  markRestoreStarted(): boolean {
    return markNow(this.#seat, MARK_RESTORE + MARK_STARTED);
  }

  /** Stamps the end of the restore with the time now. Returns and throws as its start. */
  markRestoreReady(): boolean {
    return markNow(this.#seat, MARK_RESTORE + MARK_READY);
  }

  /** Stamps the start of the write-ahead log's replay with the time now. Likewise. */
  markWalReplayStarted(): boolean {
    return markNow(this.#seat, MARK_WAL_REPLAY + MARK_STARTED);
  }

  /** Stamps the end of the write-ahead log's replay with the time now. Likewise. */
  markWalReplayReady(): boolean {
    return markNow(this.#seat, MARK_WAL_REPLAY + MARK_READY);
  }

  /** Stamps the start of the index warm-up with the time now. Likewise. */
  markIndexWarmupStarted(): boolean {
    return markNow(this.#seat, MARK_INDEX_WARMUP + MARK_STARTED);
  }

  /** Stamps the end of the index warm-up with the time now. Likewise. */
  markIndexWarmupReady(): boolean {
    return markNow(this.#seat, MARK_INDEX_WARMUP + MARK_READY);
  }

  /**
   * Sets the start of the restore to a time captured earlier, before the lifecycle existed.
   *
   * @param ms wall-clock milliseconds since the Unix epoch
   * @returns true if this call set it
   * @throws {RangeError} unless `ms` is an integer from 1 to 2^48−1, whether it was set or not
   * @throws {LifecycleError} `detached`
   * @example
   * ```ts
   * const startedAtMs = Date.now(); // before the lifecycle was created
   * lifecycle.setRestoreStartedAtMs(startedAtMs); // true
   * ```
   */
  setRestoreStartedAtMs(ms: number): boolean {
    return markAt(this.#seat, MARK_RESTORE + MARK_STARTED, ms);
  }

  /** Sets the end of the restore. Takes, returns and throws as its start. */
  setRestoreReadyAtMs(ms: number): boolean {
    return markAt(this.#seat, MARK_RESTORE + MARK_READY, ms);
  }

  /** Sets the start of the write-ahead log's replay. Likewise. */
  setWalReplayStartedAtMs(ms: number): boolean {
    return markAt(this.#seat, MARK_WAL_REPLAY + MARK_STARTED, ms);
  }

  /** Sets the end of the write-ahead log's replay. Likewise. */
  setWalReplayReadyAtMs(ms: number): boolean {
    return markAt(this.#seat, MARK_WAL_REPLAY + MARK_READY, ms);
  }

  /** Sets the start of the index warm-up. Likewise. */
  setIndexWarmupStartedAtMs(ms: number): boolean {
    return markAt(this.#seat, MARK_INDEX_WARMUP + MARK_STARTED, ms);
  }

  /** Sets the end of the index warm-up. Likewise. */
  setIndexWarmupReadyAtMs(ms: number): boolean {
    return markAt(this.#seat, MARK_INDEX_WARMUP + MARK_READY, ms);
  }

  /**
   * All times of the cold start, consistent with each other: frozen, and the same object for as long
   * as nothing is new.
   *
   * @throws {LifecycleError} `detached`; `invalid_clock` while the clock has no time yet
   */
  coldStartPhases(): ColdStartPhases {
    return this.#coldStart();
  }

  /**
   * A stage of the boot, shared by all threads: the first call with a name registers it. `restore`,
   * `wal_replay` and `index_warmup` are the marks above; 32 more can be added.
   *
   * @param name one letter from a to z, then at most 31 more of `a-z`, `0-9` and `_`; not `total`
   * @throws {LifecycleError} `invalid_argument` for any other name, `stages_full` for one too many,
   * `reaped`, `detached`
   * @example
   * ```ts
   * const rows = await lifecycle.stage('load_rows').run(async () => ['a', 'b']);
   * rows.length; // 2
   * ```
   */
  stage(name: string): Stage {
    return new Stage(this.#seat, name, this.#leaving);
  }

  /**
   * Says why the process is not ready yet, for the readiness answer; the last text wins, over all
   * threads. In any phase but Starting it does nothing.
   *
   * @param text any string; the longest prefix of at most 240 UTF-8 bytes that ends at a code point is
   * kept, and a lone surrogate becomes U+FFFD
   * @throws {LifecycleError} `invalid_argument` if it is not a string, `reaped`, `detached`
   * @example
   * ```ts
   * lifecycle.setStartingReason('waiting for the database');
   * lifecycle.notReadyReason(); // 'waiting for the database'
   * ```
   */
  setStartingReason(text: string): void {
    setReason(this.#seat, text);
  }

  /**
   * Why the process is not ready; `null` before the first reason, and in any phase but Starting.
   *
   * @throws {LifecycleError} `reaped`, `detached`
   */
  notReadyReason(): string | null {
    return readReason(this.#seat);
  }
}
