/**
 * A service with WebSockets and event streams, by the means of each runtime: `ws` on a server of Node,
 * `Deno.upgradeWebSocket`, `Bun.serve`. It tells its parent what happens, a JSON object a line.
 *
 * @module
 */

import { createServer, type Server as HttpServer } from 'node:http';
import process from 'node:process';
import { WebSocketServer, type WebSocket as WsSocket } from 'ws';
import { createHandler } from '../../src/http/index.ts';
import { Lifecycle } from '../../src/index.ts';
import type { FetchHandler, RequestInfo, Server } from '../../src/runtime/node.ts';
import { door, runtime, say } from './door.ts';

/** How the parent configures it, as JSON in `SERVICE`. */
export interface SocketOptions {
  /** Who serves, and how the sockets are attached; `own` is the runtime's own way. */
  readonly way?: 'own' | 'serve, ws noServer' | 'serve, ws server' | 'adopt, ws noServer';
  /** With the line of the README. */
  readonly isLeaving?: boolean;
}

/** The part of a WebSocket that all of them have. */
interface Socket {
  send(text: string): unknown;
  close(code: number, reason?: string): unknown;
}

const options = JSON.parse(process.env.SERVICE ?? '{}') as SocketOptions;
const hostname = '127.0.0.1';
/** Sockets that nobody ends are cut after three quarters of it. */
const inFlightTimeoutMs = 400;
const lifecycle = Lifecycle.create();
let goOn = (): void => {};
const told = new Promise<void>((resolve) => {
  goOn = resolve;
});
lifecycle.pipeline({
  budgetMs: 60_000,
  preDrainMs: 0,
  steps: [
    {
      name: 'flush_wal',
      async run() {
        say('step');
        await told;
        say('step_end');
      },
    },
  ],
});

const open: Set<Socket> = new Set();
// The line of the README.
if (options.isLeaving === true) {
  lifecycle.leaving.addEventListener('abort', () => {
    for (const socket of open) socket.close(1001);
  });
}

function opened(socket: Socket): void {
  open.add(socket);
  say('opened');
}

function closed(socket: Socket, code: number): void {
  open.delete(socket);
  say('closed_socket', { code });
}

const admin = createHandler(lifecycle, { openAdmin: true });

const fetch: FetchHandler = (request, info) => {
  const { pathname } = new URL(request.url);
  if (pathname === '/go-on') {
    goOn();
    return new Response('told');
  }
  if (pathname === '/ws') return upgrade(request, info);
  if (pathname === '/events') {
    return new Response(events(), { headers: { 'content-type': 'text/event-stream' } });
  }
  return admin(request);
};

function events(): ReadableStream<Uint8Array> {
  let count = 0;
  return new ReadableStream(
    {
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        controller.enqueue(new TextEncoder().encode(`data: ${count++}\n\n`));
      },
    },
    { highWaterMark: 0 },
  );
}

function upgrade(request: Request, { native }: RequestInfo): Response | undefined {
  if (runtime === 'bun') {
    (native as { upgrade(request: Request): boolean }).upgrade(request);
    return undefined;
  }
  if (runtime === 'node') return new Response('not an upgrade', { status: 426 });
  const { Deno } = globalThis as unknown as {
    Deno: {
      upgradeWebSocket(request: Request): { socket: WebSocket; response: Response };
    };
  };
  const { socket, response } = Deno.upgradeWebSocket(request);
  socket.onopen = () => opened(socket);
  socket.onmessage = ({ data }) => socket.send(`echo ${data}`);
  socket.onclose = ({ code }) => closed(socket, code);
  return response;
}

/** What Bun is given; the messages are a class's, as they are in a framework. */
class BunSockets {
  open(socket: Socket): void {
    opened(socket);
  }
  message(socket: Socket, text: string): void {
    socket.send(`echo ${text}`);
  }
  close(socket: Socket, code: number): void {
    closed(socket, code);
  }
}

function attach(server: HttpServer, way: 'noServer' | 'server'): void {
  const sockets =
    way === 'server'
      ? new WebSocketServer({ server, path: '/ws' })
      : new WebSocketServer({ noServer: true });
  sockets.on('connection', (socket: WsSocket) => {
    opened(socket);
    socket.on('message', (text) => socket.send(`echo ${text}`));
    socket.on('close', (code) => closed(socket, code));
  });
  if (way === 'server') return;
  server.on('upgrade', (req, socket, head) => {
    sockets.handleUpgrade(req, socket, head, (each) => sockets.emit('connection', each, req));
  });
}

async function adopted(): Promise<Server> {
  const server = createServer((_, res) => res.end('the application'));
  attach(server, 'noServer');
  const ours = await door.adopt(server, { lifecycle, fetch, kindOf, inFlightTimeoutMs });
  await new Promise<void>((resolve) => server.listen(0, hostname, resolve));
  return ours;
}

async function served(): Promise<Server> {
  const server = await door.serve({
    lifecycle,
    fetch,
    hostname,
    kindOf,
    inFlightTimeoutMs,
    bun: { websocket: new BunSockets() },
  });
  const { way = 'own' } = options;
  if (way !== 'own')
    attach(server.native as HttpServer, way.endsWith('noServer') ? 'noServer' : 'server');
  return server;
}

function kindOf(request: Request): 'query' | null {
  return request.url.endsWith('/go-on') ? null : 'query';
}

const server = options.way?.startsWith('adopt') === true ? await adopted() : await served();
void server.closed.then(() => say('closed'));
door.handleSignals(lifecycle);
lifecycle.markReady();
say('listening', { runtime, pid: process.pid, port: server.port });
