/**
 * The port of the probe thread, which is open to more than the service's own: it has probes and
 * metrics, nothing of `/admin` without a token of its own, and stands what is thrown at it either way.
 *
 * @module
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lifecycle } from '../../src/index.ts';
import { type ProbeServer, serveProbes } from '../../src/node.ts';
import { barrage } from './barrage.ts';

const SEED = Number(process.env.TEST_SEED ?? Date.now() % 2 ** 31);
const REQUESTS = 20_000;
/** The parser is the same; what is thrown at is the guard behind it. */
const GUARDED_REQUESTS = 5_000;

console.log(`raw requests to the probe thread with seed ${SEED}`);

const CALLS = [
  ['GET', 'status'],
  ['POST', 'drain'],
  ['POST', 'shutdown'],
  ['POST', 'readonly'],
] as const;

/** A probe thread of a lifecycle that is Ready. */
async function open(adminToken?: string): Promise<[Lifecycle, ProbeServer]> {
  const lifecycle = Lifecycle.create();
  lifecycle.markReady();
  return [lifecycle, await serveProbes({ lifecycle, hostname: '127.0.0.1', adminToken })];
}

/** Throws requests at it, none of which may change anything. */
async function withstand(
  lifecycle: Lifecycle,
  probes: ProbeServer,
  requests: number,
  expected: readonly string[],
): Promise<void> {
  const before = lifecycle.snapshot();
  const statuses = await barrage(probes.port, SEED, requests);
  console.log(JSON.stringify(statuses));
  expect(Object.keys(statuses).filter((status) => Number(status) >= 500)).toEqual([]);
  for (const status of expected) {
    expect([status, statuses[status] ?? 0]).not.toEqual([status, 0]);
  }
  const { phase, holds, shutdownRequested } = lifecycle.snapshot();
  expect({ phase, holds, shutdownRequested }).toEqual({
    phase: before.phase,
    holds: before.holds,
    shutdownRequested: false,
  });
  expect((await fetch(`${probes.url}/health/live`)).status).toBe(200);
}

describe('the port of the probe thread', () => {
  let lifecycle: Lifecycle;
  let probes: ProbeServer;

  beforeAll(async () => {
    [lifecycle, probes] = await open();
  });

  afterAll(() => probes.close());

  it.each(CALLS)('has no %s /admin/%s, whatever is shown', async (method, name) => {
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
  ])('on %s has an address that can be fetched, as a server has', async (hostname, url) => {
    const other = await serveProbes({ lifecycle, hostname });
    expect([other.url, other.hostname]).toEqual([expect.stringMatching(url), hostname]);
    expect((await fetch(`${other.url}/health/live`)).status).toBe(200);
    await other.close();
  });

  it(`${REQUESTS} raw requests move no phase and get no 5xx`, () =>
    withstand(lifecycle, probes, REQUESTS, ['200', '400', '404', '405']));
});

describe('the port of a probe thread with an admin token', () => {
  let lifecycle: Lifecycle;
  let probes: ProbeServer;

  beforeAll(async () => {
    [lifecycle, probes] = await open('correct-horse-battery-staple-7Q');
  });

  afterAll(() => probes.close());

  it.each(CALLS)('answers 401 to a stranger who asks for %s /admin/%s', async (method, name) => {
    const shows = ['', 'Bearer', 'Bearer undefined', `Basic ${btoa('admin:')}`, 'Bearer null'];
    for (const authorization of shows) {
      const headers = { authorization };
      const { status } = await fetch(`${probes.url}/admin/${name}`, { method, headers });
      expect([authorization, status]).toEqual([authorization, 401]);
    }
    expect(lifecycle.shutdownRequested()).toBe(false);
  });

  it('a page of another site gets no further than anybody without the token', async () => {
    const headers = { origin: 'http://evil.example', 'sec-fetch-site': 'cross-site' };
    const asked = await fetch(`${probes.url}/admin/drain`, { method: 'OPTIONS', headers });
    // No header of CORS: a browser lets no page of another site go on from that.
    expect([...asked.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual(
      [],
    );
    const call = await fetch(`${probes.url}/admin/drain`, { method: 'POST', headers });
    expect(call.status).toBe(401);
  });

  it(`${GUARDED_REQUESTS} raw requests without the token move no phase and get no 5xx`, () =>
    withstand(lifecycle, probes, GUARDED_REQUESTS, ['200', '400', '401', '404', '405']));
});
