/**
 * A service for the tests of its own end, the same source on Node, Deno and Bun: what it serves, what
 * it waits for, and what goes wrong is configured by its parent. It tells it what happens, a JSON object
 * a line.
 *
 * @module
 */

import { createServer, type RequestListener } from 'node:http';
import { createSecureServer as createSecure2, createServer as createServer2 } from 'node:http2';
import { createServer as createSecure } from 'node:https';
import { createServer as createBare, type Server as NetServer } from 'node:net';
import process from 'node:process';
import { type AuditEvent, createHandler } from '../../src/http/index.ts';
import { Lifecycle, type Log, Phase } from '../../src/index.ts';
import type {
  Closable,
  FinallyEntry,
  RecordStore,
  RequestInfo,
  SignalOptions,
} from '../../src/node.ts';
import { door, runtime, say as sayAlways } from '../runtime/door.ts';
import { CERTIFICATE, KEY } from './certificate.ts';

/** What one step does; all that is given, in this order. */
export interface StepPlan {
  readonly name: string;
  /** Blocks the loop for so long. */
  readonly blockMs?: number;
  /** Leaves a rejection that nobody handles. */
  readonly leavesRejection?: boolean;
  /** Closes the server and waits for it: as it was returned to us, or as it was made. */
  readonly closesServer?: boolean | 'natively';
  /** Writes so many lines of 512 bytes to stdout. */
  readonly lines?: number;
  readonly sleepMs?: number;
  readonly fails?: boolean;
  readonly hangs?: boolean;
  readonly timeoutMs?: number;
}

/** One of `servers`, or what is done at last. */
export interface ClosablePlan {
  readonly closes:
    | 'at once'
    | 'never'
    | 'by callback'
    | 'callback never'
    | 'async with a flag'
    | 'throws';
}

export interface FinallyPlan {
  readonly name: string;
  readonly sleepMs?: number;
  readonly blockMs?: number;
  readonly fails?: boolean;
  readonly timeoutMs?: number;
}

/** A store of the application, in which another run has left a record. */
export type StorePlan = 'works' | 'works later' | 'hangs' | 'throws' | 'rejects' | 'blocks';

/** How the parent configures it, as JSON in `SERVICE`. */
export interface EndOptions {
  readonly steps?: readonly StepPlan[];
  readonly budgetMs?: number;
  readonly preDrainMs?: number;
  readonly drainTimeoutMs?: number;
  /** The server: of `serve` (default), or one of Node in `servers`. */
  readonly server?: 'serve' | 'http' | 'https' | 'http2' | 'http2 over TLS' | 'net';
  /** What else the application has done to it before a signal comes. */
  readonly serverIs?:
    | 'never listening'
    | 'closed'
    | 'closed twice'
    | 'adopted twice'
    | 'closed with its signal'
    | 'of another close';
  readonly inFlightTimeoutMs?: number;
  readonly servers?: readonly ClosablePlan[];
  readonly finally?: readonly FinallyPlan[];
  /** Those of a second call of `handleSignals`. */
  readonly alsoFinally?: readonly FinallyPlan[];
  /** Gives its place in the lifecycle back once it listens. */
  readonly detaches?: boolean;
  readonly signals?: Pick<SignalOptions, 'signals' | 'exit' | 'crashes' | 'force'>;
  /** Given to `log`: nothing, `false`, a function that says what it gets, or one that fails. */
  readonly log?: 'events' | 'throws' | 'rejects' | false;
  readonly exitCode?: number;
  /** The application's own listener for crashes sets this exit code and shuts down. */
  readonly ownCrashCode?: number;
  /** Milliseconds after the first phase change to send itself a SIGTERM, as terminus does. */
  readonly signalsItselfMs?: number;
  /** Goes wrong once it listens. */
  readonly crash?: 'throws' | 'rejects' | 'boot' | 'as owner';
  /** Asked for once it listens. */
  readonly trigger?: string;
  /** A write permit that is never given back. */
  readonly holdsPermit?: boolean;
  readonly listenerThrows?: boolean;
  /** A probe thread; or one whose server is in `servers`, too. */
  readonly probes?: boolean | 'in servers';
  /** Says no more once it listens: stdout is for the steps. */
  readonly isQuiet?: boolean;
  /** The file of the record; or a store that does this. */
  readonly record?: string;
  readonly store?: StorePlan;
  /** Tells of admin calls, for which the token of `ops` opens `/admin`, on the port of the probes, too. */
  readonly opsToken?: string;
  /** Ends the process with this code once it listens. */
  readonly exitsWith?: number;
  /** Where `handleSignals` is called. */
  readonly worker?: 'node' | 'web';
}

const options = JSON.parse(process.env.SERVICE ?? '{}') as EndOptions;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const never = (): Promise<void> => new Promise(() => {});
const SLOW_MS = 400;
const EVENTS = { 'content-type': 'text/event-stream' };

const say = (event: string, more?: object): void => {
  if (options.isQuiet !== true || event === 'listening') sayAlways(event, more);
};

function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

const lifecycle = Lifecycle.create();
lifecycle.pipeline({
  budgetMs: options.budgetMs ?? 10_000,
  preDrainMs: options.preDrainMs ?? 0,
  drainTimeoutMs: options.drainTimeoutMs,
  steps: (options.steps ?? [{ name: 'flush_wal' }]).map((plan) => ({
    name: plan.name,
    timeoutMs: plan.timeoutMs,
    run: () => runStep(plan),
  })),
});

async function runStep(plan: StepPlan): Promise<void> {
  const { name } = plan;
  say('step', { name });
  block(plan.blockMs ?? 0);
  if (plan.leavesRejection === true) void Promise.reject(new Error('left by a step'));
  if (plan.closesServer === true) await close();
  if (plan.closesServer === 'natively') await closeNatively();
  const line = `${'x'.repeat(511)}\n`;
  for (let count = plan.lines ?? 0; count > 0; count--) process.stdout.write(line);
  await sleep(plan.sleepMs ?? 0);
  if (plan.hangs === true) await never();
  if (plan.fails === true) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
  say('step_end', { name });
}

lifecycle.onTransition(({ to }) => {
  if (to === Phase.Draining && options.listenerThrows === true) throw new Error('a listener threw');
});
lifecycle.onTransition(({ to }) => {
  say('phase', { to });
  if (to === Phase.Draining && options.signalsItselfMs !== undefined) {
    setTimeout(() => process.kill(process.pid, 'SIGTERM'), options.signalsItselfMs);
  }
});

const { opsToken } = options;
const guarded =
  opsToken === undefined
    ? undefined
    : { adminTokens: { ops: opsToken }, audit: (event: AuditEvent) => say('audit', { ...event }) };
const admin = createHandler(lifecycle, guarded ?? { openAdmin: true });

async function fetch(request: Request, info: RequestInfo): Promise<Response | undefined> {
  const { pathname } = new URL(request.url);
  if (pathname === '/slow') {
    say('slow_begins');
    await sleep(SLOW_MS);
    say('slow_ends');
    return new Response('slow');
  }
  if (pathname === '/stream') return new Response(endless());
  if (pathname === '/events') return new Response(endless(), { headers: EVENTS });
  return admin(request, info);
}

function endless(): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      await sleep(20);
      controller.enqueue(new TextEncoder().encode('data: x\n\n'));
    },
  });
}

/** The same as an application writes it without us. */
const listener: RequestListener = (req, res) => {
  if (req.url === '/slow') {
    say('slow_begins');
    setTimeout(() => {
      say('slow_ends');
      if (req.httpVersionMajor === 1) res.setHeader('connection', 'keep-alive');
      res.end('slow');
    }, SLOW_MS);
  } else if (req.url === '/stream' || req.url === '/events') {
    if (req.url === '/events') res.writeHead(200, EVENTS);
    const timer = setInterval(() => res.write('data: x\n\n'), 20);
    res.once('close', () => clearInterval(timer));
  } else if (req.url === '/throws') {
    throw new Error('a listener threw');
  } else res.end('fast');
};

let close = async (): Promise<void> => {};
let closeNatively = async (): Promise<void> => {};

function made(kind: 'http' | 'https' | 'http2' | 'http2 over TLS' | 'net'): NetServer {
  const tls = { cert: CERTIFICATE, key: KEY, allowHTTP1: true };
  // The compatibility API of HTTP/2 takes what writes for HTTP/1.
  const either = listener as (req: unknown, res: unknown) => void;
  switch (kind) {
    case 'http':
      return createServer(listener);
    case 'https':
      return createSecure(tls, listener);
    case 'http2':
      return createServer2(either);
    case 'http2 over TLS':
      return createSecure2(tls, either);
    default:
      return createBare((socket) => socket.on('error', () => {}).pipe(socket));
  }
}

/** Makes the server; gives its port, and what `servers` is to have. */
async function open(): Promise<{ port: number; given: Closable[] }> {
  const { server: kind = 'serve', inFlightTimeoutMs, serverIs } = options;
  if (kind === 'serve') {
    const hostname = '127.0.0.1';
    const server = await door.serve({ lifecycle, fetch, hostname, inFlightTimeoutMs });
    close = () => server.close();
    void server.closed.then(() => say('closed'));
    return { port: server.port, given: [] };
  }
  const server = made(kind);
  if (kind === 'http') {
    server.on('upgrade', (_, socket) => {
      socket.on('error', () => {});
      socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n');
      say('upgraded');
    });
  }
  if (serverIs !== 'never listening') {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  }
  const address = server.address();
  if (serverIs === 'closed' || serverIs === 'closed twice') {
    await new Promise((resolve) => server.close(resolve));
  }
  if (serverIs === 'closed twice') server.close(() => {});
  // As a library does that has something of its own to wait for.
  if (serverIs === 'of another close') server.close = () => server;
  closeNatively = () => new Promise((resolve) => server.close(() => resolve()));
  if (serverIs === 'closed with its signal') {
    process.on('SIGTERM', () => {
      void closeNatively().then(() => say('called_back'));
      void closeNatively();
    });
  }
  if (inFlightTimeoutMs !== undefined || serverIs === 'adopted twice') {
    const adopted = await door.adopt(server, { lifecycle, inFlightTimeoutMs });
    const again = await door.adopt(server, { lifecycle });
    say('adopted', { isSame: adopted === again, port: adopted.port });
    close = () => adopted.close();
  }
  return { port: typeof address === 'object' ? (address?.port ?? 0) : 0, given: [server] };
}

function closable({ closes }: ClosablePlan): Closable {
  switch (closes) {
    case 'by callback':
      return {
        close(callback?: () => void) {
          setTimeout(() => {
            say('called_back');
            callback?.();
          }, 100);
        },
      };
    case 'callback never':
      return { close(_callback?: () => void) {} };
    case 'async with a flag':
      return {
        async close(isForced?: boolean) {
          await sleep(50);
          say('closed_async', { isForced });
        },
      };
    case 'never':
      return { close: never };
    case 'throws':
      return {
        close() {
          throw new Error('a close threw');
        },
      };
    default:
      return { close: () => say('closed_at_once') };
  }
}

function lastThing({ name, timeoutMs, ...plan }: FinallyPlan): FinallyEntry {
  return {
    name,
    timeoutMs,
    async run() {
      say('finally', { name });
      block(plan.blockMs ?? 0);
      await sleep(plan.sleepMs ?? 0);
      if (plan.fails === true) throw new Error('a finally threw');
      say('finally_end', { name });
    },
  };
}

const logs: Record<'events' | 'throws' | 'rejects', Log> = {
  events: ({ type, message, name, error }) =>
    say('log', { type, message, name, error: error instanceof Error && error.message }),
  throws: () => {
    throw new Error('a log that fails');
  },
  rejects: () => Promise.reject(new Error('a log that fails')),
};

/** What a run of another process has left, which was killed. */
const LEFT = [
  { event: 'started', tidegate: 1, pid: 1, mark: 'x/1', startedAtMs: 5, readyAtMs: 6, atMs: 7 },
  { event: 'step_started', phase: 'shutting_down', step: 'backup', atMs: 8 },
]
  .map((line) => `${JSON.stringify(line)}\n`)
  .join('');

const stores: Record<StorePlan, RecordStore> = {
  works: { read: () => LEFT, write: (text) => say('written', { text }) },
  'works later': {
    read: () => sleep(10).then(() => LEFT),
    write: (text) => sleep(10).then(() => say('written', { text })),
  },
  hangs: { read: () => LEFT, write: never },
  throws: {
    read() {
      throw new Error('a store that fails');
    },
    write() {
      throw new Error('a store that fails');
    },
  },
  rejects: {
    read: () => Promise.reject(new Error('a store that fails')),
    write: () => Promise.reject(new Error('a store that fails')),
  },
  blocks: {
    read: () => null,
    write() {
      say('written');
      block(1_100);
    },
  },
};

function install(given: Closable[]): void {
  const { log, store } = options;
  door.handleSignals(lifecycle, {
    ...options.signals,
    servers: [...given, ...(options.servers ?? []).map(closable)],
    finally: (options.finally ?? []).map(lastThing),
    log: typeof log === 'string' ? logs[log] : log,
    record: store === undefined ? options.record : stores[store],
  });
}

if (options.alsoFinally !== undefined) {
  door.handleSignals(lifecycle, { finally: options.alsoFinally.map(lastThing) });
}

/** Calls `handleSignals` in a worker, and says what came of it. */
async function inWorker(kind: 'node' | 'web'): Promise<void> {
  const file = new URL('./worker.ts', import.meta.url);
  // Node has no TypeScript: the parent has bundled it.
  const source = runtime === 'node' ? new URL(process.env.WORKER ?? '', 'file:') : file;
  if (kind === 'node') {
    const { Worker } = await import('node:worker_threads');
    new Worker(source).on('message', (message: object) => say('refused', message));
    return;
  }
  const { Worker } = globalThis as unknown as {
    Worker: new (
      file: URL,
      options: { type: 'module' },
    ) => { onmessage: (event: { data: object }) => void };
  };
  new Worker(source, { type: 'module' }).onmessage = ({ data }) => say('refused', data);
}

const { port, given } = await open();
// A server that does not listen keeps no process alive.
const alive = setInterval(() => {}, 60_000);
lifecycle.leaving.addEventListener('abort', () => clearInterval(alive));
if (options.exitCode !== undefined) process.exitCode = options.exitCode;
const { ownCrashCode } = options;
if (ownCrashCode !== undefined) {
  process.on('uncaughtException', () => {
    process.exitCode = ownCrashCode;
    void lifecycle.shutdown({ trigger: 'application', failed: true });
  });
}
const hasProbes = options.probes !== undefined && options.probes !== false;
const probes = hasProbes ? await door.serveProbes({ lifecycle, ...guarded }) : undefined;
install(options.probes === 'in servers' && probes !== undefined ? [...given, probes] : given);
if (options.crash !== 'boot') lifecycle.markReady();
if (options.holdsPermit === true) lifecycle.gate.tryEnter('write');
if (options.detaches === true) {
  // Else it would end before a signal comes.
  setInterval(() => {}, 60_000);
  lifecycle.detach();
}
const previous = options.detaches === true ? null : lifecycle.previousRun();
say('listening', { runtime, pid: process.pid, port, probes: probes?.url, previous });
if (options.exitsWith !== undefined) process.exit(options.exitsWith);
if (options.worker !== undefined) await inWorker(options.worker);
if (options.trigger !== undefined) void lifecycle.shutdown({ trigger: options.trigger });
if (options.crash === 'throws') {
  setTimeout(() => {
    throw new Error('a crash');
  }, 0);
}
if (options.crash === 'as owner') {
  setTimeout(() => {
    lifecycle.beginShutdown();
    setTimeout(() => {
      throw new Error('a crash');
    }, 20);
  }, 0);
}
if (options.crash === 'rejects') setTimeout(() => void Promise.reject(new Error('a crash')), 0);
if (options.crash === 'boot') {
  await lifecycle.stage('wal_replay').run(() => Promise.reject(new Error('a boot that fails')));
}
