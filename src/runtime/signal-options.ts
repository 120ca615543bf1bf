/**
 * The options of `handleSignals`, and what is wrong with them. Nothing here installs anything.
 *
 * @module
 */

import { TIMER_MAX_MS } from '../lifecycle/clock.ts';
import { LifecycleError, shown } from '../lifecycle/errors.ts';
import { isLifecycle } from '../lifecycle/is-lifecycle.ts';
import type { LogEvent } from '../lifecycle/journal.ts';
import { checkKeys } from '../lifecycle/known-keys.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { type Closable, isClosable } from './closables.ts';
import type { FinallyEntry } from './exit.ts';
import { isMainThread } from './main-thread.ts';
import type { RecordStore } from './record/kept.ts';
import { numbersOf } from './signal-names.ts';

/** What `handleSignals` takes. */
export interface SignalOptions {
  /**
   * Names of the signals that ask for the shutdown; default SIGTERM and SIGINT. Names that only other
   * platforms have are ignored, so that one list serves all. SIGKILL, SIGSTOP, which no process can
   * handle, and unknown names are refused.
   */
  readonly signals?: readonly string[] | undefined;
  /**
   * Closed, and waited for, when the lifecycle is Stopped. Servers of `node:http`, `node:https`,
   * `node:http2` and `node:net` are adopted (see `adopt`); what has a `close(callback)` is waited for
   * by its callback or its promise, whichever comes first. A `close` with a parameter is called with a
   * callback unless it is an async function: where the parameter is something else, give
   * `{ close: () => queue.close() }`. The servers of `serve` and `adopt` are closed in any case.
   * Default none.
   */
  readonly servers?: readonly Closable[] | undefined;
  /**
   * Done after the servers have closed, one after the other: exporters, connection pools. Each gets a
   * signal that aborts when its time is up. One that throws or does not end in time is logged, and
   * makes the exit code 1. Default none.
   */
  readonly finally?: readonly FinallyEntry[] | undefined;
  /**
   * False: ending the process is left to the application, and nothing is done after Stopped. A
   * signal in `force` still ends it. Default true.
   */
  readonly exit?: boolean | undefined;
  /**
   * True: an uncaught exception or an unhandled rejection is logged, and runs the shutdown with the
   * trigger `uncaughtException` or `unhandledRejection` and `failed: true`. Default false: until a
   * shutdown is accepted, the runtime does with it what it always does.
   */
  readonly crashes?: boolean | undefined;
  /**
   * Names of the signals that end the process at once if they come more than 250 ms after the first
   * one; default SIGINT. One that is not in `signals` is listened to only from the first signal on.
   * An empty list forces never.
   */
  readonly force?: readonly string[] | undefined;
  /**
   * Gets what would be a line on stderr: failed and timed-out steps, closings and `finally` entries,
   * listeners and handlers that threw, uncaught errors. `false` drops it. The probe thread writes its
   * line about a kill to stderr unless this is `false`: the loop that would call a function is blocked.
   */
  readonly log?: ((event: LogEvent) => void) | false | undefined;
  /**
   * Where a record of this run is kept, for the next one: there `lifecycle.previousRun()` says how this
   * one ended. The path of a file, in a folder that is there, on a local disk; or a store. One process
   * at a time: a second one takes the record over. A record that cannot be read or written is one
   * line of the log, and nothing else. Default none.
   */
  readonly record?: string | RecordStore | undefined;
}

/** {@link SignalOptions} after the check, copied, defaults filled in. */
export interface CheckedSignals {
  readonly signals: ReadonlyMap<string, number>;
  readonly force: ReadonlyMap<string, number>;
  readonly servers: readonly Closable[];
  readonly finally: readonly FinallyEntry[];
  readonly exit: boolean;
  readonly crashes: boolean;
  readonly log: ((event: LogEvent) => void) | false | undefined;
  readonly record: string | RecordStore | undefined;
}

const ACTION = 'handle signals';
const KEYS = ['signals', 'servers', 'finally', 'exit', 'crashes', 'force', 'log', 'record'];
const FINALLY_KEYS = ['name', 'run', 'timeoutMs'];

/**
 * Checks what an application asks for.
 *
 * @throws {LifecycleError} `not_main_thread`, `invalid_argument`
 */
export function checkSignals(lifecycle: Lifecycle, options: SignalOptions): CheckedSignals {
  if (!isMainThread()) {
    const why = 'this is a worker, and signals reach the main thread only';
    throw new LifecycleError('not_main_thread', `Cannot ${ACTION}: ${why}`);
  }
  if (!isLifecycle(lifecycle)) throw invalid('lifecycle must be a Lifecycle');
  if (typeof options !== 'object' || options === null) {
    throw invalid(`options must be an object, got ${shown(options)}`);
  }
  checkKeys(ACTION, options, KEYS);
  const { signals = ['SIGTERM', 'SIGINT'], force = ['SIGINT'] } = options;
  const { exit = true, crashes = false, log, record } = options;
  flag('exit', exit);
  flag('crashes', crashes);
  if (log !== undefined && log !== false && typeof log !== 'function') {
    throw invalid(`log must be a function or false, got ${shown(log)}`);
  }
  if (record !== undefined && !isPlace(record)) {
    throw invalid(`record must be a path or have read() and write(), got ${shown(record)}`);
  }
  const { servers: given = [], finally: lastly = [] } = options;
  const servers = list('servers', given);
  for (const server of servers) {
    if (!isClosable(server)) throw invalid(`a server must have close(), got ${shown(server)}`);
  }
  return {
    signals: named('signals', signals),
    force: named('force', force),
    servers,
    finally: list('finally', lastly).map(checkFinally),
    exit,
    crashes,
    log,
    record,
  };
}

function isPlace(record: unknown): boolean {
  if (typeof record === 'string') return record !== '' && !record.includes('\0');
  const { read, write } = (record as Partial<RecordStore> | null) ?? {};
  return typeof read === 'function' && typeof write === 'function';
}

function checkFinally(entry: FinallyEntry): FinallyEntry {
  if (typeof entry !== 'object' || entry === null) {
    throw invalid(`an entry of finally must be an object, got ${shown(entry)}`);
  }
  checkKeys(ACTION, entry, FINALLY_KEYS);
  const { name, timeoutMs } = entry;
  if (typeof name !== 'string' || name === '') {
    throw invalid(`an entry of finally must have a name, got ${shown(name)}`);
  }
  if (typeof entry.run !== 'function') {
    throw invalid(`run of finally "${name}" must be a function, got ${shown(entry.run)}`);
  }
  const isTime = typeof timeoutMs === 'number' && timeoutMs >= 0 && timeoutMs <= TIMER_MAX_MS;
  if (timeoutMs !== undefined && !isTime) {
    const range = `between 0 and ${TIMER_MAX_MS}`;
    throw invalid(`timeoutMs of finally "${name}" must be ${range}, got ${shown(timeoutMs)}`);
  }
  return { name, run: (context) => entry.run(context), timeoutMs };
}

function named(option: string, names: readonly string[]): Map<string, number> {
  const numbers = numbersOf(list(option, names));
  if (typeof numbers === 'string') throw invalid(numbers);
  return numbers;
}

function list<T>(option: string, values: readonly T[]): readonly T[] {
  if (!Array.isArray(values)) throw invalid(`${option} must be an array, got ${shown(values)}`);
  return [...values];
}

function flag(option: string, value: unknown): void {
  if (typeof value !== 'boolean') throw invalid(`${option} must be a boolean, got ${shown(value)}`);
}

/** The error of `handleSignals` for a bad argument. */
export function invalid(what: string): LifecycleError {
  return new LifecycleError('invalid_argument', `Cannot ${ACTION}: ${what}`);
}
