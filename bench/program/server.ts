/**
 * The servers that are put under load, each in a process of its own: tidegate's on Node, Deno and Bun,
 * the runtimes' own, and on Node those of others. It says its port and its process, and serves until
 * SIGTERM. Every one of them answers the same constant body, or the JSON that it was sent.
 *
 * @module
 */

import { createServer, type Server as HttpServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as onBun from '../../src/bun.ts';
import * as onDeno from '../../src/deno.ts';
import { createHandler } from '../../src/http/index.ts';
import { Lifecycle } from '../../src/lifecycle/for-servers.ts';
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
const WITH_LENGTH = { ...HEADERS, 'content-length': String(BODY.length) };
const LARGE = new Uint8Array(100_000).fill(97);
const EVENT = new TextEncoder().encode('data: something has happened\n\n');
const local = { port: 0, hostname: '127.0.0.1' } as const;

/** An event stream that ends: 1,000 events of 30 bytes or so, each a chunk of its own. */
function events(): ReadableStream<Uint8Array<ArrayBuffer>> {
  let sent = 0;
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(EVENT);
      sent += 1;
      if (sent === 1_000) controller.close();
    },
  });
}

/**
 * Answers a GET with the constant body, `/large` with 100 KB, `/events` with an event stream, a POST with
 * the JSON it sent, and one to `/upload` with how many bytes came.
 */
type Made = new (body: BodyInit, init: ResponseInit) => Response;
function webHandler(Made: Made): (request: Request) => Response | Promise<Response> {
  return (request) => {
    if (request.method === 'POST') {
      return request.url.endsWith('/upload') ? count(Made, request) : echo(Made, request);
    }
    if (request.url.endsWith('/events')) {
      return new Made(events(), { headers: { 'content-type': 'text/event-stream' } });
    }
    if (request.url.endsWith('/large')) return new Made(LARGE, { headers: HEADERS });
    return new Made(BODY, { headers: HEADERS });
  };
}

async function echo(Made: Made, request: Request): Promise<Response> {
  return new Made(JSON.stringify(await request.json()), { headers: HEADERS });
}

async function count(Made: Made, request: Request): Promise<Response> {
  return new Made(String((await request.arrayBuffer()).byteLength), { headers: HEADERS });
}

const constant = webHandler(Response);

/** What a service does without any of us. */
const bare = createServer((req, res) => {
  if (req.method === 'POST') void posted(req).then((body) => res.writeHead(200, HEADERS).end(body));
  else res.writeHead(200, WITH_LENGTH).end(BODY);
});

async function posted(req: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of req.setEncoding('utf8')) text += String(chunk);
  return JSON.stringify(JSON.parse(text));
}

const { serve, handleSignals } =
  'Deno' in globalThis ? onDeno : 'Bun' in globalThis ? onBun : onNode;

const KINDS: Readonly<Record<string, () => Promise<{ readonly port: number }>>> = {
  'bare node:http': () => listening(bare),
  // The same again, which is what a ratio of 1 looks like here.
  'bare node:http, again': () => listening(bare),
  '/health/ready': () => serve({ ...local, lifecycle, fetch: health }),
  '/health/ready of the probe thread': () => {
    // The thread keeps nobody alive.
    setInterval(() => {}, 1_000_000);
    return onNode.serveProbes({ lifecycle });
  },
  listener: () =>
    onNode.serve({
      ...local,
      lifecycle,
      fetch: health,
      listener: bare.listeners('request')[0] as never,
    }),
  'native Response': () => serve({ ...local, lifecycle, fetch: constant }),
  'FastResponse of srvx': async () => {
    const { FastResponse } = await import('srvx/node');
    return serve({ ...local, lifecycle, fetch: webHandler(FastResponse as unknown as Made) });
  },
  drain: async () => {
    const server = await serve({ ...local, lifecycle, fetch: constant });
    handleSignals(lifecycle, { servers: [server] });
    return server;
  },
  // What it takes to end a process that has nothing to finish.
  'bare exit': async () => {
    process.on('SIGTERM', () => process.exit(0));
    return listening(bare);
  },
  "the runtime's own": async () => {
    const { Deno, Bun } = globalThis as unknown as Record<
      'Deno' | 'Bun',
      RuntimeServer | undefined
    >;
    const own = Deno ?? Bun;
    if (own === undefined) return listening(bare);
    const server = own.serve({ ...local, fetch: constant, onListen: () => {} }, constant);
    return { port: server.port ?? server.addr?.port ?? 0 };
  },
  terminus: async () => {
    const { createTerminus } = await import('@godaddy/terminus');
    // It wraps the listener that is there, and without one it never answers.
    const server = createServer((_, res) => res.end(BODY));
    createTerminus(server, { healthChecks: { [READY]: async () => ({ status: 'ready' }) } });
    return listening(server);
  },
  lightship: async () => {
    const { createLightship } = await import('lightship');
    const { port } = await listening(createServer());
    const lightship = await createLightship({ detectKubernetes: false, port: port + 1 });
    lightship.signalReady();
    return { port: port + 1 };
  },
  Fastify: () => fastify(false),
  '@hono/node-server': async () => {
    const { createAdaptorServer } = await import('@hono/node-server');
    // It puts a light Response in the place of the global one: `Response` is looked up then.
    const server = createAdaptorServer({
      fetch: (request: Request) => webHandler(globalThis.Response)(request),
    });
    return listening(server as HttpServer);
  },
  // Frameworks alone, and with the probes before their routes, as README says it.
  'Hono alone': () => hono(false),
  'Hono with the probes': () => hono(true),
  'h3 alone': () => h3(false),
  'h3 with the probes': () => h3(true),
  'Express alone': () => express(false),
  'Express with the probes': () => express(true),
  'Fastify alone': () => fastify(false),
  'Fastify with the probes': () => fastify(true),
  'srvx, native Response': () => srvx(() => Response),
  'srvx, FastResponse': () => srvx(({ FastResponse }) => FastResponse as unknown as Made),
};

async function fastify(hasProbes: boolean): Promise<{ port: number }> {
  const { fastify } = await import('fastify');
  const app = fastify();
  if (hasProbes) {
    const listener = onNode.toNodeListener(health, { lifecycle });
    app.addHook('onRequest', ({ raw }, reply, next) => listener(raw, reply.raw, () => next()));
  }
  app.get('/*', (_, reply) => reply.headers(HEADERS).send(BODY));
  app.post('/*', (request, reply) => reply.headers(HEADERS).send(request.body));
  return { port: Number(new URL(await app.listen({ port: 0, host: local.hostname })).port) };
}

async function express(hasProbes: boolean): Promise<{ port: number }> {
  const { default: express } = await import('express');
  const app = express();
  if (hasProbes) app.use(onNode.toNodeListener(health, { lifecycle }) as never);
  app.get('/', (_, res) => void res.set(HEADERS).send(BODY));
  return listening(createServer(app));
}

async function hono(hasProbes: boolean): Promise<{ port: number }> {
  const { Hono } = await import('hono');
  const { createAdaptorServer } = await import('@hono/node-server');
  const app = new Hono();
  if (hasProbes) app.use(async ({ req }, next) => (await health(req.raw)) ?? next());
  app.get('/', (context) => context.body(BODY, 200, HEADERS));
  return listening(createAdaptorServer({ fetch: app.fetch }) as HttpServer);
}

interface H3App {
  use(handler: (event: { readonly req: Request }, next: () => unknown) => unknown): void;
  get(path: string, handler: () => unknown): void;
  fetch(request: Request): Response | Promise<Response>;
}

async function h3(hasProbes: boolean): Promise<{ port: number }> {
  // By its shape: its own types do not compile under this repository's options.
  const { H3 } = (await import('h3' as string)) as { readonly H3: new () => H3App };
  const { serve: serveBySrvx, FastResponse } = await import('srvx/node');
  const app = new H3();
  if (hasProbes) app.use(async ({ req }, next) => (await health(req)) ?? next());
  app.get('/', () => new FastResponse(BODY, { headers: HEADERS }));
  const server = serveBySrvx({
    ...local,
    silent: true,
    fetch: async (request) => app.fetch(request),
  });
  await server.ready();
  return { port: Number(new URL(server.url ?? '').port) };
}

interface RuntimeServer {
  serve(
    options: object,
    fetch: (request: Request) => Response | Promise<Response>,
  ): { readonly port?: number; readonly addr?: { readonly port: number } };
}

async function srvx(madeBy: (entry: { FastResponse: unknown }) => Made): Promise<{ port: number }> {
  const entry = await import('srvx/node');
  const server = entry.serve({ ...local, silent: true, fetch: webHandler(madeBy(entry)) });
  await server.ready();
  return { port: Number(new URL(server.url ?? '').port) };
}

const start = KINDS[process.argv[2] ?? ''];
if (start === undefined) throw new RangeError(`There is no server ${process.argv[2]}`);
const { port } = await start();
console.log(JSON.stringify({ ...engine(), port, pid: process.pid }));

function listening(server: HttpServer): Promise<{ port: number }> {
  return new Promise((resolve) => {
    server.listen(0, local.hostname, () => {
      resolve({ port: (server.address() as AddressInfo).port });
    });
  });
}
