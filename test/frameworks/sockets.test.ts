/**
 * Recipes whose connections stay open: WebSockets, socket.io, event streams and long polls. Their
 * clients see a clean end, and none of them holds up the exit.
 *
 * @module
 */

import { once as event } from 'node:events';
import { io } from 'socket.io-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { once, Wire } from '../runtime/wire.ts';
import { Journal } from './journal.ts';
import type { Recipe } from './recipe.ts';

let journal: Journal;
beforeEach(() => {
  journal = new Journal();
});
afterEach(() => journal.end());

const WEBSOCKETS: readonly (readonly [string, Recipe, string])[] = [
  ['ws', { name: 'ws', runtime: 'node' }, '/'],
  ['Elysia’s .ws()', { name: 'elysia', runtime: 'bun' }, '/notes'],
];

describe.each(WEBSOCKETS)('%s', (_, recipe, path) => {
  it('saves what comes by the socket, ends it with 1001, and exits with 0', async () => {
    const running = await journal.start(recipe);
    const socket = new WebSocket(`ws://127.0.0.1:${await running.port}${path}`);
    await event(socket, 'open');
    const closed = event(socket, 'close');
    socket.send('by a socket');
    expect(String((await event(socket, 'message'))[0])).toBe('by a socket');
    expect(await running.end()).toBe(0);
    expect((await closed)[0]).toBe(1001);
    expect(journal.notes).toEqual(['by a socket']);
  });
});

describe('socket.io', () => {
  it.each(['websocket', 'polling'])('ends %s clients, and exits with 0', async (transport) => {
    const running = await journal.start({ name: 'socket-io', runtime: 'node' });
    const url = `http://127.0.0.1:${await running.port}`;
    const socket = io(url, { transports: [transport], reconnection: false });
    const ended = new Promise((resolve) => socket.once('disconnect', resolve));
    expect(await socket.emitWithAck('note', transport)).toBe(transport);
    expect(await running.end()).toBe(0);
    expect(await ended).toMatch(/^transport (close|error)$/);
    socket.close();
    expect(journal.notes).toEqual([transport]);
  });
});

describe('an event stream', () => {
  it('ends whole when the drain begins, and its client is sent elsewhere', async () => {
    const running = await journal.start({ name: 'event-stream', runtime: 'node' });
    const port = await running.port;
    const stream = await Wire.open(port);
    stream.send('/events', { headers: ['accept: text/event-stream'] });
    let come = '';
    while (!come.includes('data: ')) come += String((await event(stream.socket, 'data'))[0]);
    expect(come).toContain('200 OK');
    const poll = once(port, '/poll');
    // The poll is under way when another request after it is answered.
    await once(port, '/health/ready');
    const exit = running.end();
    const { status, body } = await stream.read();
    expect([status, body]).toEqual([200, expect.stringMatching(/^(data: \d+\n\n)+$/)]);
    expect((await poll).status).toBe(204);
    expect(await exit).toBe(0);
  });
});
