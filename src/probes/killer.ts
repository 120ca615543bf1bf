/**
 * Holds the process to its time: the shutdown to its budget, and what follows to the limit that all
 * waits share. A main thread that blocks or hangs cannot prevent it. It runs on the probe thread,
 * and never ends a process that is in time.
 *
 * @module
 */

import { constants, open, write } from 'node:fs';
import process from 'node:process';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { Phase } from '../lifecycle/phase.ts';
import { graceMs } from '../runtime/grace-period.ts';
import { lineOf } from '../runtime/record/lines.ts';

/** What a host that is in time needs to end after its deadline: a report, and the exit. */
const GRACE_MS = 150;
/** From the limit of the waits after Stopped to the kill: who keeps to the limit is gone by then. */
const EXIT_GRACE_MS = 1_000;
/** What the record says of a kill. */
const OUT = 'out_of_budget';
/** The file descriptor of stderr. */
const STDERR = 2;
/** How long the line about the kill may take to be written. */
const LINE_MS = 100;
/** The same for the record, which the next run is to find: it is on a disk, and nobody has to read it. */
const RECORD_MS = 500;

/** What has to be reported about a kill. */
export interface Notice {
  /** Nothing on stderr. */
  readonly isSilent: boolean;
  /** The file of the record. */
  readonly record?: string | undefined;
}

/** What holds one process to its time. */
export class Killer {
  readonly #lifecycle: Lifecycle;
  /** When the waits after Stopped must be over, by this thread's own clock. */
  #exitsBy: number | undefined;
  readonly #unheard: readonly object[];
  #isKilling = false;
  #isSilent = false;
  #path: string | undefined;
  #record: number | undefined;

  /** @param unheard reported with a kill as well: admin calls that the audit has not heard of */
  constructor(lifecycle: Lifecycle, unheard: readonly object[]) {
    this.#lifecycle = lifecycle;
    this.#unheard = unheard;
  }

  /** Reports a kill. The record is opened now, since later it may belong to another process. */
  tell({ isSilent, record }: Notice): void {
    this.#isSilent = isSilent;
    if (record === undefined || record === this.#path) return;
    this.#path = record;
    open(record, constants.O_WRONLY | constants.O_APPEND, (error, file) => {
      if (error === null) this.#record = file;
    });
  }

  /** Kills the process if its time is up. @param againMs when the next look is due */
  look(againMs: number): void {
    this.#lifecycle.watchBeats();
    const isStopped = this.#lifecycle.phase() === Phase.Stopped;
    const leftMs = isStopped ? this.#exitLeftMs() : this.#budgetLeftMs();
    if (leftMs === null) return;
    if (leftMs <= 0) {
      this.#kill(
        isStopped
          ? 'The process did not end in time after the shutdown'
          : 'The shutdown did not end within its budget',
      );
    }
    // Not a look later than it has to be.
    else if (leftMs < againMs) setTimeout(() => this.look(againMs), leftMs);
  }

  #budgetLeftMs(): number | null {
    const leftMs = this.#lifecycle.shutdownLeftMs();
    return leftMs === null ? null : leftMs + GRACE_MS;
  }

  /** Nothing can be lost any more; but where the process is to end, it does. */
  #exitLeftMs(): number | null {
    if (!this.#lifecycle.isExiting()) {
      this.#exitsBy = undefined;
      return null;
    }
    // What is left of the budget now is what was left for those who wait, or a look less.
    this.#exitsBy ??= performance.now() + graceMs(this.#lifecycle) + EXIT_GRACE_MS;
    return this.#exitsBy - performance.now();
  }

  /** `process.exit` in a worker ends the worker; only a signal ends a process that is blocked. */
  #kill(why: string): void {
    if (this.#isKilling) return;
    this.#isKilling = true;
    const kill = (): void => {
      process.kill(process.pid, 'SIGKILL');
    };
    // On a line of its own, whatever has been cut before it.
    const record = this.#record === undefined ? [] : [[this.#record, `\n${lineOf(OUT)}`] as const];
    // Not through the main thread, as a worker's own stderr goes, and not for longer than a moment:
    // the pipe may be full, and the write block.
    const acts = this.#unheard.map((act) => `tidegate: audit: ${JSON.stringify(act)}\n`).join('');
    const said = `${acts}tidegate: ${why}: SIGKILL\n`;
    const line = this.#isSilent ? [] : [[STDERR, said] as const];
    const texts = [...line, ...record];
    if (texts.length === 0) kill();
    let left = texts.length;
    const written = (): void => {
      left -= 1;
      if (left === 0) kill();
    };
    setTimeout(kill, record.length === 0 ? LINE_MS : RECORD_MS);
    for (const [file, text] of texts) write(file, text, written);
  }
}
