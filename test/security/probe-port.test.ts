/**
 * The port of the probe thread, which is open to more than the service's own: it has probes and
 * metrics, nothing of `/admin`, and stands what is thrown at it.
 *
 * @module
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lifecycle } from '../../src/index.ts';
import { type ProbeServer, serveProbes } from '../../src/node.ts';
import { barrage } from './barrage.ts';

const SEED = Number(process.env.TIDEGATE_SEED ?? Date.now() % 2 ** 31);
const REQUESTS = 20_000;

console.log(`raw requests to the probe thread with seed ${SEED}`);

describe('the port of the probe thread', () => {
  const lifecycle = Lifecycle.create();
  let probes: ProbeServer;

  beforeAll(async () => {
    lifecycle.markReady();
    probes = await serveProbes({ lifecycle, port: 0, host: '127.0.0.1' });
  });

  afterAll(() => probes.close());

  it.each([
    ['GET', 'status'],
    ['POST', 'drain'],
    ['POST', 'shutdown'],
    ['POST', 'readonly'],
  ])('has no %s /admin/%s, whatever is shown', async (method, name) => {
    for (const headers of [{}, { authorization: 'Bearer x' }, { authorization: 'Basic eDp4' }]) {
      const { status } = await fetch(`${probes.url}/admin/${name}`, { method, headers });
      expect(status).toBe(404);
    }
    expect(lifecycle.shutdownRequested()).toBe(false);
  });

  it.each([
    ['127.0.0.1', /^http:\/\/127\.0\.0\.1:\d+$/],
    ['0.0.0.0', /^http:\/\/127\.0\.0\.1:\d+$/],
    ['::1', /^http:\/\/\[::1\]:\d+$/],
    ['::', /^http:\/\/\[::1\]:\d+$/],
  ])('on %s has an address that can be fetched, as a server has', async (host, url) => {
    const other = await serveProbes({ lifecycle, host });
    expect([other.url, other.hostname]).toEqual([expect.stringMatching(url), host]);
    expect((await fetch(`${other.url}/health/live`)).status).toBe(200);
    await other.close();
  });

  it(`${REQUESTS} raw requests move no phase and get no 5xx`, async () => {
    const before = lifecycle.snapshot();
    const statuses = await barrage(probes.port, SEED, REQUESTS);
    console.log(JSON.stringify(statuses));
    expect(Object.keys(statuses).filter((status) => Number(status) >= 500)).toEqual([]);
    for (const status of ['200', '400', '404', '405']) {
      expect([status, statuses[status] ?? 0]).not.toEqual([status, 0]);
    }
    const { phase, holds, shutdownRequested } = lifecycle.snapshot();
    expect({ phase, holds, shutdownRequested }).toEqual({
      phase: before.phase,
      holds: before.holds,
      shutdownRequested: false,
    });
    expect((await fetch(`${probes.url}/health/live`)).status).toBe(200);
  });
});
