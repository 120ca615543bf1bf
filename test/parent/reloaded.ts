/**
 * A service that is reloaded in the tests of `tidegate run`: it answers with its process number, after a
 * moment. What the next instance is like, a file says.
 *
 * @module
 */

import { existsSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { Lifecycle } from '../../src/index.ts';
import { door, runtime, say } from '../runtime/door.ts';

/** As JSON in `SERVICE`. */
export interface ReloadPlan {
  readonly port: number;
  /** `never` in it: the instance does not become Ready. `dies`: it ends. */
  readonly next: string;
  readonly probePort?: number;
}

const { port, next, probePort } = JSON.parse(process.env.SERVICE ?? '{}') as ReloadPlan;
const mode = existsSync(next) ? readFileSync(next, 'utf8') : '';
const lifecycle = Lifecycle.create();
const server = await door.serve({
  lifecycle,
  port,
  reusePort: runtime !== 'node',
  // A client whose own loop is held up for longer reuses a connection that has just been closed.
  lingerMs: 1_500,
  fetch: async () => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    return new Response(String(process.pid));
  },
});
if (probePort !== undefined) await door.serveProbes({ lifecycle, port: probePort });
door.handleSignals(lifecycle);
if (mode === 'dies') process.exit(9);
// A boot takes its time; meanwhile whoever is Ready answers.
await new Promise((resolve) => setTimeout(resolve, 100));
if (mode !== 'never') lifecycle.markReady();
say('listening', { runtime, pid: process.pid, port: server.port });
