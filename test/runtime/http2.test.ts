/**
 * Servers of HTTP/2 that the application made, plain and over TLS, for requests and for streams: probes,
 * admission, event streams. In one process, over real sockets.
 *
 * @module
 */

import { once } from 'node:events';
import {
  type ClientHttp2Session,
  connect,
  createSecureServer,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createHandler } from '../../src/http/index.ts';
import { Lifecycle } from '../../src/index.ts';
import { type AdoptOptions, adopt } from '../../src/runtime/node.ts';
import { CERTIFICATE, KEY } from '../ends/certificate.ts';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0)) await each();
});

/** A server and a session to it. */
async function opened(
  server: Http2Server,
  options: AdoptOptions,
  scheme = 'http',
): Promise<ClientHttp2Session> {
  const ours = await adopt(server, { inFlightTimeoutMs: 0, ...options });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const session = connect(`${scheme}://127.0.0.1:${port}`, { rejectUnauthorized: false });
  session.on('error', () => {});
  undo.push(() => {
    session.destroy();
    return ours.close();
  });
  return session;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
  readonly body: string;
}

function ask(session: ClientHttp2Session, headers: OutgoingHttpHeaders): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const stream = session.request(headers, { endStream: true }).setEncoding('utf8');
    let head: IncomingHttpHeaders = {};
    let trailers: IncomingHttpHeaders = {};
    let body = '';
    stream.on('response', (each) => {
      head = each;
    });
    stream.on('trailers', (each) => {
      trailers = each;
    });
    stream.on('data', (text: string) => {
      body += text;
    });
    stream.on('error', reject);
    stream.on('close', () =>
      resolve({ status: Number(head[':status']), headers: head, trailers, body }),
    );
  });
}

/** Until it is so; the test's own time-out is the bound. */
async function until(so: () => boolean): Promise<void> {
  while (!so()) await new Promise((resolve) => setTimeout(resolve, 2));
}

const MADE: readonly (readonly [string, string, () => Http2Server])[] = [
  ['plain', 'http', () => createServer()],
  ['over TLS', 'https', () => createSecureServer({ cert: CERTIFICATE, key: KEY })],
];

/** How the application answers all there is. */
const APPLICATIONS: Readonly<Record<string, (server: Http2Server) => void>> = {
  requests: (server) => server.on('request', (_, res) => res.end('the application')),
  streams: (server) =>
    server.on('stream', (stream, { ':method': method }) => {
      stream.respond({ ':status': 200 });
      if (method !== 'HEAD') stream.end('the application');
    }),
};

describe.each(MADE)('%s', (_, scheme, make) => {
  describe.each(Object.entries(APPLICATIONS))('an application that takes %s', (_, mount) => {
    it('has its probes answered, whatever the headers, and its requests admitted', async () => {
      const lifecycle = Lifecycle.create();
      const server = make();
      mount(server);
      const session = await opened(server, { lifecycle, fetch: createHandler(lifecycle) }, scheme);
      const ready = { ':path': '/health/ready?verbose' };
      const asked = async (headers: OutgoingHttpHeaders): Promise<unknown> => {
        const { status, body } = await ask(session, headers);
        return body.startsWith('{') ? [status, JSON.parse(body).reason] : [status, body];
      };
      expect(await asked(ready)).toEqual([503, 'starting']);
      expect(await asked({ ':path': '/' })).toEqual([503, 'starting']);
      expect(await asked({ ':path': '/', ':method': 'POST' })).toEqual([503, 'starting']);
      lifecycle.markReady();
      expect((await ask(session, ready)).status).toBe(200);
      const odd = { host: 'a.example', expect: '100-continue', te: 'trailers', cookie: ['a', 'b'] };
      expect((await ask(session, { ...ready, ...odd })).status).toBe(200);
      expect(await ask(session, { ...ready, ':method': 'HEAD' })).toMatchObject({
        status: 200,
        body: '',
      });
      expect((await ask(session, { ...ready, ':method': 'DELETE' })).status).toBe(405);
      expect(await asked({ ':path': '/' })).toEqual([200, 'the application']);
      lifecycle.gate.hold('read_only');
      expect(await asked({ ':path': '/', ':method': 'POST' })).toEqual([503, 'read_only']);
      expect(await ask(session, { ':path': '/', ':method': 'HEAD' })).toMatchObject({
        status: 200,
      });
      lifecycle.beginShutdown();
      expect(await asked({ ':path': '/' })).toEqual([503, 'shutting_down']);
      const refused = await ask(session, { ':path': '/', ':method': 'HEAD' });
      expect(refused).toMatchObject({ status: 503, body: '' });
      expect(refused.headers['retry-after']).toBe('1');
    });
  });

  it('a server without listeners asks fetch, and says of what is left that it is not found', async () => {
    const lifecycle = Lifecycle.create();
    lifecycle.markReady();
    const session = await opened(make(), { lifecycle, fetch: createHandler(lifecycle) }, scheme);
    expect((await ask(session, { ':path': '/health/live' })).status).toBe(200);
    expect((await ask(session, { ':path': '/' })).status).toBe(404);
  });
});

describe('a stream that the application takes by itself', () => {
  const ready = (): Lifecycle => {
    const lifecycle = Lifecycle.create();
    lifecycle.markReady();
    return lifecycle;
  };

  /** As gRPC answers. */
  const withTrailers = (stream: ServerHttp2Stream): void => {
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.respond({ ':status': 200 }, { waitForTrailers: true });
    stream.end('message');
  };

  it.each([
    ['without a fetch', undefined],
    ['that fetch leaves', () => undefined],
  ])('%s is passed on as it came, with its trailers', async (_, fetch) => {
    const lifecycle = ready();
    const server = createServer();
    server.on('stream', (stream: ServerHttp2Stream) => withTrailers(stream));
    const session = await opened(server, { lifecycle, fetch });
    const head = { ':path': '/service/Method', ':method': 'POST' };
    expect(await ask(session, head)).toMatchObject({
      status: 200,
      body: 'message',
      trailers: { 'grpc-status': '0' },
    });
  });

  it('is asked of fetch before', async () => {
    const lifecycle = ready();
    const server = createServer();
    server.on('stream', (stream: ServerHttp2Stream) => withTrailers(stream));
    const fetch = (request: Request): Response | undefined =>
      request.url.endsWith('/mine') ? new Response('of fetch') : undefined;
    const session = await opened(server, { lifecycle, fetch });
    expect(await ask(session, { ':path': '/mine' })).toMatchObject({ body: 'of fetch' });
    expect(await ask(session, { ':path': '/other' })).toMatchObject({ body: 'message' });
    await until(() => lifecycle.gate.inFlight().queries === 0);
  });

  it('holds a permit until it is closed, of the kind that kindOf says', async () => {
    const lifecycle = ready();
    const server = createServer();
    const streams: ServerHttp2Stream[] = [];
    server.on('stream', (stream: ServerHttp2Stream) => streams.push(stream.on('error', () => {})));
    const kinds: string[] = [];
    const session = await opened(server, {
      lifecycle,
      kindOf({ method, url, headers }) {
        kinds.push(`${method} ${new URL(url).pathname} ${headers.get('x-kind')}`);
        if (url.endsWith('/throws')) throw new Error('planned');
        return headers.get('x-kind') as 'write';
      },
      onError: () => new Response('heard', { status: 500 }),
    });
    const head = { ':path': '/a', ':method': 'POST' };
    const asked = [
      ask(session, { ...head, 'x-kind': 'query' }),
      ask(session, { ...head, 'x-kind': 'write' }),
    ];
    await until(() => streams.length === 2);
    expect(lifecycle.gate.inFlight()).toEqual({ writes: 1, queries: 1 });
    expect(kinds).toEqual(['POST /a query', 'POST /a write']);
    for (const stream of streams) stream.respond({ ':status': 204 }, { endStream: true });
    await Promise.all(asked);
    await until(() => lifecycle.gate.inFlight().writes + lifecycle.gate.inFlight().queries === 0);
    // Its client goes away.
    session.request({ ...head, 'x-kind': 'write' });
    await until(() => lifecycle.gate.inFlight().writes === 1);
    session.destroy();
    await until(() => lifecycle.gate.inFlight().writes === 0);
  });

  it('is a 500, and onError’s, where kindOf throws', async () => {
    const lifecycle = ready();
    const server = createServer();
    server.on('stream', (stream: ServerHttp2Stream) => withTrailers(stream));
    const session = await opened(server, {
      lifecycle,
      kindOf() {
        throw new Error('planned');
      },
      onError: () => new Response('heard', { status: 500 }),
    });
    expect(await ask(session, { ':path': '/' })).toMatchObject({ status: 500, body: 'heard' });
  });
});

describe('event streams', () => {
  const EVENTS = { 'content-type': 'text/event-stream' };
  const encoder = new TextEncoder();

  /** How they are written; each says how to write one event. */
  const ways: Readonly<Record<string, (server: Http2Server) => Partial<AdoptOptions>>> = {
    'of fetch': () => ({
      fetch: () =>
        new Response(
          new ReadableStream({ start: (each) => each.enqueue(encoder.encode('data: 1\n\n')) }),
          { headers: EVENTS },
        ),
    }),
    'of a listener to requests': (server) => {
      server.on('request', (_, res) => {
        res.writeHead(200, EVENTS);
        res.write('data: 1\n\n');
      });
      return {};
    },
    'of a listener to streams': (server) => {
      server.on('stream', (stream: ServerHttp2Stream) => {
        stream.respond({ ':status': 200, ...EVENTS });
        stream.write('data: 1\n\n');
      });
      return {};
    },
  };

  it.each(Object.entries(ways))(
    '%s are not waited for, and end with the drain',
    async (_, mount) => {
      const lifecycle = Lifecycle.create();
      lifecycle.markReady();
      const server = createServer();
      const session = await opened(server, { lifecycle, ...mount(server) });
      const stream = session.request({ ':path': '/' }).setEncoding('utf8');
      const [first] = await once(stream, 'data');
      expect(first).toBe('data: 1\n\n');
      await until(() => lifecycle.gate.inFlight().queries === 0);
      const ended = once(stream, 'end');
      expect(lifecycle.markDraining()).toBe(true);
      await ended;
      expect(stream.rstCode).toBe(0);
    },
  );
});

it('sessions end by GOAWAY: what is in flight is answered, and what is above its last stream is not lost', async () => {
  const lifecycle = Lifecycle.create();
  lifecycle.markReady();
  const server = createServer();
  let answer: (() => void) | undefined;
  server.on('request', (_, res) => {
    answer = () => res.end('answered');
  });
  const session = await opened(server, {
    lifecycle,
    fetch: createHandler(lifecycle),
    kindOf: () => null,
    inFlightTimeoutMs: 60_000,
  });
  const goaway = once(session, 'goaway');
  const answered = ask(session, { ':path': '/' });
  await until(() => answer !== undefined);
  const { drained } = await lifecycle.shutdown();
  expect(drained).toBe(true);
  expect((await goaway).slice(0, 2)).toEqual([0, 1]);
  const closed = once(session, 'close');
  answer?.();
  expect(await answered).toMatchObject({ status: 200, body: 'answered' });
  await closed;
});
