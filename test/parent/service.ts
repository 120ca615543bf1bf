/**
 * A service that `tidegate run` starts in its tests, the same source on Node, Deno and Bun. It says what
 * happens, a JSON object a line.
 *
 * @module
 */

import { writeSync } from 'node:fs';
import process from 'node:process';
import { Lifecycle } from '../../src/index.ts';
import { door, runtime, say } from '../runtime/door.ts';

/** What it is, as JSON in `SERVICE`. */
export interface RunPlan {
  readonly budgetMs?: number;
  /** Has a probe thread. */
  readonly probes?: boolean;
  /** Blocks its loop once it is Ready: until the shutdown is accepted, for a while, or for ever. */
  readonly block?: 'until accepted' | 'for ever' | 'once';
  /** Its step waits for ever. */
  readonly hangs?: boolean;
}

const { budgetMs, probes, block, hangs } = JSON.parse(process.env.SERVICE ?? '{}') as RunPlan;
const lifecycle = Lifecycle.create();
const flush = (): unknown => {
  say('flushed', { trigger: lifecycle.snapshot().shutdown?.trigger });
  return hangs === true ? new Promise(() => {}) : undefined;
};
lifecycle.pipeline({ budgetMs, steps: [{ name: 'flush_wal', run: flush }] });
const server = await door.serve({ lifecycle, fetch: () => new Response('here') });
if (probes === true) await door.serveProbes({ lifecycle });
door.handleSignals(lifecycle);
lifecycle.markReady();
const socket = process.env.TIDEGATE_RUN_SOCKET ?? null;
say('listening', { runtime, pid: process.pid, port: server.port, socket });
// Turns of the loop, so that the parent knows of this process.
await new Promise((resolve) => setTimeout(resolve, 300));
// By the file's number, and nothing between it and the loops: a signal that comes now finds them.
if (block !== undefined) writeSync(1, `${JSON.stringify({ event: 'blocked' })}\n`);
const startedAt = performance.now();
while (block === 'for ever' || (block === 'until accepted' && !lifecycle.shutdownRequested())) {
  // Nothing but this thread's own loop is held up.
}
while (block === 'once' && performance.now() - startedAt < 700) {
  // The same.
}
