/**
 * The service that the files of this folder deploy: entries that are kept in memory, and on the
 * disk from the last flush on. Everything that a deployment has to agree with it about comes from
 * the environment.
 *
 * ```text
 * PORT              8080        PROBE_PORT    9090, of the probe thread
 * HOST              0.0.0.0     DATA_FILE     entries.json
 * PRE_DRAIN_MS      0           PRE_DRAIN_PROBES
 * BUDGET_MS         25000       TIDEGATE_ADMIN_TOKEN    without it /admin is closed
 *
 * PUT /entries/:name    201     GET /entries/:name    200, 404
 * ```
 *
 * @module
 */

import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { Lifecycle } from 'tidegate';
import { createHandler } from 'tidegate/http';
import { handleSignals, serve, serveProbes } from 'tidegate/node';
import { notifySystemd } from './notify.js';

const {
  PORT = '8080',
  PROBE_PORT = '9090',
  HOST = '0.0.0.0',
  DATA_FILE = 'entries.json',
  PRE_DRAIN_MS = '0',
  PRE_DRAIN_PROBES,
  BUDGET_MS = '25000',
  TIDEGATE_ADMIN_TOKEN: adminToken,
} = process.env;

const lifecycle = Lifecycle.create();
const entries = new Map();

lifecycle.pipeline({
  budgetMs: Number(BUDGET_MS),
  preDrainMs: Number(PRE_DRAIN_MS),
  preDrainProbes: PRE_DRAIN_PROBES === undefined ? undefined : Number(PRE_DRAIN_PROBES),
  steps: [{ name: 'flush_wal', run: flush }],
});

const health = createHandler(lifecycle, { adminToken });
const server = await serve({ lifecycle, port: Number(PORT), hostname: HOST, fetch: answer });
const probes = await serveProbes({ lifecycle, port: Number(PROBE_PORT), hostname: HOST });
handleSignals(lifecycle, { servers: [server] });
notifySystemd(lifecycle);

await lifecycle.stage('restore').run(restore);
lifecycle.markReady();
console.log(`listening on ${server.url}, probes on ${probes.url}`);

async function answer(request) {
  const known = await health(request);
  if (known !== undefined) return known;
  const [, name] = /^\/entries\/([\w-]{1,64})$/.exec(new URL(request.url).pathname) ?? [];
  if (name === undefined) return undefined;
  const permit = lifecycle.gate.tryEnter(request.method === 'PUT' ? 'write' : 'query');
  if (permit === null) {
    return new Response('not now\n', { status: 503, headers: { 'retry-after': '1' } });
  }
  try {
    if (request.method === 'PUT') {
      entries.set(name, await request.text());
      return new Response(null, { status: 201 });
    }
    const found = entries.get(name);
    return found === undefined ? undefined : new Response(found);
  } finally {
    permit.release();
  }
}

function restore() {
  if (!existsSync(DATA_FILE)) return;
  for (const [name, text] of Object.entries(JSON.parse(readFileSync(DATA_FILE, 'utf8')))) {
    entries.set(name, text);
  }
}

/** As a whole or not at all, so that it may be done again. */
function flush() {
  writeFileSync(`${DATA_FILE}.part`, JSON.stringify(Object.fromEntries(entries)));
  renameSync(`${DATA_FILE}.part`, DATA_FILE);
}
