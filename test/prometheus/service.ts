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
import { led } from './led.ts';

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
const commands = {
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

process.once('SIGUSR2', () => {
  const report = lifecycle.shutdownReport();
  process.exit(report !== null && succeeded(report) ? 0 : 1);
});
await led({
  lifecycle,
  commands,
  handler(request) {
    const { pathname } = new URL(request.url);
    // What a proxy makes of a scrape that does not pass on `accept`.
    const isClassic = pathname === '/classic/metrics';
    return handler(isClassic ? new Request(new URL('/metrics', request.url)) : request);
  },
});
