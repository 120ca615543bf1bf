/**
 * The servers that are put under load, each in a process of its own: tidegate's on Node, Deno and Bun,
 * and on Node those of others. It says its port and its process, and serves until SIGTERM.
 *
 * @module
 */

import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as onBun from '../../src/bun.ts';
import * as onDeno from '../../src/deno.ts';
import { createHandler } from '../../src/http/index.ts';
import { Lifecycle } from '../../src/lifecycle/with-both.ts';
import * as onNode from '../../src/node.ts';
import { engine } from './engine.ts';

/** The path that is asked. */
const READY = '/health/ready';

const lifecycle = Lifecycle.create();
lifecycle.markReady();
const health = createHandler(lifecycle);

/** What `/health/ready` says, once and for all: the constant body, with the same headers. */
const sample = await health(new Request(`http://localhost${READY}`));
const BODY = (await sample?.text()) ?? '';
const HEADERS: Readonly<Record<string, string>> = Object.fromEntries(sample?.headers ?? []);
const constant = (): Response => new Response(BODY, { headers: HEADERS });

const { serve, handleSignals } =
  'Deno' in globalThis ? onDeno : 'Bun' in globalThis ? onBun : onNode;

const KINDS: Readonly<Record<string, () => Promise<{ readonly port: number }>>> = {
  health: () => serve({ lifecycle, hostname: '127.0.0.1', fetch: health }),
  'constant body': () => serve({ lifecycle, hostname: '127.0.0.1', fetch: constant }),
  permit: () =>
    serve({
      lifecycle,
      hostname: '127.0.0.1',
      fetch: () => lifecycle.gate.run('write', constant),
    }),
  drain: async () => {
    const server = await serve({ lifecycle, hostname: '127.0.0.1', fetch: constant });
    handleSignals(lifecycle, { servers: [server] });
    return server;
  },
  // What it takes to end a process that has nothing to finish.
  'bare exit': async () => {
    const port = await listening(createServer((_, res) => res.end(BODY)));
    process.on('SIGTERM', () => process.exit(0));
    return { port };
  },
  terminus: async () => {
    const { createTerminus } = await import('@godaddy/terminus');
    // It wraps the listener that is there, and without one it never answers.
    const server = createServer((_, res) => res.end(BODY));
    createTerminus(server, { healthChecks: { [READY]: async () => ({ status: 'ready' }) } });
    return { port: await listening(server) };
  },
  lightship: async () => {
    const { createLightship } = await import('lightship');
    const port = await freePort();
    const lightship = await createLightship({ detectKubernetes: false, port });
    lightship.signalReady();
    return { port };
  },
  srvx: async () => {
    const { serve: serveSrvx } = await import('srvx/node');
    const server = serveSrvx({ port: 0, hostname: '127.0.0.1', silent: true, fetch: constant });
    await server.ready();
    return { port: Number(new URL(server.url ?? '').port) };
  },
};

const start = KINDS[process.argv[2] ?? ''];
if (start === undefined) throw new RangeError(`There is no server ${process.argv[2]}`);
const { port } = await start();
console.log(JSON.stringify({ ...engine(), port, pid: process.pid }));

function listening(server: HttpServer): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

/** For a server that takes no 0: one that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}
