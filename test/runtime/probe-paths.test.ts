/**
 * A probe path is never anybody else's, however it is asked for: it gets its answer or a 4xx, and the
 * application behind hears nothing of it. Over HTTP/1.0 and 1.1, by bytes on a socket.
 *
 * @module
 */

import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHandler } from '../../src/http/index.ts';
import { Lifecycle } from '../../src/index.ts';
import { adopt, serve, toNodeListener } from '../../src/runtime/node.ts';
import { Wire } from './wire.ts';

let heard: string[] = [];
const application: RequestListener = (req, res) => {
  heard.push(`${req.method} ${req.url}`);
  res.end('the application');
};

async function listening(server: Server): Promise<Server> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** Ways to put the probes before an application; each gives its server. */
const WAYS: Readonly<Record<string, (lifecycle: Lifecycle) => Promise<Server>>> = {
  adopt: async (lifecycle) => {
    const server = createServer(application);
    await adopt(server, { lifecycle, fetch: createHandler(lifecycle), inFlightTimeoutMs: 0 });
    return listening(server);
  },
  'adopt, with an application that takes upgrades': async (lifecycle) => {
    const server = createServer(application);
    server.on('upgrade', (req, socket) => {
      heard.push(`upgrade ${req.url}`);
      socket.end('HTTP/1.1 101 Switching Protocols\r\nconnection: close\r\n\r\n');
    });
    await adopt(server, { lifecycle, fetch: createHandler(lifecycle), inFlightTimeoutMs: 0 });
    return listening(server);
  },
  'adopt, with kindOf': async (lifecycle) => {
    const server = createServer(application);
    const fetch = createHandler(lifecycle);
    await adopt(server, { lifecycle, fetch, kindOf: () => 'query', inFlightTimeoutMs: 0 });
    return listening(server);
  },
  serve: async (lifecycle) => {
    const { native } = await serve({
      lifecycle,
      fetch: createHandler(lifecycle),
      listener: application as never,
      hostname: '127.0.0.1',
      inFlightTimeoutMs: 0,
    });
    return native as Server;
  },
  toNodeListener: (lifecycle) => {
    const health = toNodeListener(createHandler(lifecycle));
    return listening(
      createServer((req, res) => health(req, res, () => application(req, res as never))),
    );
  },
};

const HOST = 'host: a.example';
/** Requests for a probe, by their first line and headers. */
const REQUESTS: readonly (readonly [line: string, ...headers: string[]])[] = [
  ['GET /health/ready HTTP/1.1', HOST],
  ['GET /health/ready HTTP/1.0'],
  ['HEAD /health/ready HTTP/1.0'],
  ['GET /health/ready?verbose=%22 HTTP/1.1', HOST],
  ['GET http://b.example/health/ready HTTP/1.1', HOST],
  ['GET HTTP://b.example:80/health/ready?x HTTP/1.1', HOST],
  ['GET /health/./ready HTTP/1.1', HOST],
  ['GET /x/../health/ready HTTP/1.1', HOST],
  ['GET /health/ready HTTP/1.1', 'host: a b'],
  ['GET /health/ready HTTP/1.1', 'host: user@a'],
  ['GET http://user@b.example/health/ready HTTP/1.1', HOST],
  ['GET /health/ready HTTP/1.1', HOST, 'expect: 100-continue'],
  ['GET /health/ready HTTP/1.1', HOST, 'expect: the worst'],
  ['GET /health/ready HTTP/1.1', HOST, 'connection: upgrade, http2-settings', 'upgrade: h2c'],
  ['GET /health/ready HTTP/1.1', HOST, 'connection: upgrade', 'upgrade: websocket'],
  ['HEAD /health/ready HTTP/1.1', HOST, 'connection: upgrade', 'upgrade: websocket'],
  ['POST /health/ready HTTP/1.1', HOST, 'connection: upgrade', 'upgrade: x', 'content-length: 0'],
  ['POST /health/ready HTTP/1.1', HOST, 'content-length: 1', '', 'x'],
  ['PROPFIND /health/ready HTTP/1.1', HOST],
  ['TRACE /health/ready HTTP/1.1', HOST],
  ['OPTIONS /health/ready HTTP/1.1', HOST],
];

describe.each(Object.entries(WAYS))('%s', (_, open) => {
  const lifecycle = Lifecycle.create();
  let server: Server;
  let port = 0;
  beforeAll(async () => {
    server = await open(lifecycle);
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  // While it starts, so that what is counted is refused: a probe is not.
  it.each(REQUESTS)('%s is the probe’s own', async (line, ...headers) => {
    heard = [];
    const wire = await Wire.open(port);
    wire.write(`${[line, ...headers].join('\r\n')}${headers.includes('') ? '' : '\r\n\r\n'}`);
    const isHead = line.startsWith('HEAD');
    let { status, body } = await wire.read(isHead);
    if (status === 100) ({ status, body } = await wire.read());
    wire.socket.destroy();
    expect(heard).toEqual([]);
    if (status !== 503) expect([status >= 400 && status < 500, status]).toEqual([true, status]);
    else if (!isHead)
      expect(JSON.parse(body)).toMatchObject({ probe: 'ready', reason: 'starting' });
  });

  it('any other path is the application’s', async () => {
    heard = [];
    lifecycle.markReady();
    for (const target of [
      '/health/readyx',
      '/health',
      '/Health/Ready',
      '/health/ready/',
      '/%68ealth/ready',
    ]) {
      const wire = await Wire.open(port);
      expect((await wire.request(target)).body).toBe('the application');
      wire.socket.destroy();
    }
    expect(heard).toHaveLength(5);
  });
});
