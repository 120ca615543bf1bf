/**
 * The journal: one event for each thing that goes wrong where no caller could be told. It decides
 * nothing, and is silent while all is well.
 *
 * @module
 */

/** What went wrong. */
export type LogEventType =
  /** A step of the shutdown threw or rejected. */
  | 'step_failed'
  /** A step of the shutdown did not end in time. */
  | 'step_timed_out'
  /** What was in progress did not end within the drain time-out. */
  | 'drain_timed_out'
  /** A step names in `after` a step that does not exist. */
  | 'unknown_after'
  /** A listener (`onTransition`, `onShutdown`, `log`) threw or rejected. */
  | 'listener_failed'
  /** A `fetch` handler threw or rejected. */
  | 'fetch_failed'
  /** `details` threw, or returned what no answer can have. */
  | 'details_failed'
  /** The function `adminToken` threw, or returned what cannot be a token. */
  | 'token_failed'
  /** The function `audit` threw or rejected. */
  | 'audit_failed'
  /** Something in `servers` could not be closed. */
  | 'close_failed'
  /** Something in `servers` did not close in time. */
  | 'close_timed_out'
  /** One of `finally` threw or rejected. */
  | 'finally_failed'
  /** One of `finally` did not end in time. */
  | 'finally_timed_out'
  /** The record of this run cannot be kept, or that of the previous one cannot be read. */
  | 'record_failed'
  /** An error that nobody caught. */
  | 'uncaught'
  /** A signal came to a thread that has detached from the lifecycle. */
  | 'detached'
  /** A lease was lost or not given back, or its store does not answer. */
  | 'lease_failed'
  /** The store of a fleet does not answer. */
  | 'fleet_failed'
  /** The budget was over, and the process is killed. */
  | 'killed';

/** One event of the journal. */
export interface LogEvent {
  /** What went wrong, for programs. */
  readonly type: LogEventType;
  /** One line for a person to read. */
  readonly message: string;
  /** Of the step, server or hook, if it has one. */
  readonly name?: string | undefined;
  /** What was thrown, uncut. */
  readonly error?: unknown;
}

/** Takes events in place of stderr. */
export type Log = (event: LogEvent) => void;

/** Where the events of one lifecycle object go. */
export class Journal {
  readonly #logs: Set<((event: LogEvent) => unknown) | false> = new Set();

  /** Sends an event to every log that is installed; without one it is a line on stderr. */
  write(event: LogEvent): void {
    if (this.#logs.size === 0) print(event);
    for (const log of this.#logs) {
      if (log === false) continue;
      // It is printed: written to the log, it might fail without an end.
      const failed = (error: unknown): void => {
        print(event);
        print({ type: 'listener_failed', message: 'The log failed', error });
      };
      try {
        const written: unknown = log(event);
        if (written instanceof Promise) written.catch(failed);
      } catch (error) {
        failed(error);
      }
    }
  }

  /** Runs a listener; what it throws, or rejects with, is an event and goes no further. */
  tell<T>(what: string, listener: (value: T) => unknown, value: T): void {
    const failed = (error: unknown): void =>
      this.write({ type: 'listener_failed', message: `A listener of ${what} failed`, error });
    try {
      const told = listener(value);
      if (told instanceof Promise) told.catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  /** Installs a log, `false` for none at all. Returns the undo. */
  install(log: Log | false): () => void {
    // One of its own, so that the undo takes back this one and no equal one.
    const own = log === false ? log : (event: LogEvent): unknown => log(event);
    this.#logs.add(own);
    return () => {
      this.#logs.delete(own);
    };
  }
}

const journals: WeakMap<object, Journal> = new WeakMap();

/** Says whose journal it is; the lifecycle does. */
export function keepJournal(lifecycle: object, journal: Journal): void {
  journals.set(lifecycle, journal);
}

/** The journal of a lifecycle. */
export function journalOf(lifecycle: object): Journal | undefined {
  return journals.get(lifecycle);
}

/** Writes an event into the journal of a lifecycle. */
export function journal(lifecycle: object, event: LogEvent): void {
  const found = journals.get(lifecycle);
  if (found === undefined) print(event);
  else found.write(event);
}

/** Sends the events of a lifecycle to `log` instead of stderr; `false` drops them. Returns the undo. */
export function installLog(lifecycle: object, log: Log | false): () => void {
  return journals.get(lifecycle)?.install(log) ?? (() => {});
}

/** On one line, and an error with its stack below it. */
function print({ message, error }: LogEvent): void {
  const { console } = globalThis as { readonly console: { error(...values: unknown[]): void } };
  if (error === undefined) console.error(`tidegate: ${message}`);
  else console.error(`tidegate: ${message}:`, error);
}
