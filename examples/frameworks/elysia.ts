/**
 * Elysia, on Bun: the handler is a hook of every request.
 *
 * @module
 */

import { Elysia } from 'elysia';
import { handleSignals, serve } from 'tidegate/bun';
import { health, lifecycle, port, started } from './service.ts';

const app = new Elysia()
  .onRequest(({ request }) => health(request))
  .get('/hello', () => 'hello')
  .post('/echo', ({ request }) => request.text(), { parse: 'none' });

const server = await serve({ lifecycle, fetch: (request) => app.fetch(request), port });
handleSignals(lifecycle, { servers: [server] });
started(server.url);
