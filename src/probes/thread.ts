/**
 * The probe thread: attaches to the shared memory, answers, and watches the budget. It runs as a
 * worker, which `serve.ts` starts from the bundled source, and touches nothing of the main thread.
 *
 * @module
 */

import { createServer, type Server } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';
import type { Backend } from '../core/core.ts';
import type { AuditEvent } from '../http/audit.ts';
import { createProbeHandler } from '../http/for-servers.ts';
import type { ProbeOptions } from '../http/handler.ts';
import { LifecycleError } from '../lifecycle/errors.ts';
import { Lifecycle } from '../lifecycle/for-servers.ts';
import { keepPreviousRun, type PreviousRun } from '../lifecycle/previous-run.ts';
import type { LifecycleHandle, Member } from '../lifecycle/seat.ts';
import { tagAsProbes } from '../lifecycle/thread.ts';
import type { Heard } from '../runtime/heard-signals.ts';
import { endIdle } from '../runtime/node/idle-sockets.ts';
import { type Inherited, whenReady } from '../runtime/node/inherited.ts';
import { toNodeListener } from '../runtime/node/listener.ts';
import { type Link, linkToParent } from '../runtime/parent/link.ts';
import { Killer } from './killer.ts';

/** What the worker is given. */
export interface ThreadData {
  readonly handle: LifecycleHandle;
  readonly backend: Backend;
  /** The member whose loop is watched. */
  readonly watched: Member;
  readonly port: number;
  /** A listening socket on that port, which the process was started with. */
  readonly inherited: Inherited | undefined;
  /** `undefined` for all addresses. */
  readonly hostname: string | undefined;
  readonly stuckAfterMs: number | undefined;
  /** Admin acts are posted. */
  readonly isAudited: boolean;
  /** What it answers, and to whom. */
  readonly options: ProbeOptions;
}

/** What it says: first that it listens, or why it cannot; then of each admin act. */
type ThreadMessage = ListeningMessage | RefusalMessage | ActMessage;

/** That it listens. */
export interface ListeningMessage {
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

/** An admin act on this port. */
export interface ActMessage {
  readonly act: AuditEvent;
}

/** That the first act which was not heard of yet is heard of. */
export interface HeardMessage {
  readonly isActHeard: true;
}

/** The messages to it: which signals ask for the shutdown, whether it may write, how the last run ended. */
export interface SignalsMessage extends Heard {
  readonly previousRun: PreviousRun | null;
}

/** The part of Deno that hears signals, which it does on every thread; others on the main one only. */
interface SignalNamespace {
  addSignalListener?(name: string, listener: () => void): void;
  removeSignalListener?(name: string, listener: () => void): void;
}

/** All addresses of both families; of IPv4 alone where the system has no IPv6. */
const ALL = ['::', '0.0.0.0'];
/** What an address of a family that is not there makes `listen` fail with. */
const NO_SUCH_ADDRESS = ['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL'];
/** Attempts of strangers that are kept for a thread that is blocked. */
const MOST_UNHEARD = 1_000;
/** Node's own 5 seconds, and a bit. */
const IDLE = { longMs: 5_000, lookMs: 1_000 };
/** How often the process's time is looked at. */
const LOOK_MS = 50;

/** Acts that the other thread has not heard of. */
const unheard: AuditEvent[] = [];
// The parent made it.
const data = workerData as ThreadData;
let attached: Lifecycle | undefined;
let server: Server | undefined;
tagAsProbes();
try {
  attached = Lifecycle.attach(data.handle, { backend: data.backend });
  listen(attached, data);
  watch(attached);
} catch (error) {
  refuse(error, attached?.member);
}

function listen(
  lifecycle: Lifecycle,
  { hostname, port, inherited, watched, stuckAfterMs, isAudited, options }: ThreadData,
): void {
  const { member } = lifecycle;
  const audit = (act: AuditEvent): void => {
    // Of strangers not for ever: while the other thread is blocked, nothing takes them away.
    if (act.by === null && unheard.length >= MOST_UNHEARD) return;
    unheard.push(act);
    say({ act });
  };
  const handler = createProbeHandler(
    lifecycle,
    { member: watched, stuckAfterMs },
    isAudited ? { ...options, audit } : options,
  );
  const own = createServer(toNodeListener(handler, { lifecycle }));
  server = own;
  endIdle(own, IDLE);
  const then = (error?: NodeJS.ErrnoException): void => {
    const address = own.address();
    if (error !== undefined) refuse(error, member);
    else if (typeof address === 'object' && address !== null)
      say({ hostname: address.address, port: address.port, member });
  };
  if (inherited === undefined)
    tryToListen(own, port, hostname === undefined ? ALL : [hostname], then);
  else {
    const { fd, address } = inherited;
    whenReady(lifecycle, () => own.listen({ fd }));
    say({ hostname: address, port, member });
  }
}

/** On the first address that this system has. */
function tryToListen(
  server: Server,
  port: number,
  [address, ...others]: readonly string[],
  then: (error?: NodeJS.ErrnoException) => void,
): void {
  const failed = (error: NodeJS.ErrnoException): void => {
    server.off('listening', listening);
    const isMissing = NO_SUCH_ADDRESS.includes(error.code ?? '');
    if (isMissing && others.length > 0) tryToListen(server, port, others, then);
    else then(error);
  };
  const listening = (): void => {
    server.off('error', failed);
    then();
  };
  server.once('error', failed);
  server.once('listening', listening);
  server.listen(port, address);
}

function watch(lifecycle: Lifecycle): void {
  const killer = new Killer(lifecycle, unheard);
  const listening: Map<string, () => void> = new Map();
  let link: Link | undefined;
  let names: readonly string[] = [];
  // The successor's probe thread answers on the same socket: ours would say that nothing is ready.
  const retire = (): void => {
    server?.close();
  };
  // Asks for the shutdown when the main loop may be too blocked to hear of the signal. Where it is
  // not, both ask with the same trigger, and the first one counts.
  parentPort?.on('message', (heard: SignalsMessage | HeardMessage) => {
    if ('isActHeard' in heard) {
      unheard.shift();
      return;
    }
    const { Deno } = globalThis as { readonly Deno?: SignalNamespace };
    const { previousRun, isSilent, record, parent } = heard;
    names = heard.names;
    if (parent === undefined) link = link?.end();
    else if (link !== undefined) link.tell();
    else link = linkToParent(lifecycle, parent, { thread: 'probes', names: () => names, retire });
    if (previousRun !== null) keepPreviousRun(lifecycle, previousRun);
    killer.tell({ isSilent, record });
    for (const [name, listener] of listening) Deno?.removeSignalListener?.(name, listener);
    listening.clear();
    for (const name of heard.names) {
      const listener = (): void => void lifecycle.shutdown({ trigger: name });
      listening.set(name, listener);
      Deno?.addSignalListener?.(name, listener);
    }
  });
  setInterval(() => killer.look(LOOK_MS), LOOK_MS);
}

function refuse(error: unknown, member: Member | undefined): void {
  const { message, code } = error as NodeJS.ErrnoException;
  say({ error: message, code, isOurs: error instanceof LifecycleError, member });
}

function say(message: ThreadMessage): void {
  parentPort?.postMessage(message);
}
