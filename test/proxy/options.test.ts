/**
 * A real HAProxy with its bare `option httpchk`, which asks by OPTIONS over HTTP/1.0 and without a host: it
 * sees a service come and go as it does by GET.
 *
 * @module
 */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createHandler } from '../../src/http/index.ts';
import { Lifecycle } from '../../src/index.ts';
import { serve, serveProbes, toNodeListener } from '../../src/node.ts';
import { bundle, Program, RUNTIMES } from '../runtime/program.ts';
import { Haproxy, missing } from './haproxy.ts';

const CHECK = '/health/ready/write';
const why = missing('haproxy');
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

async function balancer(ports: readonly number[]): Promise<Haproxy> {
  const haproxy = await Haproxy.open(ports, { check: CHECK });
  undo.push(() => haproxy.stop());
  return haproxy;
}

describe.skipIf(why !== undefined)(`HAProxy's bare httpchk ${why ?? ''}`, () => {
  it('follows a service from its start to its drain: by serve(), a listener and the probe thread', async () => {
    const lifecycle = Lifecycle.create();
    const handler = createHandler(lifecycle);
    const server = await serve({ lifecycle, fetch: handler, hostname: '127.0.0.1' });
    const probes = await serveProbes({ lifecycle });
    const health = toNodeListener(handler, { lifecycle });
    const express = createServer((req, res) => health(req, res, () => res.writeHead(500).end()));
    await new Promise<void>((resolve) => express.listen(0, '127.0.0.1', resolve));
    undo.push(
      () => server.close(),
      () => probes.close(),
      () => express.close(),
    );
    const ports = [server.port, probes.port, (express.address() as AddressInfo).port];
    const haproxy = await balancer(ports);
    const all = (state: 'UP' | 'DOWN') =>
      Promise.all(ports.map((_, index) => haproxy.is(index, state)));
    await all('DOWN');
    lifecycle.markReady();
    await all('UP');
    lifecycle.gate.hold('read_only');
    await all('DOWN');
    lifecycle.gate.release('read_only');
    await all('UP');
    lifecycle.markDraining();
    await all('DOWN');
    // By the probe's own answer, and not by a method that is refused.
    expect(haproxy.output).toMatch(/503/);
    expect(haproxy.output).not.toMatch(/405/);
  });

  describe.each(RUNTIMES)('on %s', (runtime) => {
    beforeAll(() => bundle());

    it('finds a service that is ready', async () => {
      const program = await Program.start(runtime);
      undo.push(() => program.kill());
      await (await balancer([program.port])).is(0, 'UP');
    });
  });
});
