/**
 * Keeps the record of a run while it goes on, and finds out how the run before it ended. A failure
 * is one line of the log; it neither delays nor fails the shutdown.
 *
 * @module
 */

import process from 'node:process';
import { LeavingError } from '../../lifecycle/errors.ts';
import { journal } from '../../lifecycle/journal.ts';
import type { Lifecycle } from '../../lifecycle/lifecycle.ts';
import { Phase, type PhaseName, phaseName } from '../../lifecycle/phase.ts';
import { keepPreviousRun } from '../../lifecycle/previous-run.ts';
import { succeeded } from '../../lifecycle/report.ts';
import type { ShutdownEvent } from '../../lifecycle/shutdown-events.ts';
import { isThenable } from '../../lifecycle/thenable.ts';
import { whenLeaving } from '../when-leaving.ts';
import { isAlive, markOf } from './alive.ts';
import { RecordFile } from './file.ts';
import { type Kept, KeptInStore, type RecordStore } from './kept.ts';
import { errorLine, firstLine, type LineEvent, lineOf, readRecord } from './lines.ts';

/** What all writes of one run may block the loop for, before there are no more. */
const BLOCKING_MS = 2_000;

/** The record of this run. */
export class Recording {
  readonly #lifecycle: Lifecycle;
  readonly #kept: Kept;
  readonly #undos: (() => void)[] = [];
  readonly #known: () => void;
  #text = '';
  #phase: PhaseName = 'starting';
  #blockedMs = 0;
  #hasFailed = false;
  #hasCrashed = false;
  /** The previous run is known: from then on this one may take its place. */
  #isRead = false;
  #isOver = false;
  #exitCode: number | undefined;

  /**
   * Reads what the previous run has left, and begins to write: at once for a file and a store that is
   * synchronous.
   *
   * @param known called when the previous run becomes known later than that
   * @throws {LifecycleError} `detached`
   */
  constructor(lifecycle: Lifecycle, record: string | RecordStore, known: () => void) {
    this.#lifecycle = lifecycle;
    this.#known = known;
    this.#kept = this.#keptIn(record);
    const startedAtMs = lifecycle.startedAtMs();
    const readyAtMs = lifecycle.readyAtMs();
    const { pid } = process;
    this.#add(firstLine({ phase: this.#seen(), pid, mark: markOf(pid), startedAtMs, readyAtMs }));
    this.#read();
    this.#listen();
  }

  /** The file, if it is one: the probe thread notes there that it kills the process. */
  get path(): string | undefined {
    return this.#kept.path;
  }

  /** Notes an error that nobody caught: the first one. */
  crashed(error: unknown): void {
    if (this.#hasCrashed || error instanceof LeavingError) return;
    this.#hasCrashed = true;
    this.#note('crashed', { error: errorLine(error) });
  }

  /** Notes that the process ends with this code. Returns what is to be waited for, if anything. */
  ending(exitCode: number): Promise<void> | undefined {
    if (exitCode !== this.#exitCode) this.#note('exited', { exitCode });
    this.#exitCode = exitCode;
    return this.#kept.settled();
  }

  /** Notes nothing any more, and that this is so. */
  undo(): void {
    if (this.#isOver) return;
    for (const each of this.#undos.splice(0)) each();
    this.#note('undone');
    this.#isOver = true;
    this.#guarded(() => this.#kept.close());
  }

  #keptIn(record: string | RecordStore): Kept {
    if (typeof record !== 'string') return new KeptInStore(record, (error) => this.#fail(error));
    return this.#guarded(() => new RecordFile(record)) ?? new KeptInStore(NOWHERE, () => {});
  }

  #read(): void {
    const taken = (text: unknown): void => {
      if (this.#isOver) return;
      if (typeof text === 'string' && text !== '') {
        const run = readRecord(text, isAlive);
        if (run === undefined) this.#complain('is not one, and is ignored');
        else if (run !== null) keepPreviousRun(this.#lifecycle, run);
      }
      this.#begin();
    };
    const failed = (error: unknown): void => {
      this.#fail(error);
      this.#begin();
    };
    try {
      const text = this.#kept.read();
      if (isThenable(text)) {
        text.then((later) => {
          taken(later);
          this.#known();
        }, failed);
      } else taken(text);
    } catch (error) {
      failed(error);
    }
  }

  #begin(): void {
    this.#isRead = true;
    this.#write(this.#text);
  }

  #listen(): void {
    const lifecycle = this.#lifecycle;
    const crashed = (error: unknown): void => {
      // Who handles it decides whether it ends the process; we do in `crashes.ts`.
      if (process.listenerCount('uncaughtException') === 0) this.crashed(error);
    };
    const exiting = (code: number): void => void this.ending(code);
    process.on('uncaughtExceptionMonitor', crashed);
    process.on('exit', exiting);
    this.#undos.push(
      () => process.off('uncaughtExceptionMonitor', crashed),
      () => process.off('exit', exiting),
      lifecycle.onTransition(({ to, atMs }) => {
        const report = to === Phase.Stopped ? lifecycle.shutdownReport() : null;
        const ok = report === null ? {} : { ok: succeeded(report) };
        this.#note('phase', { phase: phaseName(to), enteredAtMs: atMs, ...ok });
      }),
      lifecycle.onShutdown((event) => this.#step(event)),
      whenLeaving(lifecycle, () => {
        const { trigger = null, leftMs = null } = lifecycle.snapshot().shutdown ?? {};
        this.#note('accepted', { trigger, leftMs });
      }),
    );
  }

  #step(event: ShutdownEvent): void {
    if (event.type === 'step_started') this.#note('step_started', { step: event.step });
    if (event.type !== 'step_ended') return;
    this.#note('step_ended', { step: event.step, status: event.status });
  }

  #note(event: LineEvent, more: Readonly<Record<string, unknown>> = {}): void {
    this.#add(lineOf(event, { phase: this.#seen(), ...more }));
  }

  #add(line: string): void {
    if (this.#isOver) return;
    this.#text += line;
    if (this.#isRead) this.#write(line);
  }

  #write(line: string): void {
    const beganMs = performance.now();
    this.#guarded(() => this.#kept.write(this.#text, line));
    this.#blockedMs += performance.now() - beganMs;
    if (this.#blockedMs < BLOCKING_MS) return;
    // As a network file system does whose server is gone.
    this.#isOver = true;
    this.#complain(`is not written any more: it took ${Math.round(this.#blockedMs)} ms`);
  }

  /** The phase now, or the last one before this thread detached. */
  #seen(): PhaseName {
    try {
      this.#phase = phaseName(this.#lifecycle.phase());
    } catch {
      // Nobody asks what became of it.
    }
    return this.#phase;
  }

  #guarded<T>(run: () => T): T | undefined {
    try {
      return run();
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  /** What went wrong first is why the rest does. */
  #fail(error: unknown): void {
    this.#complain(`cannot be kept: ${errorLine(error)}`);
  }

  #complain(what: string): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    const where = this.path === undefined ? '' : ` ${this.path}`;
    journal(this.#lifecycle, { type: 'record_failed', message: `The record${where} ${what}` });
  }
}

/** Where a record goes that has no place. */
const NOWHERE: RecordStore = { read: () => null, write: () => {} };
