/**
 * Where a lease is seen: readiness, metrics, the status and its page, also those of the probe thread
 * while the event loop is blocked, and traces.
 *
 * @module
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { isStatus } from '../../src/cli/answers.ts';
import { fileStore, type Lease, lease } from '../../src/fleet.ts';
import { createHandler } from '../../src/http/index.ts';
import { Lifecycle } from '../../src/index.ts';
import { installLog } from '../../src/lifecycle/journal.ts';
import { serveProbes } from '../../src/node.ts';
import { instrument } from '../../src/opentelemetry.ts';
import { ask, BEARER, TOKEN } from '../http/wire.ts';
import { Sdk } from '../opentelemetry/sdk.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-surfaces-'));
afterAll(() => rmSync(folder, { recursive: true }));

const undos: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of undos.splice(0).reverse()) await undo();
});

function ready(): Lifecycle {
  const lifecycle = Lifecycle.create();
  installLog(lifecycle, false);
  lifecycle.markReady();
  return lifecycle;
}

let names = 0;
async function contend(lifecycle: Lifecycle, ttlMs: number, name?: string): Promise<Lease> {
  names += 1;
  const store = fileStore(folder, { pollMs: 10 });
  const made = await lease(lifecycle, { store, name: name ?? `name-${names}`, ttlMs });
  undos.push(() => made.release());
  return made;
}

describe('a lease in the answers', () => {
  it('is nowhere until lease() was called', async () => {
    const handler = createHandler(ready(), { adminToken: TOKEN });
    const probe = await ask(handler, 'GET', '/health/ready/write');
    expect(probe.json).not.toHaveProperty('lease');
    expect((await ask(handler, 'GET', '/metrics')).text).not.toContain('tidegate_lease');
  });

  it('is in readiness, metrics, status and page while it is held', async () => {
    const lifecycle = ready();
    const { name } = await contend(lifecycle, 5_000);
    const handler = createHandler(lifecycle, { adminToken: TOKEN });
    const held = { name, state: 'held', token: 1 };
    for (const path of ['/health/ready', '/health/ready/write']) {
      const { status, json } = await ask(handler, 'GET', path);
      expect([status, (json as { lease: unknown }).lease]).toEqual([200, held]);
    }
    const startup = await ask(handler, 'GET', '/health/startup');
    expect(startup.json).not.toHaveProperty('lease');
    const metrics = (await ask(handler, 'GET', '/metrics')).text;
    expect(metrics).toContain(`tidegate_lease_state{lease="${name}",state="held"} 1\n`);
    expect(metrics).toContain(`tidegate_lease_state{lease="${name}",state="lost"} 0\n`);
    expect(metrics).toContain(`tidegate_lease_token{lease="${name}"} 1\n`);
    const status = await ask(handler, 'GET', '/admin/status', { headers: BEARER });
    expect(isStatus(status.json)).toBe(true);
    expect(status.json).toMatchObject({ leases: [held] });
    const page = await ask(handler, 'GET', '/admin/status', {
      headers: { ...BEARER, accept: 'text/html' },
    });
    expect(page.text).toContain(`${name}: held, token 1`);
  });

  it('that waits says so, and of several the one is told that refuses writes', async () => {
    const lifecycle = ready();
    await contend(lifecycle, 5_000);
    const { name } = await contend(ready(), 5_000);
    await contend(lifecycle, 5_000, name);
    const handler = createHandler(lifecycle, {});
    const { status, json } = await ask(handler, 'GET', '/health/ready/write');
    expect(status).toBe(503);
    expect(json).toMatchObject({
      reason: 'replica',
      lease: { name, state: 'waiting', token: null },
    });
    const metrics = (await ask(handler, 'GET', '/metrics')).text;
    expect(metrics).toContain(`tidegate_lease_state{lease="${name}",state="waiting"} 1\n`);
    expect(metrics).not.toContain(`tidegate_lease_token{lease="${name}"}`);
  });

  it('is told by the probe thread while the loop is blocked and its time is over', async () => {
    const lifecycle = ready();
    const { name } = await contend(lifecycle, 500);
    const probes = await serveProbes({ lifecycle, hostname: '127.0.0.1' });
    undos.push(() => probes.close());
    // Another thread asks until it is told so, and the loop does not turn meanwhile.
    const words = new Int32Array(new SharedArrayBuffer(4));
    const program = `
      const { workerData } = require('node:worker_threads');
      const { url, words } = workerData;
      (async () => {
        while (true) {
          const { reason, lease } = await (await fetch(url)).json();
          if (lease.state === 'lost' && reason === 'lease_lost' && lease.token === null) break;
        }
        Atomics.store(words, 0, 1);
        Atomics.notify(words, 0);
      })();
    `;
    const url = `${probes.url}/health/ready/write`;
    const asker = new Worker(program, { eval: true, workerData: { url, words } });
    undos.push(() => asker.terminate());
    await new Promise((resolve) => asker.once('online', resolve));
    expect(Atomics.wait(words, 0, 0, 60_000)).toBe('ok');
    expect(lifecycle.leases()).toEqual([{ name, state: 'lost', token: null }]);
  });
});

describe('a lease in traces', () => {
  it('is a span for each time that it is held, with its token and how it ended', async () => {
    const lifecycle = ready();
    const sdk = new Sdk();
    undos.push(() => sdk.shutdown());
    undos.push(instrument(lifecycle, { tracer: sdk.tracers.getTracer('test') }));
    const made = await contend(lifecycle, 300);
    const until = performance.now() + 301;
    while (performance.now() < until);
    while (made.state !== 'held') await new Promise((resolve) => setTimeout(resolve, 5));
    await made.release();
    const found = sdk.spans().filter(({ name }) => name === 'tidegate.lease');
    expect(found.map(({ attributes }) => attributes)).toEqual(
      [1, 1].map((token) => ({ 'tidegate.lease.name': made.name, 'tidegate.lease.token': token })),
    );
    expect(found.map(({ events }) => events.map(({ name }) => name))).toEqual([
      ['lost'],
      ['given_back'],
    ]);
  });
});
