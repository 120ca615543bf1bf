/**
 * A service whose loop is blocked from when it listens until a shutdown is accepted: who can ask for
 * that meanwhile is the probe thread alone.
 *
 * @module
 */

import process from 'node:process';
import { Lifecycle } from '../../src/index.ts';
import { door, runtime, say } from './door.ts';

const lifecycle = Lifecycle.create();
lifecycle.pipeline({ steps: [{ name: 'flush_wal', run: () => say('flushed') }] });
const { adminToken } = JSON.parse(process.env.SERVICE ?? '{}') as { adminToken: string };
const probes = await door.serveProbes({ lifecycle, adminToken });
door.handleSignals(lifecycle);
lifecycle.markReady();
say('listening', { runtime, pid: process.pid, port: probes.port });
// A turn of the loop, so that the line is out.
await new Promise((resolve) => setTimeout(resolve, 1));
while (!lifecycle.shutdownRequested()) {
  // Nothing but this thread's own loop is held up.
}
say('unblocked', { holds: lifecycle.gate.holds(), drainingAtMs: lifecycle.drainingAtMs() });
