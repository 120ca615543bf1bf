/**
 * Signals and the exit: SIGTERM and SIGINT ask for the shutdown, and the process ends when it is
 * over. The only part of the library that ends the process.
 *
 * @module
 */

import { constants } from 'node:os';
import process from 'node:process';
import { LifecycleError, shown } from '../lifecycle/errors.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import type { ShutdownReport } from '../lifecycle/report.ts';
import { heard } from './heard.ts';
import { isLifecycle } from './options.ts';
import { serversOf } from './serving.ts';
import { whenStopped } from './stopped.ts';

/** What {@link handleSignals} takes. */
export interface SignalOptions {
  /** Which signals ask for the shutdown; default SIGTERM and SIGINT. */
  readonly signals?: readonly string[] | undefined;
  /**
   * Closed, and waited for, before the process ends. Those that `serve` opened for this lifecycle
   * are in any case.
   */
  readonly servers?: readonly { close(): unknown }[] | undefined;
  /** False: signals ask for the shutdown, and ending the process is left to the application. */
  readonly exit?: boolean | undefined;
}

/** Terminals and npm send a signal twice; within this time of the first it is the same request. */
const REPEAT_MS = 250;

/** Signals that no process can hear. */
const UNHEARD = ['SIGKILL', 'SIGSTOP'];

/**
 * Shuts down on SIGTERM and SIGINT, and ends the process once the lifecycle is Stopped, whoever
 * asked: exit code 0 if it drained and every step was ok or skipped, else 1. A second signal more
 * than 250 ms after the first ends the process at once, with 128 + the signal's number.
 *
 * @returns the undo
 * @throws {LifecycleError} `invalid_argument`, `detached`
 * @example
 * ```ts
 * const server = await serve({ lifecycle, fetch: createHandler(lifecycle) });
 * handleSignals(lifecycle, { servers: [server] });
 * ```
 */
export function handleSignals(lifecycle: Lifecycle, options: SignalOptions = {}): () => void {
  const { numbers, servers, exit } = check(lifecycle, options);
  let installed = true;
  let firstMs: number | undefined;

  const onSignal = (name: string, number: number): void => {
    const now = performance.now();
    firstMs ??= now;
    if (now - firstMs > REPEAT_MS) {
      if (exit) process.exit(128 + number);
      return;
    }
    // Rejects only for a lifecycle that this thread detached from: nothing is left to wait for.
    lifecycle.shutdown({ trigger: name }).catch(() => end(null));
  };

  const end = async (report: ShutdownReport | null): Promise<void> => {
    if (!exit) return;
    const code = succeeded(report) ? 0 : 1;
    // The last server to close may be what kept the process alive.
    process.exitCode = code;
    const all = [...servers, ...serversOf(lifecycle)];
    await Promise.allSettled(all.map(async (server) => server.close()));
    // One turn of the loop for those who waited for the report, as we did.
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (installed) process.exit(code);
  };

  // First: it throws for an object that was detached, and nothing is installed then.
  const forget = whenStopped(lifecycle, () => void end(lifecycle.shutdownReport()));
  const listeners = [...numbers].map(([name, number]) => {
    const listener = (): void => onSignal(name, number);
    process.on(name, listener);
    return { name, listener };
  });
  const forgetNames = heard(lifecycle, [...numbers.keys()]);
  return () => {
    installed = false;
    forget();
    forgetNames();
    for (const { name, listener } of listeners) process.off(name, listener);
  };
}

function succeeded(report: ShutdownReport | null): boolean {
  return (
    report?.drained === true &&
    report.steps.every(({ status }) => status === 'ok' || status === 'skipped')
  );
}

/** Copies what was asked for, signals with their numbers. */
function check(
  lifecycle: Lifecycle,
  options: SignalOptions,
): { numbers: Map<string, number>; servers: { close(): unknown }[]; exit: boolean } {
  if (!isLifecycle(lifecycle)) throw invalid('lifecycle is not a Lifecycle');
  if (typeof options !== 'object' || options === null) {
    throw invalid(`the options are ${shown(options)}`);
  }
  const { signals = ['SIGTERM', 'SIGINT'], servers = [], exit = true } = options;
  if (!Array.isArray(signals)) throw invalid(`signals is ${shown(signals)}`);
  const known: Partial<Record<string, number>> = constants.signals;
  const numbers = new Map<string, number>();
  for (const name of signals) {
    const number = typeof name === 'string' && Object.hasOwn(known, name) ? known[name] : undefined;
    if (number === undefined || UNHEARD.includes(name)) {
      throw invalid(`${shown(name)} is not a signal that can be heard`);
    }
    numbers.set(name, number);
  }
  if (!Array.isArray(servers)) throw invalid(`servers is ${shown(servers)}`);
  for (const server of servers) {
    if (typeof server?.close !== 'function') throw invalid(`a server is ${shown(server)}`);
  }
  if (typeof exit !== 'boolean') throw invalid(`exit is ${shown(exit)}`);
  return { numbers, servers: [...servers], exit };
}

function invalid(what: string): LifecycleError {
  return new LifecycleError('invalid_argument', `Cannot handle signals: ${what}`);
}
