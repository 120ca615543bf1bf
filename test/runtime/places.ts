/**
 * A service that listens where its parent says, with the runtime's own options. The same source on Node,
 * Deno and Bun.
 *
 * @module
 */

import process from 'node:process';
import { Lifecycle } from '../../src/index.ts';
import type { ServeOptions } from '../../src/runtime/node.ts';
import { door, runtime, say } from './door.ts';

/** What is given to `serve`. */
export type PlaceOptions = Partial<
  Pick<ServeOptions, 'port' | 'hostname' | 'path' | 'tls' | 'reusePort' | 'node' | 'deno' | 'bun'>
>;

const options = JSON.parse(process.env.SERVICE ?? '{}') as PlaceOptions;
const lifecycle = Lifecycle.create();
lifecycle.pipeline({ preDrainMs: 0, steps: [] });
lifecycle.markReady();
door.handleSignals(lifecycle);
try {
  const server = await door.serve({
    lifecycle,
    ...options,
    async fetch(request, { remoteAddress }) {
      const { length } = await request.text();
      return Response.json({ url: request.url, remoteAddress, length, pid: process.pid });
    },
  });
  const { url, hostname, port } = server;
  say('listening', { runtime, pid: process.pid, url, hostname, port });
} catch (error) {
  const { code, message } = error as { code?: string; message: string };
  say('listening', { runtime, pid: process.pid, port: 0, code, message });
}
