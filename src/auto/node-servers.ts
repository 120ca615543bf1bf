/**
 * Notices every HTTP server that the program opens over `node:http`, `node:https` and `node:http2`,
 * on Node, Deno and Bun, just before it listens. It replaces `listen` on their prototypes, because
 * the program itself is not changed. Plain servers of `node:net`, which may speak any protocol, are
 * left alone.
 *
 * @module
 */

import { Server as HttpServer } from 'node:http';
import { Server as NetServer } from 'node:net';

/** A server, as far as it is used here. */
export interface OpenedServer {
  readonly listening: boolean;
  address(): unknown;
  close(callback?: (error?: Error) => void): unknown;
  once(event: 'listening', listener: () => void): unknown;
}

type Listen = (this: unknown, ...args: unknown[]) => unknown;

/** How deep in a call of `listen` this thread is: Bun's calls `Bun.serve`. */
let depth = 0;

/** True while a server of Node is being opened. */
export function isOpening(): boolean {
  return depth > 0;
}

/** Calls `then` for each, before it listens. */
export async function onListen(then: (server: OpenedServer) => void): Promise<void> {
  for (const prototype of await prototypes()) {
    if (!Object.hasOwn(prototype, 'listen')) continue;
    const listen = Reflect.get(prototype, 'listen') as Listen;
    const replaced: Listen = function replaced(...args) {
      if (isHttp(this)) then(this);
      depth += 1;
      try {
        return Reflect.apply(listen, this, args);
      } finally {
        depth -= 1;
      }
    };
    Reflect.set(prototype, 'listen', replaced);
  }
}

/** On Node all of them are of `node:net`; elsewhere some have a `listen` of their own. */
async function prototypes(): Promise<object[]> {
  const found: object[] = [NetServer.prototype, HttpServer.prototype];
  if (!('Deno' in globalThis)) return found;
  const [https, http2] = await Promise.all([import('node:https'), import('node:http2')]);
  return [...found, https.Server.prototype, Object.getPrototypeOf(http2.createServer()) as object];
}

/** By what only they have: the classes of `node:http2` are not exported. */
function isHttp(server: unknown): server is OpenedServer {
  const { closeIdleConnections, updateSettings } = server as Record<string, unknown>;
  return [closeIdleConnections, updateSettings].some((method) => typeof method === 'function');
}
