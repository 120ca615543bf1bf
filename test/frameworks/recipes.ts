/**
 * Which programs of `examples/frameworks` are tested, and on which runtime.
 *
 * @module
 */

import type { Recipe } from './recipe.ts';

/** Servers of requests: `GET /hello` and `POST /notes`, probes and admin calls. */
export const FRAMEWORKS: readonly Recipe[] = [
  { name: 'http', runtime: 'node' },
  { name: 'express', runtime: 'node' },
  { name: 'express', runtime: 'node', alias: { express: 'express-4' } },
  { name: 'fastify', runtime: 'node' },
  { name: 'koa', runtime: 'node' },
  { name: 'hono', runtime: 'node' },
  { name: 'hono-node-server', runtime: 'node' },
  { name: 'h3', runtime: 'node' },
  { name: 'srvx', runtime: 'node' },
  { name: 'elysia', runtime: 'bun' },
  { name: 'oak', runtime: 'deno' },
];
