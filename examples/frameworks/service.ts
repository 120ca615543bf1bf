/**
 * What these examples share: a lifecycle with something to flush, and the handler of its probes,
 * metrics and admin calls. Each of the others puts that handler before a framework.
 *
 * @module
 */

import process from 'node:process';
import { Lifecycle } from 'tidegate';
import { createHandler, type Handler } from 'tidegate/http';

/** One for the process. */
export const lifecycle: Lifecycle = Lifecycle.create();

lifecycle.pipeline({
  preDrainMs: Number(process.env.PRE_DRAIN_MS ?? 0),
  steps: [{ name: 'flush_wal', run: () => console.log('flushed') }],
});

/** Answers `/health/*`, `/metrics` and `/admin/*`; `undefined` for the rest, which is the framework's. */
export const health: Handler = createHandler(lifecycle, { adminToken: process.env.ADMIN_TOKEN });

/** Where to listen. */
export const port: number = Number(process.env.PORT ?? 8080);

/** The last lines of every example. */
export function started(url: string): void {
  lifecycle.markReady();
  console.log(`listening on ${url}`);
}
