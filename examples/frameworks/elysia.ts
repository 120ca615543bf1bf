/**
 * Elysia, on Bun: the handler is a hook of every request.
 *
 * @module
 */

import { Elysia } from 'elysia';
import { handleSignals, serve } from 'tidegate/bun';
import { health, lifecycle, port, save, started } from './service.ts';

const app = new Elysia()
  .onRequest(({ request }) => health(request))
  .get('/hello', () => 'hello')
  .post('/notes', async ({ request }) => save(await request.text()), { parse: 'none' });

const server = await serve({ lifecycle, fetch: (request) => app.fetch(request), port });
handleSignals(lifecycle);
started(server.url);
