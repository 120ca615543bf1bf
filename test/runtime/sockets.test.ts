/**
 * WebSockets and event streams through `serve` and `adopt`: real processes, sockets and signals, on
 * every runtime. Nobody waits for them, and their clients see a clean end.
 *
 * @module
 */

import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { bundle, Program, type Runtime } from './program.ts';
import type { SocketOptions } from './sockets.ts';
import { once as ask, Wire } from './wire.ts';

const SOCKETS = join(import.meta.dirname, 'sockets.ts');
const GOING_AWAY = 1001;
/** What a client makes of a connection that has ended without a word. */
const CUT = 1006;

const started: Program[] = [];
beforeAll(() => bundle(SOCKETS));
afterEach(async () => {
  for (const program of started.splice(0)) await program.kill();
});

async function start(runtime: Runtime, options: SocketOptions): Promise<Program> {
  const program = await Program.start(runtime, options, SOCKETS);
  started.push(program);
  return program;
}

/** One that is open. */
async function connected(port: number): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  await once(socket, 'open');
  return socket;
}

async function echoed(socket: WebSocket, text: string): Promise<string> {
  const answer = once(socket, 'message');
  socket.send(text);
  return String((await answer)[0]);
}

async function closing(socket: WebSocket): Promise<number> {
  return Number((await once(socket, 'close'))[0]);
}

/** An event stream that has begun. */
async function streaming(port: number): Promise<Wire> {
  const wire = await Wire.open(port);
  const first = new Promise<void>((resolve) => {
    wire.socket.on('data', (text: string) => {
      if (text.includes('data: ')) resolve();
    });
  });
  wire.send('/events', { headers: ['accept: text/event-stream'] });
  await first;
  return wire;
}

const WAYS: readonly (readonly [Runtime, NonNullable<SocketOptions['way']>])[] = [
  ['node', 'serve, ws noServer'],
  ['node', 'serve, ws server'],
  ['node', 'adopt, ws noServer'],
  ['deno', 'own'],
  ['bun', 'own'],
  ['deno', 'adopt, ws noServer'],
  ['bun', 'adopt, ws noServer'],
];

describe.each(WAYS)('on %s (%s)', (runtime, way) => {
  it('an open WebSocket is not waited for, works until the server closes, and then ends', async () => {
    const program = await start(runtime, { way });
    const { port } = program;
    const socket = await connected(port);
    const code = closing(socket);
    expect(await echoed(socket, 'one')).toBe('echo one');
    program.signal('SIGTERM');
    await program.heard('step');
    expect(await echoed(socket, 'two')).toBe('echo two');
    for (const method of ['GET', 'POST']) {
      const { status, body } = await ask(port, '/', { method });
      expect([status, JSON.parse(body).reason]).toEqual([503, 'shutting_down']);
    }
    const events = await ask(port, '/events', { headers: ['accept: text/event-stream'] });
    expect([events.status, events.body]).toEqual([200, 'retry: 1000\n\n']);
    const wire = await Wire.open(port);
    const reply = await wire.request('/ws', {
      headers: [
        'connection: upgrade',
        'upgrade: websocket',
        'sec-websocket-version: 13',
        'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==',
      ],
    });
    expect([reply.status, JSON.parse(reply.body)]).toMatchObject([
      503,
      { reason: 'shutting_down' },
    ]);
    wire.socket.destroy();
    await ask(port, '/go-on');
    // Of `ws` we know no more than the connection; Deno and Bun say so by themselves.
    expect(await code).toBe(way === 'own' ? GOING_AWAY : CUT);
    expect(await program.exit).toMatchObject({ code: 0, signal: null });
    expect(program.stderr).toBe('');
  });

  it('with the line of the README it ends with 1001 and an event stream with its chunk: nothing is waited for', async () => {
    const program = await start(runtime, { way, isLeaving: true });
    const { port } = program;
    const [socket, stream] = [await connected(port), await streaming(port)];
    const code = closing(socket);
    await program.heard('opened');
    program.signal('SIGTERM');
    expect(await code).toBe(GOING_AWAY);
    expect((await stream.read()).body).toMatch(/^(data: \d+\n\n)+$/);
    // Both have ended, and the server has not begun to.
    await program.heard('step');
    expect(program.all('closed')).toEqual([]);
    await ask(port, '/go-on');
    expect(await program.exit).toMatchObject({ code: 0, signal: null });
    expect(program.stderr).toBe('');
  });
});
