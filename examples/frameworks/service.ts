/**
 * What these examples share: a lifecycle with something to flush, and the handler of its probes,
 * metrics and admin calls. Each of the others puts that handler before a framework.
 *
 * @module
 */

import { appendFileSync } from 'node:fs';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { Lifecycle } from 'tidegate';
import { createHandler, type Handler } from 'tidegate/http';

const { env } = process;

/** One for the process. */
export const lifecycle: Lifecycle = Lifecycle.create();

lifecycle.pipeline({
  // The most that the load balancer needs to leave, and what shows that it has.
  preDrainMs: Number(env.PRE_DRAIN_MS ?? 0),
  preDrainProbes: env.PRE_DRAIN_PROBES ? Number(env.PRE_DRAIN_PROBES) : undefined,
  steps: [{ name: 'flush_wal', run: flush }],
});

/** Answers `/health/*`, `/metrics` and `/admin/*`; `undefined` for the rest, which is the framework's. */
export const health: Handler = createHandler(lifecycle, { adminToken: env.ADMIN_TOKEN });

/** Where to listen. */
export const port: number = Number(env.PORT ?? 8080);

let notes: string[] = [];

/** Keeps a note until it is flushed, and takes as long as a database would. */
export async function save(note: string): Promise<string> {
  await sleep(5);
  notes.push(note);
  return note;
}

function flush(): void {
  appendFileSync(env.JOURNAL ?? 'notes.txt', notes.map((note) => `${note}\n`).join(''));
  notes = [];
  console.log('flushed');
}

/** The last lines of every example. */
export function started(url: string): void {
  lifecycle.markReady();
  console.log(`listening on ${url}`);
}
