/**
 * The end of idle connections of a server of Node, over real sockets; only the timer that looks at them is
 * turned by hand.
 *
 * @module
 */

import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { endIdle } from '../../src/runtime/node/idle-sockets.ts';

const LOOK_MS = 1_000;
const KEEP_MS = 60_000;
/** What Node adds by itself, on the versions that do. */
const EXTRA_MS = 1_000;
/** After so many looks at a connection that was idle from the first on, it is over for sure. */
const LATEST = (KEEP_MS + EXTRA_MS) / LOOK_MS + 2;

const open: { readonly server: Server; readonly sockets: Socket[] }[] = [];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});
afterEach(() => {
  vi.useRealTimers();
  for (const { server, sockets } of open.splice(0)) {
    for (const socket of sockets) socket.destroy();
    server.close();
    server.closeAllConnections();
  }
});

const asked = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n';

/** A server, a connection to it, and what that has heard. */
async function connected(
  listener: RequestListener,
): Promise<{ client: Socket; server: Server; accepted: Socket; answers: () => Promise<string> }> {
  const server = createServer({ keepAliveTimeout: KEEP_MS }, listener);
  endIdle(server, { longMs: 10_000, lookMs: LOOK_MS });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepting = once(server, 'connection');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [accepted] = (await accepting) as [Socket];
  open.push({ server, sockets: [client] });
  const answers = async (): Promise<string> => String((await once(client, 'data'))[0]);
  return { client, server, accepted, answers };
}

/** Looks so often, with whatever has come in between. */
async function look(times: number): Promise<void> {
  for (let time = 0; time < times; time++) {
    vi.advanceTimersByTime(LOOK_MS);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Asks, and waits until the server has done with it: from then on the connection is idle. */
async function ask(
  client: Socket,
  accepted: Socket,
  answers: () => Promise<string>,
): Promise<void> {
  const answer = answers();
  client.write(asked);
  expect(await answer).toMatch(/^HTTP\/1.1 200 OK[\s\S]*keep-alive: timeout=60/i);
  while ((accepted.timeout ?? 0) === 0) await new Promise((resolve) => setImmediate(resolve));
}

describe('a connection that is kept alive', () => {
  it('ends when its time is over, and not a look before', async () => {
    const { client, accepted, answers } = await connected((_, res) => res.end('x'));
    await ask(client, accepted, answers);
    const { timeout = 0 } = accepted;
    expect(timeout).toBeGreaterThanOrEqual(KEEP_MS);
    await look(timeout / LOOK_MS);
    expect(accepted.destroyed).toBe(false);
    const ended = once(client, 'close');
    await look(2);
    expect(accepted.destroyed).toBe(true);
    await ended;
  });

  it('has all of its time again after each request, and after half of one', async () => {
    const { client, accepted, answers } = await connected((_, res) => res.end('x'));
    for (let time = 0; time < 3; time++) {
      await ask(client, accepted, answers);
      await look(KEEP_MS / LOOK_MS);
    }
    const before = accepted.bytesRead;
    client.write('GET');
    while (accepted.bytesRead === before) await new Promise((resolve) => setImmediate(resolve));
    await look(KEEP_MS / LOOK_MS);
    expect(accepted.destroyed).toBe(false);
    await look(LATEST - KEEP_MS / LOOK_MS);
    expect(accepted.destroyed).toBe(true);
  });

  it('is not idle while it is answered, however long that takes', async () => {
    let answer = (): void => {};
    const { client, accepted, answers } = await connected((_, res) => {
      answer = () => res.end('x');
    });
    for (let time = 0; time < 2; time++) {
      const answered = answers();
      answer = () => {};
      const noop = answer;
      client.write(asked);
      while (answer === noop) await new Promise((resolve) => setImmediate(resolve));
      await look(2 * LATEST);
      expect(accepted.destroyed).toBe(false);
      answer();
      expect(await answered).toMatch(/200 OK/);
    }
  });

  it('is not ended where the application hears of it, who hears of it once', async () => {
    const { client, server, accepted, answers } = await connected((_, res) => res.end('x'));
    const heard = vi.fn();
    server.on('timeout', heard);
    await ask(client, accepted, answers);
    await look(3 * LATEST);
    expect(heard.mock.calls).toEqual([[accepted]]);
    expect(accepted.destroyed).toBe(false);
  });
});

describe('a time-out of the application', () => {
  it('is kept by Node, and takes the place of the other', async () => {
    const { client, accepted, answers } = await connected((_, res) => res.end('x'));
    await ask(client, accepted, answers);
    const ended = once(client, 'close');
    accepted.setTimeout(20);
    expect(accepted.timeout).toBe(20);
    await ended;
  });

  it('goes when the next response has ended', async () => {
    const { client, accepted, answers } = await connected((req, res) => {
      req.socket.setTimeout(50);
      res.end('x');
    });
    await ask(client, accepted, answers);
    while (accepted.timeout === 50) await new Promise((resolve) => setImmediate(resolve));
    // Set later, so that it ends later.
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(accepted.destroyed).toBe(false);
    await look(LATEST);
    expect(accepted.destroyed).toBe(true);
  });

  it('is refused where it is none', async () => {
    const { accepted } = await connected((_, res) => res.end('x'));
    expect(() => accepted.setTimeout(Number.NaN)).toThrow(/msecs/);
    expect(() => accepted.setTimeout('1' as never)).toThrow(/msecs/);
  });
});
