/**
 * One process of a service that may have one writer at a time: notes in a database that several processes share. The one
 * that holds the lease writes, and the others refuse to. All of them drain and shut down as one fleet. The same file runs on
 * Node, Deno and Bun.
 *
 * ```text
 * STORE       a folder, or redis://, etcd://, postgres:// or nats:// and a host
 * DATA_DIR    where the database is, and the store if it is a folder
 * DEPLOYMENT  which one this is; a new one starts afresh after a drain
 * ```
 *
 * @module
 */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { Lifecycle } from 'tidegate';
import { Fleet, lease } from 'tidegate/fleet';
import { createHandler } from 'tidegate/http';
import { Notes } from './notes.js';
import { openStore } from './store.js';

const { DATA_DIR = 'data', DEPLOYMENT = 'v1', NAME = 'member', PORT = '0' } = process.env;
const { STORE = join(DATA_DIR, 'store'), TIDEGATE_ADMIN_TOKEN: adminToken } = process.env;
/** After the writer has died, another one writes within this time and a second. */
const TTL_MS = 3_000;
const NO_CONTENT = 204;

const runtime = 'Deno' in globalThis ? 'deno' : 'Bun' in globalThis ? 'bun' : 'node';
const { handleSignals, serve } = await import(`tidegate/${runtime}`);

mkdirSync(DATA_DIR, { recursive: true });
const lifecycle = Lifecycle.create();
const admin = createHandler(lifecycle, { adminToken, name: NAME });
const notes = new Notes(join(DATA_DIR, 'notes.sqlite'));
const { store, close } = await openStore(STORE);

// Before it is Ready: from here on no write is admitted before the store has answered.
const following = new Fleet({ store, deployment: DEPLOYMENT }).follow(lifecycle);
const contending = lease(lifecycle, { store, name: 'writer', ttlMs: TTL_MS, holder: NAME });
lifecycle.markReady();
const [, writer] = await Promise.all([following, contending]);

/** It is asked for a write only while it holds the lease; what is late all the same is refused by the database. */
async function put(name, request) {
  const text = await request.text();
  const { token } = writer;
  const isWritten = token !== null && notes.write(token, name, text, NAME);
  if (isWritten) return new Response(null, { status: NO_CONTENT });
  return Response.json({ error: 'The lease was lost' }, { status: 503 });
}

const server = await serve({
  lifecycle,
  port: Number(PORT),
  hostname: '127.0.0.1',
  async fetch(request, info) {
    const answered = await admin(request, info);
    if (answered !== undefined) return answered;
    const [, name] = /^\/notes\/(\w+)$/.exec(new URL(request.url).pathname) ?? [];
    if (name === undefined) return new Response('not found\n', { status: 404 });
    if (request.method === 'PUT') return put(name, request);
    const note = notes.read(name);
    return note === undefined ? new Response('no note\n', { status: 404 }) : Response.json(note);
  },
});
lifecycle.step({
  name: 'final_checkpoint',
  // It still holds the lease: that is given back after the last step.
  run: () => writer.token !== null && notes.checkpoint(),
});
handleSignals(lifecycle, {
  servers: [server],
  finally: [
    { name: 'store', run: close },
    { name: 'notes', run: () => notes.close() },
  ],
});

const tell = () => {
  const how = writer.token === null ? writer.state : `the writer, with token ${writer.token}`;
  console.log(`${NAME} on ${runtime} is ${how}`);
};
writer.onChange(tell);
console.log(`${NAME} on ${runtime}: http://127.0.0.1:${server.port} (process ${process.pid})`);
tell();
