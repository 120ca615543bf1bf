/**
 * The real service under raw sockets: 100,000 requests that no client library would write, on each
 * runtime, while slow senders hold connections open. None of them moves the lifecycle, none gets a
 * 5xx, and the service goes on answering. The parsers are the runtimes' own; what is claimed is
 * what comes through them.
 *
 * @module
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DataFolder, RUNTIMES, type Runtime, Service } from '../examples/process.ts';
import { barrage } from './barrage.ts';

const SEED = Number(process.env.TEST_SEED ?? Date.now() % 2 ** 31);
const REQUESTS = 100_000;

/**
 * What a runtime's own parser answers before any code of ours runs. Bun says 505 to a version of
 * HTTP that it does not speak, and to a request line without one (RFC 9110 §15.6.6).
 */
const OF_THE_RUNTIME: Readonly<Record<Runtime, readonly number[]>> = {
  node: [],
  deno: [],
  bun: [505],
};

console.log(`raw requests with seed ${SEED}`);

/** What nobody without the token may change. */
async function stateOf(service: Service): Promise<unknown> {
  const status = (await (await service.admin('GET', '/admin/status')).json()) as Record<
    string,
    unknown
  >;
  const { phase, holds, shutdown_requested, draining_at_ms, report } = status;
  return { phase, holds, shutdown_requested, draining_at_ms, report };
}

describe.each(RUNTIMES)('on %s', (runtime) => {
  const data = new DataFolder();
  let service: Service;

  beforeAll(async () => {
    service = await Service.start(runtime, data);
  });

  afterAll(async () => {
    await service.kill();
    data.remove();
  });

  it(`${REQUESTS} raw requests move no phase and get no 5xx, in the presence of slow senders`, {
    timeout: 300_000,
  }, async () => {
    const before = await stateOf(service);
    const began = performance.now();
    const statuses = await barrage(service.port, SEED, REQUESTS);
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    console.log(`${runtime}: ${REQUESTS} requests in ${seconds} s`, JSON.stringify(statuses));
    const ours = Object.keys(statuses).filter(
      (status) => !OF_THE_RUNTIME[runtime].includes(Number(status)),
    );
    expect(ours.filter((status) => Number(status) >= 500)).toEqual([]);
    // It was the routes that refused, not only the parser.
    for (const status of ['200', '400', '401', '404', '405']) {
      expect([status, statuses[status] ?? 0]).not.toEqual([status, 0]);
    }
    expect(await stateOf(service)).toEqual(before);
    expect((await service.get('/health/ready/write')).status).toBe(200);
    expect(service.output).not.toMatch(/failed|Error/);
  });
});
