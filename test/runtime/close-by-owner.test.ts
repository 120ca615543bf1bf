/**
 * `close()` of an adopted server, called by those who own it: by a framework's own listener to the
 * signal, or by its `app.close()` in a step.
 *
 * @module
 */

import { once as event } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHandler } from '../../src/http/index.ts';
import { Lifecycle } from '../../src/index.ts';
import { adopt } from '../../src/node.ts';
import { once, Wire } from './wire.ts';

let lifecycle: Lifecycle;
let server: Server;
let port: number;
/** Rejects with what Node calls back with. */
const closed = (): Promise<void> =>
  new Promise((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)));
  });

beforeEach(async () => {
  lifecycle = Lifecycle.create();
  server = createServer((_req, res) => res.end('hello'));
  const ours = await adopt(server, {
    lifecycle,
    fetch: createHandler(lifecycle, { openAdmin: true }),
  });
  server.listen(0, '127.0.0.1');
  await event(server, 'listening');
  port = ours.port;
  lifecycle.markReady();
});
afterEach(async () => {
  if (lifecycle.shutdownReport() === null) await lifecycle.shutdown();
  server.closeAllConnections();
});

describe('close() of an adopted server', () => {
  it('in a step calls back while the answer to the shutdown is awaited, which then comes', async () => {
    lifecycle.pipeline({ steps: [{ name: 'app', run: closed }] });
    const answer = await once(port, '/admin/shutdown', { method: 'POST' });
    expect([answer.status, JSON.parse(answer.body).steps]).toEqual([
      200,
      [expect.objectContaining({ name: 'app', status: 'ok' })],
    ]);
    await expect(once(port, '/')).rejects.toThrow('ECONNREFUSED');
  });

  it('in the pre-drain waits until queries are refused: connections are still accepted', async () => {
    lifecycle.pipeline({ preDrainMs: 60_000, steps: [] });
    const report = lifecycle.shutdown();
    let isClosed = false;
    const closing = closed().then(() => {
      isClosed = true;
    });
    expect((await once(port, '/')).body).toBe('hello');
    expect(isClosed).toBe(false);
    lifecycle.endPreDrain();
    await closing;
    expect((await report).drained).toBe(true);
  });

  it('destroys no connection that seems idle, on which a request may be on its way', async () => {
    const wire = await Wire.open(port);
    await wire.request('/');
    const status = new Promise<number>((resolve) => {
      lifecycle.pipeline({
        steps: [
          {
            name: 'app',
            async run() {
              await closed();
              server.closeIdleConnections();
              resolve((await wire.request('/')).status);
            },
          },
        ],
      });
    });
    expect((await lifecycle.shutdown()).drained).toBe(true);
    expect(await status).toBe(503);
  });

  it('outside of a shutdown is Node’s own', async () => {
    const wire = await Wire.open(port);
    await wire.request('/');
    await closed();
    await wire.closed;
    expect(wire.replies).toBe(1);
    await expect(closed()).rejects.toThrow('Server is not running');
  });
});
