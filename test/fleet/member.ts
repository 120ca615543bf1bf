/**
 * A process that follows a fleet and writes whenever it may, with the calls of its handler on a port: the same source on
 * Node, Deno and Bun. It tells its parent what happens, a JSON object a line.
 *
 * @module
 */

import process from 'node:process';
import { Fleet, type FleetOptions } from '../../src/fleet.ts';
import { createHandler } from '../../src/http/index.ts';
import { Lifecycle } from '../../src/index.ts';
import { door, runtime, say } from '../runtime/door.ts';
import { open, type Place } from './open.ts';

/** How the parent configures it, as JSON in `SERVICE`. */
export interface MemberOptions extends Omit<FleetOptions, 'store'> {
  readonly place: Place;
  readonly adminToken: string;
  /** It is never Ready by itself. */
  readonly isStarting?: boolean;
}

/** How often it tries to write. */
const WRITE_MS = 5;

const told = JSON.parse(process.env.SERVICE ?? '') as MemberOptions;
const { place, adminToken, isStarting = false, ...options } = told;
const lifecycle = Lifecycle.create();
lifecycle.step({ name: 'flush_wal', run: () => say('step', { name: 'flush_wal' }) });
lifecycle.onTransition(({ to }) => say('phase', { to }));
const handler = createHandler(lifecycle, { adminToken });
const server = await door.serve({
  port: 0,
  hostname: '127.0.0.1',
  lifecycle,
  async fetch(request) {
    if (new URL(request.url).pathname !== '/ready')
      return (await handler(request)) ?? new Response('hello');
    lifecycle.markReady();
    return new Response();
  },
  kindOf: ({ method }) => (method === 'GET' ? 'query' : null),
});
door.handleSignals(lifecycle, { servers: [server], log: false });
const { store } = await open(place);
// Before it is Ready: from here on no write is admitted before the store has answered.
const following = new Fleet({ ...options, store }).follow(lifecycle);
if (!isStarting) lifecycle.markReady();

let reason: string | null = '';
let isWriting = false;
setInterval(() => {
  const permit = lifecycle.gate.tryEnter('write');
  permit?.release();
  const now = lifecycle.gate.writeRefusal();
  if (permit !== null && !isWriting) say('writes', {});
  isWriting = permit !== null;
  if (now !== reason) say('gate', { reason: now });
  reason = now;
}, WRITE_MS);

say('listening', { port: server.port, pid: process.pid, runtime });
const follower = await following;
say('follows', { phase: follower.phase });
follower.onChange(({ phase, reachable }) => say('fleet', { phase, reachable }));
