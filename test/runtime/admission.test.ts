/**
 * Admission on Node, over real sockets: what holds a permit and for how long, what a closed gate
 * answers, and what is never counted.
 *
 * @module
 */

import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import {
  connect as connectHttp2,
  createServer as createHttp2,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createHandler } from '../../src/http/index.ts';
import { GateClosedError, Lifecycle } from '../../src/index.ts';
import type { NodeServeOptions } from '../../src/runtime/node/serve.ts';
import { adopt, permitOf, serve } from '../../src/runtime/node.ts';
import { DESCRIBED, type Described } from './mirror.ts';
import { bundle, Program, RUNTIMES } from './program.ts';
import { once, Wire } from './wire.ts';

const MIRROR = join(import.meta.dirname, 'mirror.ts');

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0)) await each();
});

function ready(): Lifecycle {
  const lifecycle = Lifecycle.create();
  lifecycle.markReady();
  return lifecycle;
}

async function serving(options: Omit<NodeServeOptions, 'hostname'>): Promise<number> {
  const server = await serve({ hostname: '127.0.0.1', inFlightTimeoutMs: 0, ...options });
  undo.push(() => server.close());
  return server.port;
}

/** Until it is so; the test's own time-out is the bound. */
async function until(so: () => boolean): Promise<void> {
  while (!so()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** A gate of the test's own: what waits for it goes on when it is opened. */
function latch(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

/** The same application behind each of the ways in. */
type Way = (
  lifecycle: Lifecycle,
  answer: (permits: readonly string[]) => Promise<string>,
) => Promise<number>;

const WAYS: Readonly<Record<string, Way>> = {
  'serve, fetch': (lifecycle, answer) =>
    serving({
      lifecycle,
      fetch: async (_, { permit }) => new Response(await answer([permit?.kind ?? 'none'])),
    }),
  'serve, listener': (lifecycle, answer) =>
    serving({ lifecycle, fetch: () => undefined, listener: listenerOf(answer) as never }),
  'adopt, listening already': async (lifecycle, answer) => {
    const server = createServer(listenerOf(answer));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const ours = await adopt(server, { lifecycle, inFlightTimeoutMs: 0 });
    undo.push(() => ours.close());
    return (server.address() as AddressInfo).port;
  },
};

function listenerOf(answer: (permits: readonly string[]) => Promise<string>): RequestListener {
  return (req, res) => {
    void answer([permitOf(req)?.kind ?? 'none']).then((text) => res.end(text));
  };
}

describe.each(Object.entries(WAYS))('%s', (_, mount) => {
  it('holds a permit of the kind of the method until the response is sent', async () => {
    const lifecycle = ready();
    const { opened, open } = latch();
    const port = await mount(lifecycle, async ([kind = '']) => {
      await opened;
      return kind;
    });
    const asked = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'DELETE'].map((method) =>
      once(port, '/', { method }),
    );
    await until(() => lifecycle.gate.inFlight().queries + lifecycle.gate.inFlight().writes === 6);
    expect(lifecycle.gate.inFlight()).toEqual({ writes: 3, queries: 3 });
    open();
    const kinds = (await Promise.all(asked)).map(({ body }) => body);
    expect(kinds).toEqual(['query', '', 'query', 'write', 'write', 'write']);
    await until(() => lifecycle.gate.inFlight().queries + lifecycle.gate.inFlight().writes === 0);
  });

  it('gives the permits back of a connection that is gone, pipelined requests and all', async () => {
    const lifecycle = ready();
    const port = await mount(lifecycle, () => new Promise(() => {}));
    const wire = await Wire.open(port);
    for (const method of ['POST', 'GET', 'POST']) wire.send('/', { method });
    await until(() => lifecycle.gate.inFlight().writes === 2);
    wire.socket.destroy();
    await until(() => lifecycle.gate.inFlight().queries + lifecycle.gate.inFlight().writes === 0);
  });

  it('answers 503 with the reason where the gate is closed, in each phase and hold', async () => {
    const lifecycle = Lifecycle.create();
    let calls = 0;
    const port = await mount(lifecycle, async () => {
      calls += 1;
      return 'answered';
    });
    const ask = async (method: string): Promise<unknown> => {
      const { status, headers, body } = await once(port, '/', { method });
      if (status !== 503) return status;
      expect(headers.get('retry-after')).toEqual(['1']);
      return (JSON.parse(body) as { reason: string }).reason;
    };
    const both = async (): Promise<unknown[]> => [await ask('GET'), await ask('POST')];
    expect(await both()).toEqual(['starting', 'starting']);
    expect(calls).toBe(0);
    lifecycle.markReady();
    expect(await both()).toEqual([200, 200]);
    lifecycle.gate.hold('read_only');
    expect(await both()).toEqual([200, 'read_only']);
    lifecycle.gate.release('read_only');
    lifecycle.markDraining();
    expect(await both()).toEqual([200, 'draining']);
    lifecycle.beginShutdown();
    expect(await both()).toEqual(['shutting_down', 'shutting_down']);
  });

  it('no step runs while a request is in progress, and no write is acknowledged after it', async () => {
    const lifecycle = ready();
    const rows: number[] = [];
    let flushed = -1;
    lifecycle.pipeline({
      steps: [
        {
          name: 'flush_wal',
          run: async () => {
            expect(lifecycle.gate.inFlight()).toEqual({ writes: 0, queries: 0 });
            flushed = rows.length;
            await new Promise((resolve) => setTimeout(resolve, 100));
          },
        },
      ],
    });
    const port = await mount(lifecycle, async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return `${rows.push(1)}`;
    });
    let acknowledged = 0;
    let isOver = false;
    const writer = async (): Promise<void> => {
      while (!isOver) {
        const reply = await once(port, '/', { method: 'POST' }).catch(() => undefined);
        if (reply?.status === 200) acknowledged += 1;
      }
    };
    const writers = Array.from({ length: 8 }, writer);
    await until(() => acknowledged > 20);
    const { drained } = await lifecycle.shutdown();
    isOver = true;
    await Promise.all(writers);
    expect(drained).toBe(true);
    expect(flushed).toBeGreaterThanOrEqual(acknowledged);
    expect(rows.length).toBe(flushed);
  });

  it('cuts a write that outlived its drain, so that nothing acknowledges what no flush saw', async () => {
    const lifecycle = ready();
    const { opened, open } = latch();
    const port = await mount(lifecycle, async () => {
      await opened;
      return 'stored';
    });
    const reply = once(port, '/', { method: 'POST' }).then(
      ({ status }) => status,
      () => 'cut',
    );
    lifecycle.step({
      name: 'flush_wal',
      run: async () => {
        open();
        await reply;
      },
    });
    lifecycle.pipeline({ steps: [], drainTimeoutMs: 20 });
    await until(() => lifecycle.gate.inFlight().writes === 1);
    const { drained, flushedWal } = await lifecycle.shutdown();
    expect([await reply, drained, flushedWal]).toEqual(['cut', false, true]);
  });
});

describe('what is counted', () => {
  it('is not a probe or an admin route of any handler, wherever it is mounted', async () => {
    const lifecycle = ready();
    const health = createHandler(lifecycle, { basePath: '/internal', adminToken: 'secret' });
    const seen: string[] = [];
    const port = await serving({
      lifecycle,
      fetch: async (request, { permit }) => {
        seen.push(`${new URL(request.url).pathname} ${permit?.kind ?? 'none'}`);
        return (await health(request)) ?? new Response('app');
      },
    });
    for (const path of ['/internal/health/live', '/internal/admin/drain', '/health/live']) {
      await once(port, path, { method: 'POST' });
    }
    expect(seen).toEqual([
      '/internal/health/live none',
      '/internal/admin/drain none',
      '/health/live write',
    ]);
    lifecycle.beginShutdown();
    expect((await once(port, '/internal/health/live')).status).toBe(200);
  });

  it('is for kindOf to say, which sees the request as the handler does', async () => {
    const lifecycle = ready();
    const port = await serving({
      lifecycle,
      kindOf: ({ url, headers }) =>
        url.endsWith('/free') ? null : headers.has('x-write') ? 'write' : 'query',
      fetch: (_, { permit }) => new Response(permit?.kind ?? 'none'),
    });
    expect((await once(port, '/free', { method: 'POST' })).body).toBe('none');
    expect((await once(port, '/', { method: 'POST' })).body).toBe('query');
    expect((await once(port, '/', { headers: ['x-write: 1'] })).body).toBe('write');
    lifecycle.beginShutdown();
    expect((await once(port, '/free')).status).toBe(200);
  });

  it('can be given back by the handler: it may wait for the shutdown that it asks for', async () => {
    const lifecycle = ready();
    const port = await serving({
      lifecycle,
      inFlightTimeoutMs: 5_000,
      fetch: async (_, { permit }) => {
        permit?.release();
        return Response.json((await lifecycle.shutdown()).drained);
      },
    });
    expect((await once(port, '/stop', { method: 'POST' })).body).toBe('true');
  });

  it.each(['request', 'stream'])(
    'is cut if it is a late write over HTTP/2, taken as a %s',
    async (event) => {
      const lifecycle = ready();
      const { opened, open } = latch();
      const server = createHttp2();
      if (event === 'request')
        server.on(event, (_, res) => void opened.then(() => res.end('stored')));
      else {
        server.on(event, (stream: ServerHttp2Stream) => {
          stream.on('error', () => {});
          void opened.then(() => stream.destroyed || stream.respond({ ':status': 200 }));
        });
      }
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const ours = await adopt(server, { lifecycle });
      const session = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      undo.push(() => {
        session.destroy();
        return ours.close();
      });
      const stream = session.request({ ':path': '/', ':method': 'POST' }).end();
      const said = new Promise((resolve) => {
        stream.on('response', (head) => resolve(head[':status']));
        stream.on('error', () => resolve('cut'));
        stream.on('close', () => resolve('cut'));
      });
      lifecycle.pipeline({ steps: [{ name: 'flush_wal', run: open }], drainTimeoutMs: 20 });
      await until(() => lifecycle.gate.inFlight().writes === 1);
      const { drained } = await lifecycle.shutdown();
      expect([await said, drained]).toEqual(['cut', false]);
    },
  );

  it('is every stream of HTTP/2, too', async () => {
    const lifecycle = ready();
    const { opened, open } = latch();
    const server = createHttp2((req, res) => {
      void opened.then(() => res.end(permitOf(req as unknown as IncomingMessage)?.kind ?? 'none'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const ours = await adopt(server, { lifecycle, fetch: createHandler(lifecycle) });
    const session = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    undo.push(() => {
      session.destroy();
      return ours.close();
    });
    const ask = (headers: Record<string, string>): Promise<[unknown, string]> =>
      new Promise((resolve, reject) => {
        const stream = session.request(headers).setEncoding('utf8').end();
        let status: unknown;
        let body = '';
        stream.on('response', (head) => {
          status = head[':status'];
        });
        stream.on('data', (text: string) => {
          body += text;
        });
        stream.on('end', () => resolve([status, body]));
        stream.on('error', reject);
      });
    const asked = [ask({ ':path': '/' }), ask({ ':path': '/', ':method': 'POST' })];
    await until(() => lifecycle.gate.inFlight().writes === 1);
    open();
    expect(await Promise.all(asked)).toEqual([
      [200, 'query'],
      [200, 'write'],
    ]);
    await until(() => lifecycle.gate.inFlight().queries + lifecycle.gate.inFlight().writes === 0);
    expect((await ask({ ':path': '/health/live' }))[0]).toBe(200);
    lifecycle.beginShutdown();
    expect((await ask({ ':path': '/' }))[0]).toBe(503);
  });
});

describe('event streams', () => {
  const pieces = async function* (): AsyncGenerator<string> {
    for (let count = 0; ; count++) {
      yield `data: ${count}\n\n`;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const streams: Readonly<Record<string, Omit<NodeServeOptions, 'lifecycle'>>> = {
    'of fetch': {
      fetch: () =>
        new Response(
          new ReadableStream({
            async start(controller) {
              try {
                for await (const text of pieces()) {
                  controller.enqueue(new TextEncoder().encode(text));
                }
              } catch {
                // Cancelled.
              }
            },
          }),
          { headers: { 'content-type': 'text/event-stream' } },
        ),
    },
    'of a listener': {
      fetch: () => undefined,
      listener: ((_req: IncomingMessage, res: Parameters<RequestListener>[1]) => {
        res.writeHead(200, { 'Content-Type': 'text/event-stream' });
        void (async () => {
          for await (const text of pieces()) if (!res.write(text) && res.closed) return;
        })();
      }) as never,
    },
  };

  it.each(Object.entries(streams))(
    '%s end when the drain begins, and hold nothing',
    async (_, it) => {
      const lifecycle = ready();
      const port = await serving({ lifecycle, ...it });
      const wire = await Wire.open(port);
      const first = new Promise((resolve) => wire.socket.once('data', resolve));
      wire.send('/', { headers: ['accept: text/event-stream'] });
      await first;
      await until(() => lifecycle.gate.inFlight().queries === 0);
      lifecycle.markDraining();
      const { status, body } = await wire.read();
      expect(status).toBe(200);
      expect(body).toMatch(/^(data: \d+\n\n)+$/);
      wire.socket.destroy();
    },
  );

  it('get retry-after from a closed gate', async () => {
    const lifecycle = ready();
    const port = await serving({ lifecycle, fetch: () => new Response('x') });
    lifecycle.beginShutdown();
    const reply = await once(port, '/', { headers: ['accept: text/event-stream'] });
    expect([reply.status, reply.body]).toEqual([200, 'retry: 1000\n\n']);
    expect(reply.headers.get('content-type')).toEqual(['text/event-stream']);
  });
});

describe('a handler', () => {
  it('gets the address of its client, and what Node has', async () => {
    const port = await serving({
      lifecycle: ready(),
      fetch: (_, { remoteAddress, native }) =>
        Response.json([remoteAddress, Object.keys(native as object)]),
    });
    expect(JSON.parse((await once(port, '/')).body)).toEqual(['127.0.0.1', ['req', 'res']]);
  });

  it('that throws is heard by onError, which may answer; a closed gate within is a 503', async () => {
    const heard: string[] = [];
    const port = await serving({
      lifecycle: ready(),
      fetch: ({ url }) => {
        if (url.endsWith('/gate')) throw new GateClosedError('write', 2, 'draining');
        throw new Error(url.slice(-2));
      },
      onError: (error, { url }) => {
        heard.push((error as Error).message);
        if (url.endsWith('/b')) return new Response('instead', { status: 418 });
        if (url.endsWith('/c')) throw new Error('onError');
        return undefined;
      },
      // Of its own lifecycle, so that nothing is printed here.
    });
    const statuses: number[] = [];
    for (const path of ['/a', '/b', '/gate']) statuses.push((await once(port, path)).status);
    expect(statuses).toEqual([500, 418, 503]);
    expect(heard).toEqual(['/a', '/b']);
  });
});

describe('options of serve', () => {
  it.each([
    [{ keepalive: 1 }, /unknown option "keepalive"/],
    [{ host: 'x' }, /did you mean "hostname"/],
    [{ cert: 'x' }, /unknown option "cert"/],
    [{ kindof: () => null }, /did you mean "kindOf"/],
    [{ path: '/tmp/x', port: 1 }, /path/],
    [{ tls: { cert: 'x' } }, /tls/],
    [{ node: 7 }, /node/],
  ])('%j are refused', async (wrong, message) => {
    const options = { lifecycle: ready(), fetch: () => undefined, ...wrong } as never;
    await expect(serve(options)).rejects.toThrow(message);
  });

  it('go on to Node, and connections outlive a load balancer’s idle time-out', async () => {
    const port = await serving({ lifecycle: ready(), fetch: () => new Response('x') });
    expect((await once(port, '/')).headers.get('keep-alive')).toEqual(['timeout=72']);
    const short = await serving({
      lifecycle: ready(),
      fetch: () => new Response('x'),
      node: { keepAliveTimeout: 3_000 },
    });
    expect((await once(short, '/')).headers.get('keep-alive')).toEqual(['timeout=3']);
  });
});

describe.each(RUNTIMES)('on %s', (runtime) => {
  let program: Program;
  beforeAll(async () => {
    bundle(MIRROR);
    program = await Program.start(runtime, {}, MIRROR);
  });
  afterAll(() => program.kill());

  // Deno 2.9.6 says of a body that is no stream that it is sent when it has taken it; to be lifted when
  // its `completed` waits for the client.
  const bodies = (['stream', 'text', 'bytes'] as const).slice(0, runtime === 'deno' ? 1 : 3);

  it.each(bodies.flatMap((body) => ['reads on', 'goes away'].map((end) => [body, end] as const)))(
    'holds the permit of a %s until a slow client has it all, or is gone: it %s',
    async (body, end) => {
      const { port } = program;
      // Far more than sockets take.
      const pieces = Array.from({ length: 40 }, () => 1_000_000);
      const described: Described = { status: 200, headers: [], body, pieces };
      const wire = await Wire.open(port);
      const headers = [`${DESCRIBED}: ${JSON.stringify(described)}`, 'connection: close'];
      wire.send('/', { method: 'POST', headers });
      await new Promise((resolve) => wire.socket.once('data', resolve));
      wire.socket.pause();
      const inFlight = async (): Promise<{ writes: number; queries: number }> =>
        JSON.parse((await once(port, '/info')).body)[2];
      // The handler has long returned: each of these is a round trip of its own.
      for (let count = 0; count < 5; count++) {
        expect(await inFlight()).toEqual({ writes: 1, queries: 1 });
      }
      if (end === 'goes away') wire.socket.destroy();
      else {
        wire.socket.resume();
        await wire.closed;
        expect(wire.socket.bytesRead).toBeGreaterThan(40_000_000);
      }
      while ((await inFlight()).writes !== 0);
      wire.socket.destroy();
    },
  );

  it('requests are admitted, event streams end with the drain, probes are answered', async () => {
    const { port } = program;
    const info = async (method: string): Promise<unknown> => {
      const { status, body } = await once(port, '/info', { method });
      const said = JSON.parse(body) as { readonly reason?: string };
      return status === 200 ? said : [status, said.reason];
    };
    const none = { writes: 0, queries: 0 };
    expect(await info('GET')).toEqual(['query', '127.0.0.1', { ...none, queries: 1 }]);
    expect(await info('POST')).toEqual(['write', '127.0.0.1', { ...none, writes: 1 }]);
    const events = await Wire.open(port);
    const first = new Promise<void>((resolve) => {
      events.socket.on('data', (text: string) => {
        if (text.includes('data: ')) resolve();
      });
    });
    events.send('/events');
    await first;
    expect(await info('GET')).toEqual(['query', '127.0.0.1', { ...none, queries: 1 }]);
    expect((await once(port, '/admin/drain', { method: 'POST' })).status).toBe(200);
    expect((await events.read()).body).toMatch(/^(data: \d+\n\n)+$/);
    events.socket.destroy();
    expect(await info('POST')).toEqual([503, 'draining']);
    expect(await info('GET')).toEqual(['query', '127.0.0.1', { ...none, queries: 1 }]);
    expect((await once(port, '/health/ready/write')).status).toBe(503);
    expect((await once(port, '/health/live')).status).toBe(200);
  });

  it('a write that outlived its drain is not acknowledged', async () => {
    const another = await Program.start(runtime, {}, MIRROR);
    undo.push(() => another.kill());
    const { port } = another;
    const write = once(port, '/stored', { method: 'POST' }).then(
      ({ status }) => status,
      () => 'cut',
    );
    await another.heard('stores');
    const { body } = await once(port, '/admin/shutdown', { method: 'POST' });
    expect(JSON.parse(body)).toMatchObject({ drained: false });
    expect(await write).toBe(runtime === 'node' ? 'cut' : 503);
  });
});
