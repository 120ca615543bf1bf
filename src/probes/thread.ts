/**
 * The probe thread: attaches to the shared memory, answers, and watches the budget. It runs as a
 * worker that `serve.ts` starts from its bundled source, and touches nothing of the main thread.
 *
 * @module
 */

import { createServer } from 'node:http';
import process from 'node:process';
import { parentPort, workerData } from 'node:worker_threads';
import type { Backend } from '../core/core.ts';
import { createProbeHandler } from '../http/handler.ts';
import { LifecycleError } from '../lifecycle/errors.ts';
import { Phase } from '../lifecycle/phase.ts';
import type { LifecycleHandle, Member } from '../lifecycle/seat.ts';
import { Lifecycle } from '../lifecycle/with-both.ts';
import { toNodeListener } from '../runtime/node/listener.ts';

/** What the worker is given. */
export interface ThreadData {
  readonly handle: LifecycleHandle;
  readonly backend: Backend;
  /** The member whose loop is watched. */
  readonly watched: Member;
  readonly port: number;
  readonly host: string;
  readonly stuckAfterMs: number | undefined;
  readonly readyWhileDraining: boolean | undefined;
  readonly metricsToken: string | undefined;
}

/** What it says, once: that it listens, or why it cannot. */
export type ThreadMessage = ListeningMessage | RefusalMessage;

interface ListeningMessage {
  readonly hostname: string;
  readonly port: number;
  readonly member: Member;
}

/** A class does not cross to another thread, so `isOurs` says whether it was a LifecycleError. */
export interface RefusalMessage {
  readonly error: string;
  readonly code: string | undefined;
  readonly isOurs: boolean;
  /** None if it did not come to attach. */
  readonly member: Member | undefined;
}

/** What it is told: which signals ask for the shutdown from now on. */
export interface SignalsMessage {
  readonly signals: readonly string[];
}

/** The part of Deno that hears signals, which it does on every thread; others on the main one only. */
interface SignalNamespace {
  addSignalListener?(name: string, listener: () => void): void;
  removeSignalListener?(name: string, listener: () => void): void;
}

/** How often the budget is looked at. */
const LOOK_MS = 50;
/** What a host that is in time needs to end after its deadline: a report, and the exit. */
const GRACE_MS = 150;

// The parent made it.
const data = workerData as ThreadData;
let attached: Lifecycle | undefined;
try {
  attached = Lifecycle.attach(data.handle, { backend: data.backend });
  listen(attached, data);
  watch(attached);
} catch (error) {
  refuse(error, attached?.member);
}

function listen(
  lifecycle: Lifecycle,
  { host, port, watched, stuckAfterMs, readyWhileDraining, metricsToken }: ThreadData,
): void {
  const { member } = lifecycle;
  const handler = createProbeHandler(lifecycle, {
    member: watched,
    stuckAfterMs,
    readyWhileDraining,
    metricsToken,
  });
  const server = createServer(toNodeListener(handler, { lifecycle }));
  server.once('error', (error) => refuse(error, member));
  server.listen(port, host, () => {
    const address = server.address();
    if (typeof address !== 'object' || address === null) return;
    say({ hostname: address.address, port: address.port, member });
  });
}

function watch(lifecycle: Lifecycle): void {
  setInterval(() => holdToBudget(lifecycle), LOOK_MS);
  const listening: Map<string, () => void> = new Map();
  // Asks for the shutdown when the main loop may be too blocked to hear of the signal. Where it is
  // not, both ask with the same trigger, and the first one counts.
  parentPort?.on('message', ({ signals }: SignalsMessage) => {
    const { Deno } = globalThis as { readonly Deno?: SignalNamespace };
    for (const [name, listener] of listening) Deno?.removeSignalListener?.(name, listener);
    listening.clear();
    for (const name of signals) {
      const listener = (): void => void lifecycle.shutdown({ trigger: name });
      listening.set(name, listener);
      Deno?.addSignalListener?.(name, listener);
    }
  });
}

/** `process.exit` in a worker ends the worker; only a signal ends a process that is blocked. */
function holdToBudget(lifecycle: Lifecycle): void {
  lifecycle.watchBeats();
  const budgetLeftMs = lifecycle.shutdownLeftMs();
  // Once Stopped nothing can be lost any more: responses in flight are the server's business.
  if (budgetLeftMs === null || lifecycle.phase() === Phase.Stopped) return;
  const leftMs = budgetLeftMs + GRACE_MS;
  if (leftMs <= 0) process.kill(process.pid, 'SIGKILL');
  // Not a look later than it has to be.
  else if (leftMs < LOOK_MS) setTimeout(() => holdToBudget(lifecycle), leftMs);
}

function refuse(error: unknown, member: Member | undefined): void {
  const { message, code } = error as NodeJS.ErrnoException;
  say({ error: message, code, isOurs: error instanceof LifecycleError, member });
}

function say(message: ThreadMessage): void {
  parentPort?.postMessage(message);
}
