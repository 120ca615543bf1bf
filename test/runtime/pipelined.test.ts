/**
 * Requests that were pipelined when the shutdown is accepted, on Node: those that were handled are
 * answered, in their order, and the last answer says that the connection ends (RFC 9112 §9.3.2, §9.6).
 *
 * @module
 */

import { createServer, type ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { Lifecycle, type ShutdownReport } from '../../src/index.ts';
import { adopt, type KindOf, type Server, serve } from '../../src/runtime/node.ts';
import { type Reply, saysClose, Wire } from './wire.ts';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0)) await each();
});

/** A service whose answers wait until they are let go, by their paths. */
interface Held {
  readonly server: Server;
  readonly answers: Map<string, () => void>;
}

const WAYS: Readonly<Record<string, (lifecycle: Lifecycle, kindOf?: KindOf) => Promise<Held>>> = {
  adopt: async (lifecycle, kindOf) => {
    const answers: Held['answers'] = new Map();
    const made = createServer((req, res: ServerResponse) => {
      answers.set(req.url ?? '', () => res.end(req.url));
    });
    const server = await adopt(made, { lifecycle, kindOf, lingerMs: 0 });
    await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
    return { server, answers };
  },
  serve: async (lifecycle, kindOf) => {
    const answers: Held['answers'] = new Map();
    const server = await serve({
      lifecycle,
      hostname: '127.0.0.1',
      lingerMs: 0,
      kindOf,
      fetch: ({ url }) =>
        new Promise((resolve) => {
          const { pathname } = new URL(url);
          answers.set(pathname, () => resolve(new Response(pathname)));
        }),
    });
    return { server, answers };
  },
};

const PATHS = ['/0', '/1', '/2'];
const ORDERS = [
  [0, 1, 2],
  [2, 1, 0],
  [1, 2, 0],
];

/** Until it is so; the test's own time-out is the bound. */
async function until(so: () => boolean): Promise<void> {
  while (!so()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** Asks for the shutdown; `heard` resolves when this thread's servers have heard of it. */
function accepted(lifecycle: Lifecycle): { heard: Promise<void>; report: Promise<ShutdownReport> } {
  const heard = new Promise<void>((resolve) => {
    lifecycle.onShutdown(({ type }) => {
      if (type === 'accepted') resolve();
    });
  });
  return { heard, report: lifecycle.shutdown() };
}

describe.each(Object.entries(WAYS))('%s', (_, open) => {
  it.each(ORDERS)('all three are answered, made in the order %i, %i, %i', async (...order) => {
    const lifecycle = Lifecycle.create();
    lifecycle.markReady();
    const { server, answers } = await open(lifecycle);
    undo.push(() => server.close());
    const wire = await Wire.open(server.port);
    undo.push(() => wire.socket.destroy());
    for (const path of PATHS) wire.send(path);
    await until(() => answers.size === 3);
    const shutdown = accepted(lifecycle);
    await shutdown.heard;
    for (const each of order) answers.get(`/${each}`)?.();
    const replies: Reply[] = [];
    for (const _ of PATHS) replies.push(await wire.read());
    expect(replies.map(({ body }) => body)).toEqual(PATHS);
    expect(replies.map(saysClose)).toEqual([false, false, true]);
    expect((await shutdown.report).drained).toBe(true);
    await wire.closed;
  });

  it('a request after the last answer is not handled: that answer said so', async () => {
    const lifecycle = Lifecycle.create();
    lifecycle.markReady();
    const { server, answers } = await open(lifecycle, () => null);
    undo.push(() => server.close());
    const [wire, other] = [await Wire.open(server.port), await Wire.open(server.port)];
    undo.push(() => wire.socket.destroy());
    undo.push(() => other.socket.destroy());
    wire.send('/0');
    wire.send('/1');
    await until(() => answers.size === 2);
    const shutdown = accepted(lifecycle);
    await shutdown.heard;
    // It says that the connection ends, and waits for the one before it.
    answers.get('/1')?.();
    await new Promise((resolve) => setImmediate(resolve));
    wire.send('/2');
    other.send('/other');
    // What was written before it has been read, too.
    await until(() => answers.has('/other'));
    expect(answers.has('/2')).toBe(false);
    answers.get('/other')?.();
    answers.get('/0')?.();
    expect([await wire.read(), await wire.read()].map(saysClose)).toEqual([false, true]);
    expect((await shutdown.report).drained).toBe(true);
    await wire.closed;
  });
});
