/**
 * Signals ask for the shutdown, and the process ends when it is over. This is the only part of the
 * library that ends the process: what it does then, and how long that may take, is in `exit.ts`.
 *
 * @module
 */

import process from 'node:process';
import { isatty } from 'node:tty';
import { installLog, journal } from '../lifecycle/journal.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { succeeded } from '../lifecycle/report.ts';
import { closingOf } from './closables.ts';
import { type CrashTrigger, watchCrashes } from './crashes.ts';
import { Ending } from './endings.ts';
import { endWell, exitCode, markFailed } from './exit.ts';
import { LEAST_GRACE_MS, MOST_GRACE_MS } from './grace-period.ts';
import { heard, retell } from './heard-signals.ts';
import { adoptNow, isNodeServer } from './node/adopt.ts';
import { serversOf } from './open-servers.ts';
import { follow } from './parent/follow.ts';
import { parentSocket } from './parent/found.ts';
import { Recording } from './record/recording.ts';
import { Repeats } from './repeated-signals.ts';
import { checkSignals, invalid, type SignalOptions } from './signal-options.ts';
import { whenStopped } from './when-stopped.ts';

export type { Closable } from './closables.ts';
export type { FinallyEntry } from './exit.ts';
export type { RecordStore } from './record/kept.ts';
export type { SignalOptions } from './signal-options.ts';

/** The file descriptor that a terminal would be at. */
const STDIN = 0;

/**
 * Shuts down when a signal asks for it, and ends the process once the lifecycle is Stopped, whatever
 * asked. Call it once, on the main thread.
 *
 * **A second signal** is the same request, unless its name is in `force` and it comes more than 250
 * ms after the first signal of any name: then the process ends at once, with 128 + its number. Time
 * in which the event loop did not turn does not count. A SIGINT from a terminal (stdin is a TTY)
 * skips the pre-drain: nobody balances load in front of a developer.
 *
 * **After Stopped**, in this order: the servers of `serve` and `adopt`, side by side; what else is
 * in `servers`, one after the other; `finally`, one after the other; then stdout and stderr are
 * written out, and the process exits. All of it together has what is left of the shutdown's budget, at
 * least 2 s and at most 10 s. What does not end in time, or fails, is logged.
 *
 * **The exit code** is 0 if the shutdown drained, nobody said `failed`, every step was ok or
 * skipped, and all of the above ended well; else 1. A `process.exitCode` that is not zero stays.
 *
 * **Uncaught errors** after the acceptance of a shutdown are logged and make the exit code 1, and the
 * flush goes on; before it, only with `crashes`.
 *
 * @returns the undo: nothing is listened to any more, and the process is not ended. Servers that it
 * adopted stay adopted.
 * @throws {LifecycleError} `not_main_thread` in a worker, `invalid_argument`, `detached`. Nothing is
 * installed then.
 * @example
 * ```ts
 * const server = await serve({ lifecycle, fetch: createHandler(lifecycle) });
 * handleSignals(lifecycle, {
 *   finally: [{ name: 'traces', run: () => exporter.shutdown(), timeoutMs: 2_000 }],
 *   crashes: true,
 * });
 * ```
 */
export function handleSignals(lifecycle: Lifecycle, options: SignalOptions = {}): () => void {
  const checked = checkSignals(lifecycle, options);
  const { signals, force, exit, crashes, log } = checked;
  // First: it throws for an object that was detached, and nothing is installed then.
  const onStopped = (): void => {
    const report = lifecycle.shutdownReport();
    void end(report !== null && succeeded(report));
  };
  const undos = [whenStopped(lifecycle, onStopped)];
  const ending = exit ? new Ending(lifecycle) : undefined;
  const repeats = new Repeats();
  const listeners = new Map<string, () => void>();
  let isInstalled = true;
  let isEnding = false;
  let recording: Recording | undefined;

  const undo = (): void => {
    isInstalled = false;
    ending?.undo();
    for (const each of undos.splice(0)) each();
    for (const [name, listener] of listeners) process.off(name, listener);
    listeners.clear();
  };

  const listen = (name: string): void => {
    if (listeners.has(name)) return;
    const listener = (): void => onSignal(name);
    try {
      process.on(name, listener);
    } catch (error) {
      // Deno refuses more of them than POSIX does.
      throw invalid(`this runtime cannot handle ${name}: ${(error as Error).message}`);
    }
    listeners.set(name, listener);
  };

  const onSignal = (name: string): void => {
    const isLate = repeats.isLate();
    const number = force.get(name);
    if (isLate && number !== undefined) process.exit(128 + number);
    // From now on: until the first signal, a name that is only in `force` did what it always does.
    for (const forcing of force.keys()) listen(forcing);
    if (signals.has(name)) void request(name);
  };

  const onCrash = (trigger: CrashTrigger, error: unknown): void => {
    markFailed();
    recording?.crashed(error);
    if (crashes) void request(trigger, true);
    if (ending !== undefined) outlast();
  };

  /** Ends the process if a shutdown does not come to its end: whose owner crashed, nobody finishes. */
  const outlast = (): void => {
    let limitMs: number;
    try {
      limitMs = lifecycle.shutdownLeftMs() ?? MOST_GRACE_MS;
    } catch {
      void endDetached();
      return;
    }
    const late = setTimeout(() => {
      const message = 'The shutdown was not finished after an uncaught error';
      journal(lifecycle, { type: 'uncaught', message });
      void end(false);
    }, Math.max(0, limitMs) + LEAST_GRACE_MS);
    const stop = (): void => clearTimeout(late);
    undos.push(stop, whenStopped(lifecycle, stop));
  };

  const request = async (trigger: string, failed = false): Promise<void> => {
    try {
      if (trigger === 'SIGINT' && isatty(STDIN)) lifecycle.endPreDrain();
      await lifecycle.shutdown({ trigger, failed });
    } catch {
      await endDetached();
    }
  };

  const endDetached = async (): Promise<void> => {
    if (isEnding) return;
    const message = 'This thread has detached: the process ends without a shutdown';
    journal(lifecycle, { type: 'detached', message });
    await end(false);
  };

  /** Once: a signal or a crash may come while it lasts. */
  const end = async (isOk: boolean): Promise<void> => {
    if (ending === undefined) return;
    if (!isOk) markFailed();
    if (isEnding) return;
    isEnding = true;
    const ours = serversOf(lifecycle);
    const isWell = await endWell(lifecycle, {
      servers: ours.map((server) => ({ name: server.url, close: () => server.close() })),
      others: others.filter(({ target }) => !ours.some((server) => server === target)),
      finally: checked.finally,
      record: recording && ((isWell) => recording?.ending(isWell ? exitCode() : exitCode() || 1)),
    });
    if (!isWell) markFailed();
    // One turn of the loop for those who waited for the report, as we did.
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (isInstalled) ending.over();
  };

  try {
    for (const name of new Set([...signals.keys(), ...force.keys()])) listen(name);
    for (const [name, listener] of [...listeners]) {
      if (signals.has(name)) continue;
      // It can be handled; from the first signal on it is.
      process.off(name, listener);
      listeners.delete(name);
    }
    if (log !== undefined) undos.push(installLog(lifecycle, log));
    if (checked.record !== undefined) {
      undos.push(claimRecord(lifecycle));
      recording = new Recording(lifecycle, checked.record, () => retell(lifecycle));
      undos.push(() => recording?.undo());
    }
    undos.push(watchCrashes(lifecycle, crashes, onCrash));
    const names = [...signals.keys()];
    const parent = parentSocket();
    const record = recording?.path;
    undos.push(heard(lifecycle, { names, isSilent: log === false, record, parent }));
    if (parent !== undefined) undos.push(follow(lifecycle, parent));
  } catch (error) {
    undo();
    throw error;
  }
  const others = checked.servers.flatMap((target, index) => {
    if (!isNodeServer(target)) return [{ target, ...closingOf(target, index) }];
    adoptNow(target, { lifecycle });
    return [];
  });
  return undo;
}

/** Whose record is kept. */
const recorded: WeakSet<Lifecycle> = new WeakSet();

/** One record for each lifecycle: two would tell of each other. Returns the undo. */
function claimRecord(lifecycle: Lifecycle): () => void {
  if (recorded.has(lifecycle)) throw invalid('a record of this lifecycle is kept already');
  recorded.add(lifecycle);
  return () => recorded.delete(lifecycle);
}
