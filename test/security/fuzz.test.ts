/**
 * The real service under raw sockets: 100,000 requests that no client library would write, on each
 * runtime, while slow senders hold connections open. None of them moves the lifecycle, none gets a
 * 5xx, and the service goes on answering. The parsers are the runtimes' own; what is claimed is
 * what comes through them.
 *
 * @module
 */

import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DataFolder, RUNTIMES, type Runtime, Service, TOKEN } from '../examples/process.ts';
import { Dice, draw } from './requests.ts';

const SEED = Number(process.env.TIDEGATE_SEED ?? Date.now() % 2 ** 31);
const REQUESTS = 100_000;
const CONNECTIONS = 24;
/** A connection that was given up by neither side is left alone after this long. */
const PATIENCE_MS = 1_500;

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

/** What came back on one connection, as Latin-1. Never rejects: a reset is an answer, too. */
function exchange(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let received = '';
    const socket = connect({ port, host: '127.0.0.1' });
    const timer = setTimeout(() => socket.destroy(), PATIENCE_MS);
    socket.setEncoding('latin1').on('data', (text: string) => {
      received += text;
    });
    socket.on('error', () => {});
    socket.once('close', () => {
      clearTimeout(timer);
      resolve(received);
    });
    socket.end(bytes, 'latin1');
  });
}

/** Connections whose request never comes whole: heads and bodies of a byte now and then. */
function slowSenders(port: number): () => void {
  const heads = [
    'POST /admin/readonly HTTP/1.1\r\nhost: a\r\ncontent-length: 4000\r\n\r\n{',
    `POST /admin/readonly HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${TOKEN}\r\n`.concat(
      'content-length: 4000\r\n\r\n{',
    ),
    'POST /admin/shutdown HTTP/1.1\r\nhost: a\r\nx: ',
    'PUT /documents/slow HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nfff\r\n',
  ];
  const sockets = [...heads, ...heads].map((head) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('error', () => {});
    socket.resume().write(head);
    return socket;
  });
  const timer = setInterval(() => {
    for (const socket of sockets) if (socket.writable) socket.write('a');
  }, 100);
  return () => {
    clearInterval(timer);
    for (const socket of sockets) socket.destroy();
  };
}

/** What nobody without the token may change. */
async function stateOf(service: Service): Promise<unknown> {
  const status = (await (await service.admin('GET', '/admin/status')).json()) as Record<
    string,
    unknown
  >;
  const { phase, holds, shutdown_requested, draining_at_ms, report } = status;
  return { phase, holds, shutdown_requested, draining_at_ms, report };
}

/** Sends until `left.count` are sent; collects status lines by number. */
async function send(
  port: number,
  dice: Dice,
  left: { count: number },
): Promise<Map<number, number>> {
  const statuses = new Map<number, number>();
  while (left.count > 0) {
    let bytes = '';
    // Pipelined, as long as the server can tell where each request ends.
    for (let more = true; more && left.count > 0 && bytes.length < 100_000; left.count -= 1) {
      const attempt = draw(dice);
      bytes += attempt.bytes;
      more = attempt.keepsFraming;
    }
    for (const [, status] of (await exchange(port, bytes)).matchAll(/HTTP\/1\.[01] (\d{3})/g)) {
      statuses.set(Number(status), (statuses.get(Number(status)) ?? 0) + 1);
    }
  }
  return statuses;
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

  it(`${REQUESTS} raw requests move no phase and get no 5xx`, { timeout: 300_000 }, async () => {
    const before = await stateOf(service);
    const stop = slowSenders(service.port);
    const left = { count: REQUESTS };
    const began = performance.now();
    const all = await Promise.all(
      Array.from({ length: CONNECTIONS }, (_, index) =>
        send(service.port, new Dice(SEED + index * 7919), left),
      ),
    );
    stop();
    const statuses: Record<string, number> = {};
    for (const [status, count] of all.flatMap((each) => [...each])) {
      statuses[status] = (statuses[status] ?? 0) + count;
    }
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
