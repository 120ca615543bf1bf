/**
 * A probe path is never anybody else's, over real sockets, on every runtime: whatever the version, the method and
 * the headers, it gets its answer or a 4xx, and the application behind never hears of it.
 *
 * @module
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createHandler } from '../../src/http/index.ts';
import { Lifecycle } from '../../src/index.ts';
import { adopt, toNodeListener } from '../../src/node.ts';
import { door, runtime } from '../runtime/door.ts';
import { Wire } from '../runtime/wire.ts';
import { PROBES } from './wire.ts';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

/** What the application behind says to whatever comes to it; a probe must never get that. */
const THEIRS = 299;

/** A server, and what came to the application behind the probes. */
interface Subject {
  readonly lifecycle: Lifecycle;
  readonly port: number;
  readonly strays: string[];
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  undo.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Node's listener form, with a next one. */
async function behindNext(): Promise<Subject> {
  const lifecycle = Lifecycle.create();
  const health = toNodeListener(createHandler(lifecycle), { lifecycle });
  const strays: string[] = [];
  const server = createServer((req, res) =>
    health(req, res, () => {
      strays.push(`${req.method} ${req.url}`);
      res.writeHead(THEIRS).end();
    }),
  );
  return { lifecycle, port: await listen(server), strays };
}

/** An adopted server with the handler in front, and an application that upgrades whatever asks for it. */
async function adopted(): Promise<Subject> {
  const lifecycle = Lifecycle.create();
  const strays: string[] = [];
  const server = createServer((req: IncomingMessage, res: ServerResponse) => {
    strays.push(`${req.method} ${req.url}`);
    res.writeHead(THEIRS).end();
  });
  server.on('upgrade', (req: IncomingMessage, socket) => {
    strays.push(`upgrade ${req.url}`);
    socket.end('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n');
  });
  const port = await listen(server);
  await adopt(server, { lifecycle, fetch: createHandler(lifecycle), lingerMs: 0 });
  return { lifecycle, port, strays };
}

/** `serve()` of this runtime; the application asks the handler first. */
async function served(): Promise<Subject> {
  const lifecycle = Lifecycle.create();
  const health = createHandler(lifecycle);
  const strays: string[] = [];
  const server = await door.serve({
    lifecycle,
    hostname: '127.0.0.1',
    lingerMs: 0,
    fetch: async (request) => {
      const answer = await health(request);
      if (answer !== undefined) return answer;
      strays.push(`${request.method} ${request.url}`);
      return new Response(null, { status: THEIRS });
    },
  });
  undo.push(() => server.close());
  return { lifecycle, port: server.port, strays };
}

/** Heads of a request to a path, each a line that something else than a probe would send. */
const HEADS: readonly ((path: string) => string[])[] = [
  (path) => [`GET ${path} HTTP/1.0`],
  (path) => [`OPTIONS ${path} HTTP/1.0`],
  (path) => [`GET ${path} HTTP/1.0`, 'host: a b'],
  (path) => [`GET ${path} HTTP/1.1`, 'host: a b'],
  (path) => [`GET ${path} HTTP/1.1`, 'host: user@a'],
  (path) => [`GET ${path}?a=%zz|b HTTP/1.1`, 'host: a'],
  (path) => [`GET http://other.example${path} HTTP/1.1`, 'host: a'],
  (path) => [`GET http://user:pass@other.example${path} HTTP/1.1`, 'host: a'],
  (path) => [`TRACE ${path} HTTP/1.1`, 'host: a'],
  (path) => [`PROPFIND ${path} HTTP/1.1`, 'host: a'],
  (path) => [`POST ${path} HTTP/1.1`, 'host: a', 'content-length: 0'],
  (path) => [`GET ${path} HTTP/1.1`, 'host: a', 'connection: upgrade', 'upgrade: websocket'],
  (path) => [
    `GET ${path} HTTP/1.1`,
    'host: a',
    'connection: Upgrade, HTTP2-Settings',
    'upgrade: h2c',
  ],
  (path) => [`GET ${path} HTTP/1.1`, 'host: a', 'expect: the moon'],
  (path) => [
    `GET ${path} HTTP/1.1`,
    'host: a',
    'x-http-method-override: DELETE',
    'range: bytes=0-1',
  ],
  (path) => [`GET ${path} HTTP/1.1`, 'host: a', 'accept: text/event-stream'],
];

/** The status of what comes back to these bytes, read to the end of the connection. */
async function statusOf(port: number, head: readonly string[]): Promise<number> {
  const wire = await Wire.open(port);
  wire.write(
    `${[...head, ...(isUpgrade(head) ? [] : ['connection: close'])].join('\r\n')}\r\n\r\n`,
  );
  const { status } = await wire.read();
  wire.socket.destroy();
  return status;
}

function isUpgrade(head: readonly string[]): boolean {
  return head.some((line) => line.startsWith('connection:'));
}

function expectOurs(head: readonly string[], status: number, verdicts: readonly number[]): void {
  const isRefusal = status >= 400 && status < 500;
  expect([head, status, isRefusal || verdicts.includes(status)]).toEqual([head, status, true]);
}

describe.each([
  ['a listener with a next one', behindNext],
  ['an adopted server', adopted],
  [`serve() on ${runtime}`, served],
])('behind %s', (_, open) => {
  it.each([
    ['while it starts', false],
    ['when it is ready', true],
  ])('every probe path is ours %s, whatever is sent there', async (_, isReady) => {
    const { lifecycle, port, strays } = await open();
    if (isReady) lifecycle.markReady();
    for (const path of [...PROBES, '/metrics', '/admin/status']) {
      for (const head of HEADS) {
        const lines = head(path);
        expectOurs(lines, await statusOf(port, lines), [200, 204, 503]);
      }
    }
    expect(strays).toEqual([]);
  });

  it('an upgrade that is offered does not hide the verdict', async () => {
    const { lifecycle, port, strays } = await open();
    const ask = () =>
      statusOf(port, [
        'GET /health/ready HTTP/1.1',
        'host: a',
        'connection: Upgrade',
        'upgrade: h2c',
      ]);
    expect(await ask()).toBe(503);
    lifecycle.markReady();
    expect(await ask()).toBe(200);
    expect(strays).toEqual([]);
  });

  it('OPTIONS of HTTP/1.0 without a host, as HAProxy sends it, is the verdict', async () => {
    const { lifecycle, port } = await open();
    const ask = () => statusOf(port, ['OPTIONS /health/ready/write HTTP/1.0']);
    expect(await ask()).toBe(503);
    lifecycle.markReady();
    expect(await ask()).toBe(204);
    lifecycle.markDraining();
    expect(await ask()).toBe(503);
  });

  it('what is nobody’s probe goes to the application', async () => {
    const { lifecycle, port, strays } = await open();
    lifecycle.markReady();
    expect(await statusOf(port, ['GET /health/liver HTTP/1.1', 'host: a'])).toBe(THEIRS);
    expect(await statusOf(port, ['GET /mine?x=|y HTTP/1.1', 'host: a'])).toBe(THEIRS);
    expect(strays).toHaveLength(2);
  });
});

describe('an adopted server whose own listener has the handler', () => {
  it('leaves its probes to it, also those that offer an upgrade, and counts none', async () => {
    const lifecycle = Lifecycle.create();
    const health = toNodeListener(createHandler(lifecycle), { lifecycle });
    const strays: string[] = [];
    const server = createServer((req, res) =>
      health(req, res, () => {
        strays.push(`${req.url}`);
        res.writeHead(THEIRS).end();
      }),
    );
    server.on('upgrade', (req: IncomingMessage, socket) => {
      strays.push(`upgrade ${req.url}`);
      socket.destroy();
    });
    const port = await listen(server);
    await adopt(server, { lifecycle, lingerMs: 0 });
    lifecycle.markReady();
    for (const head of HEADS) {
      const lines = head('/health/ready');
      expectOurs(lines, await statusOf(port, lines), [200, 204]);
    }
    // The gate is closed to queries, and the probe is answered by the handler all the same.
    lifecycle.beginShutdown();
    for (const head of HEADS) {
      const lines = head('/health/live');
      expectOurs(lines, await statusOf(port, lines), [200, 204]);
    }
    expect(strays).toEqual([]);
  });
});

// Bun's and Deno's http2 servers are `node:` ones, too.
it('over HTTP/2 it is the same', async () => {
  const lifecycle = Lifecycle.create();
  const strays: string[] = [];
  const server = createHttp2Server((req, res) => {
    strays.push(req.url);
    res.writeHead(THEIRS).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await adopt(server, { lifecycle, fetch: createHandler(lifecycle), lingerMs: 0 });
  const session = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const ask = (headers: Readonly<Record<string, string>>): Promise<number> =>
    new Promise((resolve, reject) => {
      const stream = session.request(headers);
      stream.once('response', ({ ':status': status }) => resolve(Number(status)));
      stream.once('error', reject);
      stream.end();
      stream.resume();
    });
  for (const path of PROBES) {
    const verdict = path === '/health/live' ? 200 : 503;
    expect(await ask({ ':path': path })).toBe(verdict);
    expect(await ask({ ':path': path, ':method': 'HEAD' })).toBe(verdict);
    expect(await ask({ ':path': path, ':method': 'OPTIONS' })).toBe(verdict === 200 ? 204 : 503);
    expect(await ask({ ':path': path, ':method': 'DELETE' })).toBe(405);
    expect(await ask({ ':path': path, 'x-any': 'y', host: 'other' })).toBe(verdict);
  }
  lifecycle.markReady();
  expect(await ask({ ':path': '/mine' })).toBe(THEIRS);
  expect(strays).toEqual(['/mine']);
  session.close();
  server.close();
});
