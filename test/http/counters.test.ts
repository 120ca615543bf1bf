/**
 * What the counters hear of HTTP: every answer of a probe once, whichever way it was asked and by
 * whichever thread it was answered, and every request that the gate refused.
 *
 * @module
 */

import { afterEach, describe, expect, it } from 'vitest';
import { createHandler } from '../../src/http/index.ts';
import { Lifecycle } from '../../src/index.ts';
import { type Server, serve, serveProbes } from '../../src/node.ts';
import { BACKENDS, METHODS, PHASES, PROBES, room } from './wire.ts';

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

/** What is not zero. */
function probes(lifecycle: Lifecycle): Record<string, number> {
  const all = lifecycle.counters().probes.filter(({ count }) => count !== 0);
  return Object.fromEntries(all.map(({ probe, code, count }) => [`${probe} ${code}`, count]));
}

/** What refused, and how often. */
function refusals(lifecycle: Lifecycle): unknown[] {
  return lifecycle.counters().refusals.filter(({ count }) => count !== 0);
}

/** What the answers should come to. */
class Tally {
  readonly counts: Record<string, number> = {};

  note(path: string, status: number): void {
    const key = `${path.slice('/health/'.length)} ${status}`;
    this.counts[key] = (this.counts[key] ?? 0) + 1;
  }
}

describe.each(BACKENDS)('the handler, on %s', (backend) => {
  it.each(PHASES.map((name, phase) => [name, phase as 0 | 1 | 2 | 3 | 4] as const))(
    'counts each answer of each probe by its status, by every method, in %s',
    async (_, phase) => {
      const { handler, lifecycle } = room(backend, phase);
      const tally = new Tally();
      for (const path of PROBES) {
        for (const method of METHODS) {
          const response = await handler(new Request(`http://localhost${path}`, { method }));
          tally.note(path, response?.status ?? 0);
        }
      }
      const statuses = Object.keys(tally.counts).map((key) => key.split(' ')[1]);
      expect(statuses.every((status) => /^(200|204|405|503)$/.test(status ?? ''))).toBe(true);
      expect(probes(lifecycle)).toEqual(tally.counts);
    },
  );

  it('counts neither metrics, nor status, nor a path that is not its own', async () => {
    const { handler, lifecycle } = room(backend, 1);
    for (const path of ['/metrics', '/admin/status', '/admin/drain', '/health', '/']) {
      await handler(new Request(`http://localhost${path}`));
    }
    expect(probes(lifecycle)).toEqual({});
  });

  it('counts under the name of the probe, whatever its path is', async () => {
    const paths = { live: '/livez', readyWrite: '/rw' };
    const { handler, lifecycle } = room(backend, 1, { paths, basePath: '/base' });
    await handler(new Request('http://localhost/base/livez'));
    await handler(new Request('http://localhost/base/rw'));
    expect(probes(lifecycle)).toEqual({ 'live 200': 1, 'ready/write 200': 1 });
  });
});

it('a lifecycle that was detached answers 503, which nobody counts', async () => {
  const lifecycle = Lifecycle.create();
  const other = Lifecycle.attach(lifecycle.share());
  const handler = createHandler(other);
  other.detach();
  const response = await handler(new Request('http://localhost/health/live'));
  expect([response?.status, probes(lifecycle)]).toEqual([503, {}]);
});

describe('a server', () => {
  async function served(
    fetch?: (request: Request) => Response,
  ): Promise<{ lifecycle: Lifecycle; server: Server; url: string }> {
    const lifecycle = Lifecycle.create();
    const handler = createHandler(lifecycle);
    const server = await serve({
      lifecycle,
      hostname: '127.0.0.1',
      fetch: async (request) => (await handler(request)) ?? fetch?.(request) ?? new Response(''),
    });
    opened.push(server);
    return { lifecycle, server, url: `http://127.0.0.1:${server.port}` };
  }

  it('counts every answer, and again those that are the same as the last', async () => {
    const lifecycle = Lifecycle.create();
    // The handler alone: where there is a short way, it is taken.
    const fetched = createHandler(lifecycle);
    const server = await serve({ lifecycle, hostname: '127.0.0.1', fetch: fetched });
    opened.push(server);
    const url = `http://127.0.0.1:${server.port}`;
    const tally = new Tally();
    const askAll = async (): Promise<void> => {
      for (const path of PROBES) {
        for (const method of ['GET', 'HEAD', 'OPTIONS', 'GET', 'PUT']) {
          const { status } = await fetch(url + path, { method });
          tally.note(path, status);
        }
      }
      expect(probes(lifecycle)).toEqual(tally.counts);
    };
    await askAll();
    lifecycle.markReady();
    await askAll();
    await askAll();
  });

  it('counts the requests that its gate admits and refuses, and the probes as neither', async () => {
    const { lifecycle, url } = await served();
    const ask = async (method: string, path = '/'): Promise<number> =>
      (await fetch(url + path, { method })).status;
    expect(await ask('GET')).toBe(503);
    lifecycle.markReady();
    expect([await ask('GET'), await ask('POST')]).toEqual([200, 200]);
    lifecycle.gate.hold('replica');
    expect([await ask('POST'), await ask('DELETE'), await ask('GET')]).toEqual([503, 503, 200]);
    expect([await ask('GET', '/health/ready'), await ask('GET', '/metrics')]).toEqual([200, 200]);
    expect(lifecycle.counters().permits).toEqual({ writes: 1, queries: 2 });
    expect(refusals(lifecycle)).toEqual([
      { kind: 'write', reason: 'replica', count: 2 },
      { kind: 'query', reason: 'starting', count: 1 },
    ]);
    expect(probes(lifecycle)).toEqual({ 'ready 200': 1 });
  });
});

it('the probe thread counts its answers, and all threads and scrapes see the same', async () => {
  const lifecycle = Lifecycle.create();
  const thread = await serveProbes({ lifecycle, hostname: '127.0.0.1' });
  opened.push(thread);
  lifecycle.markReady();
  lifecycle.gate.tryEnter('write');
  for (const path of [...PROBES, '/health/live']) await fetch(thread.url + path);
  const own = createHandler(lifecycle);
  await own(new Request('http://localhost/health/live'));
  expect(probes(lifecycle)).toEqual({
    'live 200': 3,
    'ready 200': 1,
    'ready/write 200': 1,
    'startup 200': 1,
  });
  const counters = (text: string): string[] => text.match(/^tidegate_\w+_total.*$/gm) ?? [];
  const here = counters((await (await own(new Request('http://localhost/metrics')))?.text()) ?? '');
  const there = counters(await (await fetch(`${thread.url}/metrics`)).text());
  expect(there).toEqual(here);
  expect(there).toContain('tidegate_permits_total{kind="write"} 1');
});
