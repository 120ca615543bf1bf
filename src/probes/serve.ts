/**
 * Probes on a thread of their own: they answer while the main loop is blocked, say so, and hold the
 * process to its shutdown budget. The thread itself is in `thread.ts`.
 *
 * @module
 */

import { Worker } from 'node:worker_threads';
import { type Audit, teller } from '../http/audit.ts';
import { PROBE_OPTIONS, type ProbeOptions } from '../http/handler.ts';
import { checkOptions } from '../http/options.ts';
import { must } from '../lifecycle/check.ts';
import { LifecycleError, type LifecycleErrorCode } from '../lifecycle/errors.ts';
import { isLifecycle } from '../lifecycle/is-lifecycle.ts';
import { checkKeys } from '../lifecycle/known-keys.ts';
import { isLeavingOrGone } from '../lifecycle/leaving.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import type { Member } from '../lifecycle/seat.ts';
import { onHeard } from '../runtime/heard-signals.ts';
import { startHeartbeat } from '../runtime/heartbeat.ts';
import { inheritedAt } from '../runtime/node/inherited.ts';
import { checkPort, checkText, urlOf } from '../runtime/options.ts';
import { reapQuietly } from '../runtime/workers.ts';
import type {
  ActMessage,
  HeardMessage,
  ListeningMessage,
  RefusalMessage,
  SignalsMessage,
  ThreadData,
} from './thread.ts';
import { THREAD_SOURCE } from './thread-source.ts';

/** What {@link serveProbes} takes; what is not explained here is as in `HandlerOptions` of `tidegate/http`. */
export interface ProbeServerOptions
  extends Omit<ProbeOptions, 'adminToken' | 'adminTokens' | 'audit'> {
  readonly lifecycle: Lifecycle;
  /** 0 … 65535; 0, the default, takes any free port. */
  readonly port?: number | undefined;
  /** The address to listen on; by default all of them, IPv4 and IPv6. */
  readonly hostname?: string | undefined;
  /** Milliseconds of a blocked loop after which `/health/live` is 503; by default it never is. */
  readonly stuckAfterMs?: number | undefined;
  /**
   * Opens `/admin` on this port, too, which is not there without it: a string, since a function cannot
   * go to another thread. `POST /admin/shutdown` answers 202 as soon as it is accepted.
   */
  readonly adminToken?: string | undefined;
  /** The same for several, by name, so that `audit` can say whose it was. */
  readonly adminTokens?: Readonly<Record<string, string>> | undefined;
  /**
   * Hears of each admin call on this port, on the thread that calls this. While its loop is blocked, it
   * hears of them later; if the process is killed before that, each is a line on stderr.
   */
  readonly audit?: Audit | undefined;
}

const ACTION = 'serve probes';
const LOOPBACK = '127.0.0.1';
const KNOWN: readonly (keyof ProbeServerOptions)[] = [
  'lifecycle',
  'port',
  'hostname',
  'stuckAfterMs',
  'adminToken',
  'adminTokens',
  'audit',
  'readyWhileDraining',
  'metricsToken',
  'basePath',
  'paths',
  'name',
  'version',
];

/** A probe thread that listens. */
export interface ProbeServer {
  /** Without a slash at its end; one on all addresses names the loopback one. */
  readonly url: string;
  readonly hostname: string;
  readonly port: number;
  /**
   * Ends the thread. Again is the same end. Once a shutdown was accepted that `handleSignals` ends the
   * process after, the thread stays until then: it kills a process that does not end.
   */
  close(): Promise<void>;
}

/**
 * Serves `/health/*` and `/metrics` from a worker thread that looks at the thread that calls this; with
 * an `adminToken` also `/admin/*`, so that a drain or a shutdown can be asked for while the loop is blocked.
 *
 * The worker keeps no process alive. When an accepted shutdown is not over by its budget (a blocked
 * loop cannot run it), the worker kills the process: `SIGKILL`, status 137, as a supervisor would. So it
 * does when `handleSignals` ends the process and what it waits for after Stopped takes a second longer
 * than it may. Before that it writes a line to stderr, unless `handleSignals` was given `log: false`.
 * Where a worker can hear signals (Deno), those of `handleSignals` are heard while the loop is blocked.
 *
 * @throws {LifecycleError} `invalid_argument`, `cannot_share`, `members_full`, `detached`; what the
 * runtime throws if it cannot listen
 * @example
 * ```ts
 * const probes = await serveProbes({ lifecycle, port: 8080, stuckAfterMs: 30_000 });
 * await fetch(`${probes.url}/health/live`); // { status: 'alive', phase: 'starting', loop: 'ok', … }
 * await probes.close();
 * ```
 */
export async function serveProbes(options: ProbeServerOptions): Promise<ProbeServer> {
  const { lifecycle, audit, ...settings } = checkProbes(options);
  const data: ThreadData = {
    ...settings,
    handle: lifecycle.share(),
    backend: lifecycle.backend,
    watched: lifecycle.member,
    // Asked for here: in a thread, the end of what asks for it would close it for all.
    inherited: inheritedAt(settings.port),
  };
  // A data: URL, so that no bundler has to find a file, and Deno need not be allowed to read one.
  const source = new URL(`data:text/javascript,${encodeURIComponent(THREAD_SOURCE)}`);
  const worker = new Worker(source, { workerData: data, name: 'tidegate-probes' });
  let member: Member | undefined;
  const listening = new Promise<ListeningMessage | RefusalMessage>((resolve, reject) => {
    worker.once('message', (message: ListeningMessage | RefusalMessage) => {
      // Here: where the thread has ended, its exit comes next, before what awaits this.
      ({ member } = message);
      resolve(message);
    });
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('The probe thread ended before it listened')));
  });
  const stopHeartbeat = startHeartbeat(lifecycle);
  // By itself or by us: nothing that waits may wait for it.
  worker.once('exit', () => {
    if (member !== undefined) reapQuietly(lifecycle, member);
  });
  let forget = (): void => {};
  const end = async (): Promise<void> => {
    forget();
    stopHeartbeat();
    await worker.terminate();
  };
  try {
    const message = await listening;
    if ('error' in message) throw refusalOf(message);
    const { hostname, port } = message;
    // A thread that serves nothing but probes must neither keep the process nor end it.
    worker.on('error', () => {});
    if (audit !== undefined) {
      const tell = teller(lifecycle, audit);
      worker.on('message', ({ act }: ActMessage) => {
        // First: whatever becomes of it here, nobody need print it.
        worker.postMessage({ isActHeard: true } satisfies HeardMessage);
        tell(act);
      });
    }
    worker.unref();
    forget = onHeard(lifecycle, (heard) => {
      const previousRun = lifecycle.previousRun();
      worker.postMessage({ ...heard, previousRun } satisfies SignalsMessage);
    });
    let closing: Promise<void> | undefined;
    const close = (): Promise<void> => {
      // The process ends soon, and takes the thread with it: until then somebody has to see to that.
      if (closing === undefined && isEnding(lifecycle)) return Promise.resolve();
      closing ??= end();
      return closing;
    };
    // All addresses: IPv4's loopback is there also where a container has none of IPv6.
    const url = urlOf(data.hostname === undefined ? LOOPBACK : hostname, port);
    return { url, hostname, port, close };
  } catch (error) {
    await end();
    throw error;
  }
}

/** True from the acceptance of a shutdown that ends the process. */
function isEnding(lifecycle: Lifecycle): boolean {
  try {
    return lifecycle.isExiting() && isLeavingOrGone(lifecycle);
  } catch {
    // Detached: it speaks for nobody any more.
    return false;
  }
}

/** What the thread threw, as far as it crossed. */
function refusalOf({ error, code, isOurs }: RefusalMessage): Error {
  // It was one of ours, so its code is.
  if (isOurs) return new LifecycleError(code as LifecycleErrorCode, error);
  return Object.assign(new Error(error), { code });
}

function checkProbes(options: ProbeServerOptions): Omit<
  ThreadData,
  'handle' | 'backend' | 'watched' | 'inherited'
> & {
  readonly lifecycle: Lifecycle;
  readonly audit: Audit | undefined;
} {
  checkKeys(ACTION, options, KNOWN);
  const { lifecycle, port = 0, hostname, stuckAfterMs, audit, ...answers } = options;
  must(isLifecycle(lifecycle), ACTION, 'lifecycle must be a Lifecycle', lifecycle);
  checkPort(ACTION, port);
  checkText(ACTION, 'hostname', hostname);
  const isTime =
    stuckAfterMs === undefined || (typeof stuckAfterMs === 'number' && stuckAfterMs > 0);
  must(isTime, ACTION, 'stuckAfterMs must be above 0', stuckAfterMs);
  const tokens: unknown[] = [answers.adminToken, ...Object.values(answers.adminTokens ?? {})];
  const isSent = tokens.every((token) => typeof token !== 'function');
  const rule = 'each adminToken must be a string, as a function cannot go to another thread';
  must(isSent, ACTION, rule, 'a function');
  const isHeard = audit === undefined || typeof audit === 'function';
  must(isHeard, ACTION, 'audit must be a function', audit);
  checkOptions(answers, PROBE_OPTIONS, ACTION);
  const isAudited = audit !== undefined;
  return { lifecycle, audit, port, hostname, stuckAfterMs, isAudited, options: answers };
}
