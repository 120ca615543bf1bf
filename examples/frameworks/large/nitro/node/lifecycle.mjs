/**
 * The lifecycle of the process, the handler of its probes, and notes that are kept until they are flushed.
 *
 * Nitro bundles the routes apart from this file: they find what is here by a global name.
 *
 * @module
 */

import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Lifecycle } from 'tidegate';
import { createHandler } from 'tidegate/http';

const { env } = process;

export const lifecycle = Lifecycle.create();

lifecycle.pipeline({
  preDrainMs: Number(env.PRE_DRAIN_MS ?? 0),
  preDrainProbes: env.PRE_DRAIN_PROBES ? Number(env.PRE_DRAIN_PROBES) : undefined,
  steps: [{ name: 'flush_wal', run: flush }],
});

export const health = createHandler(lifecycle, { adminToken: env.ADMIN_TOKEN });

let notes = [];

async function save(note) {
  await sleep(5);
  notes.push(note);
  return note;
}

function flush() {
  appendFileSync(env.JOURNAL ?? 'notes.txt', notes.map((note) => `${note}\n`).join(''));
  notes = [];
  console.log('flushed');
}

globalThis.service = { lifecycle, save };
