/**
 * A service whose life the test leads from phase to phase: by its routes, by signals, by the admin
 * calls. The same source on Node, Deno and Bun. It tells its parent what happens, a line each.
 *
 * @module
 */

import process from 'node:process';
import { createHandler } from '../../src/http/index.ts';
import { Lifecycle, type Permit } from '../../src/index.ts';
import { succeeded } from '../../src/lifecycle/report.ts';
import { door, runtime, say } from '../runtime/door.ts';

let flush = (): void => {};
const flushed = new Promise<void>((resolve) => {
  flush = resolve;
});

const lifecycle = Lifecycle.create();
lifecycle.pipeline({
  budgetMs: 100_000,
  drainTimeoutMs: 100_000,
  steps: [
    { name: 'flush_wal', run: () => flushed },
    {
      name: 'say "bye"\n',
      run() {
        throw new Error('planned');
      },
    },
    { name: 'final_checkpoint', run: () => {} },
  ],
});

// A restore that was over before the lifecycle existed, and a stage that is under way.
const bootMs = Date.now();
lifecycle.setRestoreStartedAtMs(bootMs - 1_250);
lifecycle.setRestoreReadyAtMs(bootMs);
lifecycle.stage('cache_fill').markStarted();

const handler = createHandler(lifecycle, { openAdmin: true });
const permits: (Permit | null)[] = [];

/** What the test asks for, by path. */
const COMMANDS: Readonly<Record<string, () => unknown>> = {
  '/ready'() {
    lifecycle.stage('cache_fill').markReady();
    lifecycle.markReady();
    const { gate } = lifecycle;
    permits.push(gate.tryEnter('write'), gate.tryEnter('query'), gate.tryEnter('query'));
    gate.hold('lease_lost');
  },
  '/block'() {
    // Long enough for several scrapes of the probe thread, and over the heartbeat's tolerance.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3_000);
  },
  '/release'() {
    for (const permit of permits) permit?.release();
  },
  '/flush': () => flush(),
};

const server = await door.serve({
  lifecycle,
  hostname: '127.0.0.1',
  // The test leads it in every phase.
  kindOf: () => null,
  fetch(request) {
    const { pathname } = new URL(request.url);
    // What a proxy makes of a scrape that does not pass on `accept`.
    if (pathname === '/classic/metrics')
      return handler(new Request(new URL('/metrics', request.url)));
    const command = COMMANDS[pathname];
    if (command === undefined) return handler(request);
    command();
    return new Response(null, { status: 204 });
  },
});
const probes = await door.serveProbes({ lifecycle });

// The process outlives Stopped until the test has seen it scraped, however long that takes.
setInterval(() => {}, 60_000);
process.once('SIGUSR2', () => {
  const report = lifecycle.shutdownReport();
  process.exit(report !== null && succeeded(report) ? 0 : 1);
});
door.handleSignals(lifecycle, { exit: false });
say('listening', { runtime, pid: process.pid, port: server.port, probes: probes.port });
