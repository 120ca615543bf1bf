/**
 * What a worker does for a process that only waits for it.
 *
 * @module
 */

import type { Lifecycle } from '../../../src/index.ts';

/** Long enough for an idle process to have ended, if it were not kept alive. */
const WHILE_MS = 300;

/** Makes it ready after a while. */
export async function readyLater(lifecycle: Lifecycle): Promise<void> {
  await later();
  lifecycle.markReady();
}

/** Holds a write permit for a while. */
export async function writeForAWhile(lifecycle: Lifecycle): Promise<void> {
  await lifecycle.gate.run('write', later);
}

/** Hosts the shutdown, with a step that takes a while. */
export async function host(lifecycle: Lifecycle): Promise<void> {
  lifecycle.pipeline({ steps: [{ name: 'flush_wal', run: later }] });
}

/** Asks for the shutdown once the main thread has had the time to block. */
export async function askForShutdown(lifecycle: Lifecycle): Promise<void> {
  await later();
  await lifecycle.shutdown({ trigger: 'another thread' });
}

function later(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, WHILE_MS));
}
