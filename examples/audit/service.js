/**
 * A service whose operators each have a token, and whose admin calls are written down: a JSON object a
 * line, on the service's port and on that of the probe thread. It also says how its last run ended.
 *
 * ```text
 * PORT          0             DEPLOY_TOKEN    of the pipeline that deploys it
 * AUDIT_FILE    audit.jsonl   OPS_TOKEN       of whoever is on call
 * RECORD_FILE   record        each of them from a secret
 * ```
 *
 * @module
 */

import { closeSync, openSync, writeSync } from 'node:fs';
import process from 'node:process';
import { Lifecycle } from 'tidegate';
import { createHandler } from 'tidegate/http';
import { handleSignals, serve, serveProbes } from 'tidegate/node';

const { PORT = '0', AUDIT_FILE = 'audit.jsonl', RECORD_FILE = 'record' } = process.env;
const { DEPLOY_TOKEN, OPS_TOKEN } = process.env;

const lifecycle = Lifecycle.create();
const file = openSync(AUDIT_FILE, 'a', 0o600);

/** Synchronous, so that the line is there before the answer is, and before the process ends. */
function audit({ atMs, ...event }) {
  writeSync(file, `${JSON.stringify({ at: new Date(atMs).toISOString(), ...event })}\n`);
}

const guarded = { adminTokens: { deploy: DEPLOY_TOKEN, ops: OPS_TOKEN }, audit };
const admin = createHandler(lifecycle, guarded);
const server = await serve({
  lifecycle,
  port: Number(PORT),
  hostname: '127.0.0.1',
  // With its second argument the handler knows from where it was asked.
  fetch: async (request, info) => (await admin(request, info)) ?? new Response('hello\n'),
});
const probes = await serveProbes({ lifecycle, hostname: '127.0.0.1', ...guarded });
handleSignals(lifecycle, {
  record: RECORD_FILE,
  finally: [{ name: 'audit', run: () => closeSync(file) }],
});
lifecycle.markReady();

const { outcome = 'unknown', step = null } = lifecycle.previousRun() ?? {};
console.log(JSON.stringify({ url: server.url, probes: probes.url, outcome, step }));
