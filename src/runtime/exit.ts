/**
 * From Stopped to the end of the process: servers close, then what else there is to close, then
 * what the application does last, then stdout and stderr are written out. Together they have one
 * time limit. Which signals there are, and when it begins, is for `signals.ts`.
 *
 * @module
 */

import process from 'node:process';
import { journal, type LogEvent } from '../lifecycle/journal.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import type { Signal } from '../lifecycle/platform.ts';
import type { Closing } from './closables.ts';
import { graceMs } from './grace-period.ts';
import { stderrWritten, stdoutWritten } from './output.ts';
import { Remaining } from './shared-time-limit.ts';

/** What a store has for the last words of the record. */
const RECORD_MS = 1_000;

/** Something to be done after the servers have closed. */
export interface FinallyEntry {
  /** What the log calls it. */
  readonly name: string;
  /** Waited for. The signal aborts when its time is up. */
  run(context: { readonly signal: Signal }): unknown;
  /** Milliseconds, above 0; shortens its part of the time that all waits share. */
  readonly timeoutMs?: number | undefined;
}

/** What is to be done between Stopped and the exit. */
export interface LastThings {
  /** Closed side by side. */
  readonly servers: readonly Closing[];
  /** Closed one after the other. */
  readonly others: readonly Closing[];
  /** Run one after the other. */
  readonly finally: readonly FinallyEntry[];
  /** Notes for the next run whether all before it ended well; what it returns is waited for. */
  readonly record?: ((isWell: boolean) => unknown) | undefined;
}

/**
 * Does them in their order. Never rejects: what fails or does not end in time is logged, and the
 * next one has its turn.
 *
 * @returns true if all ended well, and in time
 */
export async function endWell(lifecycle: Lifecycle, last: LastThings): Promise<boolean> {
  const { servers, others } = last;
  const { record } = last;
  const waits = others.length + last.finally.length + Number(record !== undefined);
  // The servers, stdout and stderr are a wait each.
  const remaining = new Remaining(graceMs(lifecycle), waits + 3);
  let isWell = true;
  const note = (event: LogEvent): void => {
    isWell = false;
    journal(lifecycle, event);
  };
  const close = async (closing: Closing): Promise<void> => {
    const { name } = closing;
    try {
      await closing.close();
    } catch (error) {
      note({ type: 'close_failed', name, message: `Closing ${name} failed`, error });
    }
  };
  const late = (name: string): void =>
    note({ type: 'close_timed_out', name, message: `${name} did not close in time` });

  const open = new Set(servers);
  const closeAll = (): Promise<unknown> =>
    Promise.all(servers.map((server) => close(server).then(() => open.delete(server))));
  await remaining.next(closeAll);
  for (const { name } of open) late(name);
  for (const other of others) {
    if (!(await remaining.next(() => close(other)))) late(other.name);
  }
  for (const { name, run, timeoutMs } of last.finally) {
    try {
      const isOver = await remaining.next((signal) => run({ signal }), timeoutMs);
      const message = `finally "${name}" did not end in time`;
      if (!isOver) note({ type: 'finally_timed_out', name, message });
    } catch (error) {
      note({ type: 'finally_failed', name, message: `finally "${name}" failed`, error });
    }
  }
  if (record !== undefined && !(await remaining.next(() => record(isWell), RECORD_MS))) {
    // The process has ended well all the same.
    const message = 'The record was not written in time';
    journal(lifecycle, { type: 'record_failed', message });
  }
  if (!(await remaining.next(stdoutWritten))) {
    const message = 'stdout was not written out in time: its reader takes nothing more';
    note({ type: 'close_timed_out', name: 'stdout', message });
  }
  // What the lines above have said, too. If nobody reads it, there is nobody to say it to.
  if (!(await remaining.next(stderrWritten))) isWell = false;
  return isWell;
}

/** Makes the exit code 1, unless the application has set one that says more. */
export function markFailed(): void {
  if (exitCode() === 0) process.exitCode = 1;
}

/** The exit code so far, as the program set it; 0 if it did not. */
export function exitCode(): number {
  // On Deno the two are apart.
  const { Deno } = globalThis as { readonly Deno?: { readonly exitCode?: number } };
  return Number(process.exitCode ?? 0) || (Deno?.exitCode ?? 0);
}
