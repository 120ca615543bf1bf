/**
 * A process that makes lifecycles, serves each of them and shuts it down, thousands of times, and
 * says what it still has after some of them. It ends when nothing keeps it alive any more.
 *
 * @module
 */

import { readdirSync } from 'node:fs';
import process from 'node:process';
import { createHandler } from '../../src/http/index.ts';
import { Lifecycle, Phase } from '../../src/index.ts';
import type * as Node from '../../src/node.ts';
import { Wire } from '../runtime/wire.ts';

/** What there is after so many cycles. */
export interface Sample {
  readonly cycles: number;
  /** Bytes. */
  readonly heap: number;
  readonly rss: number;
  /** Of the signals that are handled. */
  readonly listeners: number;
  /** Timers that were set, and have neither ended nor been cleared. */
  readonly timers: number;
  /** File descriptors: sockets, listeners, pipes. */
  readonly files: number;
  readonly threads: number;
}

type Door = Pick<typeof Node, 'serve' | 'handleSignals' | 'startHeartbeat'>;

/** Cycles that run beside each other. */
const BATCH = 25;

// Counted from here on: whatever the library sets, it sets later.
const timers = countTimers();
const counts = process.argv.slice(2).map(Number);
const door: Door = await open();
// Each cycle of a batch listens to the signals.
process.setMaxListeners(4 * BATCH);

let cycles = 0;
await many(BATCH);
say(await sample());
for (const count of counts) {
  while (cycles < count) await many(BATCH);
  say(await sample());
}

async function open(): Promise<Door> {
  if ('Deno' in globalThis) return import('../../src/deno.ts');
  if ('Bun' in globalThis) return import('../../src/bun.ts');
  return import('../../src/node.ts');
}

async function many(count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, cycle));
  cycles += count;
}

/** Create, attach, serve, shut down: all that installs something, with its undo. */
async function cycle(): Promise<void> {
  const lifecycle = Lifecycle.create();
  const other = Lifecycle.attach(lifecycle.share());
  const phases: Phase[] = [];
  const forget = lifecycle.onTransition(({ to }) => phases.push(to));
  const stopBeating = door.startHeartbeat(lifecycle);
  lifecycle.pipeline({ steps: [{ name: 'flush_wal', run: () => {} }] });
  const health = createHandler(lifecycle);
  const fetch = async (request: Request): Promise<Response | undefined> => {
    if (!request.url.endsWith('/write')) return health(request);
    return lifecycle.gate.run('write', async () => new Response(await request.text()));
  };
  const server = await door.serve({ lifecycle, fetch, hostname: '127.0.0.1', lingerMs: 5 });
  const ignore = door.handleSignals(lifecycle, { servers: [server], exit: false });
  other.markReady();
  const wire = await Wire.open(server.port);
  const write = await wire.request('/write', { method: 'POST', body: 'kept' });
  must(write.status === 200 && write.body === 'kept', `a write was ${write.status}`);
  const probe = await wire.request('/health/ready');
  must(probe.status === 200, `the probe was ${probe.status}`);
  const report = await other.shutdown({ trigger: 'cycle' });
  must(report.flushedWal && report.drained, JSON.stringify(report));
  // The kept-alive connection ends with the server.
  await wire.closed;
  await server.closed;
  must(lifecycle.phase() === Phase.Stopped, `phase ${lifecycle.phase()}`);
  must(phases.length === 4, `heard ${phases}`);
  ignore();
  stopBeating();
  forget();
  other.detach();
  lifecycle.detach();
}

function must(condition: boolean, about: string): void {
  if (!condition) throw new Error(`In a cycle: ${about}`);
}

/** After the collector has had its turns; the parent starts each runtime so that it can be asked. */
async function sample(): Promise<Sample> {
  const { Bun, gc } = globalThis as {
    readonly Bun?: { gc(force: boolean): void };
    readonly gc?: () => void;
  };
  for (let turns = 0; turns < 10; turns++) {
    Bun?.gc(true);
    gc?.();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { heapUsed: heap, rss } = process.memoryUsage();
  const listeners = process.listenerCount('SIGTERM') + process.listenerCount('SIGINT');
  const files = readdirSync('/proc/self/fd').length;
  const threads = readdirSync('/proc/self/task').length;
  return { cycles, heap, rss, listeners, timers: timers(), files, threads };
}

function say(what: Sample): void {
  console.log(JSON.stringify(what));
}

/** Counts what every caller in this process sets with the global functions, and how it ends. */
function countTimers(): () => number {
  const open = new Set<unknown>();
  const { setTimeout: set, setInterval: repeat, clearTimeout: clear } = globalThis;
  globalThis.setTimeout = ((run: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) => {
    const timer = set(() => {
      open.delete(timer);
      run(...args);
    }, ms);
    open.add(timer);
    return timer;
  }) as typeof setTimeout;
  globalThis.setInterval = ((...args: Parameters<typeof setInterval>) => {
    const timer = repeat(...args);
    open.add(timer);
    return timer;
  }) as typeof setInterval;
  const end = (timer: Parameters<typeof clearTimeout>[0]): void => {
    open.delete(timer);
    clear(timer);
  };
  globalThis.clearTimeout = end as typeof clearTimeout;
  globalThis.clearInterval = end as typeof clearInterval;
  return () => open.size;
}
