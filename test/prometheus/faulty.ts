/**
 * A service with every fault that `examples/deploy/prometheus/alerts.yaml` has an alert for, each when the
 * test asks for it. Only its probe thread is scraped.
 *
 * @module
 */

import { existsSync } from 'node:fs';
import process from 'node:process';
import { createHandler } from '../../src/http/index.ts';
import { Lifecycle, type Permit } from '../../src/index.ts';
import { door, runtime, say } from '../runtime/door.ts';

/** What the test makes when the blocked loop may turn again. */
const RELEASE = process.env.RELEASE ?? '';
/** The port of the probe thread; any, unless it takes the place of another process. */
const PROBES = Number(process.env.PROBES ?? 0);
/** Where it keeps the record of its run. */
const RECORD = process.env.RECORD ?? '';

let goOn = (): void => {};
const shown = new Promise<void>((resolve) => {
  goOn = resolve;
});

const lifecycle = Lifecycle.create();
lifecycle.pipeline({
  budgetMs: 300_000,
  drainTimeoutMs: 300_000,
  steps: [
    { name: 'flush_wal', run: () => shown },
    { name: 'backup', timeoutMs: 20, run: () => new Promise<void>(() => {}) },
    {
      name: 'close_pool',
      run() {
        throw new Error('planned');
      },
    },
  ],
});

let permit: Permit | null = null;
let isBroken = false;
lifecycle.check({
  name: 'database',
  everyMs: 100,
  failures: 1,
  // A busy machine is no fault of this check.
  timeoutMs: 60_000,
  run() {
    if (isBroken) throw new Error('planned');
  },
});

/** What the test asks for, by path. */
const COMMANDS: Readonly<Record<string, () => unknown>> = {
  '/ready': () => lifecycle.markReady(),
  '/break': () => {
    isBroken = true;
  },
  '/mend': () => {
    isBroken = false;
  },
  '/hold': () => lifecycle.gate.hold('paused'),
  '/release': () => lifecycle.gate.release('paused'),
  // As many as a load balancer sends that has not noticed.
  '/write'() {
    for (let count = 0; count < 20; count++) lifecycle.gate.tryEnter('write')?.release();
  },
  '/drain'() {
    permit = lifecycle.gate.tryEnter('write');
    lifecycle.markDraining();
  },
  '/end-write': () => permit?.release(),
  '/go-on': () => goOn(),
};

const handler = createHandler(lifecycle);
const server = await door.serve({
  lifecycle,
  hostname: '127.0.0.1',
  kindOf: () => null,
  fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === '/block') {
      // After the answer.
      setTimeout(block, 50);
      return new Response(null, { status: 204 });
    }
    const command = COMMANDS[pathname];
    if (command === undefined) return handler(request);
    command();
    return new Response(null, { status: 204 });
  },
});
const probes = await door.serveProbes({ lifecycle, port: PROBES, stuckAfterMs: 500 });
setInterval(() => {}, 60_000);
process.once('SIGUSR2', () => process.exit(0));
door.handleSignals(lifecycle, { exit: false, log: false, record: RECORD });
say('listening', { runtime, pid: process.pid, port: server.port, probes: probes.port });

function block(): void {
  const never = new Int32Array(new SharedArrayBuffer(4));
  while (!existsSync(RELEASE)) Atomics.wait(never, 0, 0, 50);
}
