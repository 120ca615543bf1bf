/**
 * The process that simulated threads are in: its signals, its exit code, its uncaught errors. What they
 * do is the library's to decide; without a listener the process ends as a real one does.
 *
 * @module
 */

type Listener = (value: unknown) => void;

/** How it ended. */
export interface Exit {
  readonly code: number;
  readonly atMs: number;
  /** What ended it: `process.exit`, a signal without a listener, an error that nobody heard of. */
  readonly by: string;
}

/** Numbers of the signals that lives are sent. */
const SIGNALS: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };

/** One process. */
export class SimulatedProcess {
  exitCode: number | undefined;
  ended: Exit | undefined;
  /** True if stdin is a terminal. */
  isTerminal = false;
  readonly #listeners: Map<string, Set<Listener>> = new Map();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** One comes from outside. */
  signal(name: string): void {
    if (!this.#emit(name, name)) this.#end(128 + (SIGNALS[name] ?? 0), name);
  }

  /** A thread threw, and nobody caught it. */
  threw(error: unknown): void {
    if (!this.#emit('uncaughtException', error)) this.#end(1, `uncaught: ${error}`);
  }

  /** A promise was rejected, and nobody listened. */
  rejected(reason: unknown): void {
    if (!this.#emit('unhandledRejection', reason)) this.#end(1, `unhandled: ${reason}`);
  }

  /** The object `process` of a thread. */
  forThread(number: number): object {
    const around = this;
    const stream = {
      writableLength: 0,
      destroyed: false,
      on: () => stream,
      write: (_text: string, then: () => void) => then(),
      end: (then: () => void) => then(),
    };
    return {
      get exitCode(): number | undefined {
        return around.exitCode;
      },
      set exitCode(code: number | undefined) {
        around.exitCode = code;
      },
      get isTerminal(): boolean {
        return around.isTerminal;
      },
      isMain: number === 0,
      env: {},
      platform: 'linux',
      pid: 1_000,
      ppid: 1,
      on: (name: string, listener: Listener) => around.#listen(name, listener),
      off: (name: string, listener: Listener) => around.#listeners.get(name)?.delete(listener),
      exit: (code = around.exitCode ?? 0) => around.#end(code, 'exit'),
      stdout: stream,
      stderr: stream,
      getBuiltinModule: (name: string) =>
        name === 'node:worker_threads' ? { threadId: number } : undefined,
    };
  }

  #listen(name: string, listener: Listener): void {
    this.#listeners.set(name, (this.#listeners.get(name) ?? new Set()).add(listener));
  }

  #emit(name: string, value: unknown): boolean {
    const listeners = [...(this.#listeners.get(name) ?? [])];
    for (const listener of listeners) listener(value);
    return listeners.length > 0;
  }

  #end(code: number, by: string): void {
    this.ended ??= { code, by, atMs: this.#nowMs() };
  }
}
