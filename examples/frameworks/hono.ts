/**
 * Hono, on Node, Deno and Bun: the handler is a middleware.
 *
 * @module
 */

import { Hono } from 'hono';
import { handleSignals, serve } from 'tidegate/node';
import { health, lifecycle, port, started } from './service.ts';

const app = new Hono();
app.use(async ({ req }, next) => (await health(req.raw)) ?? next());
app.get('/hello', (context) => context.text('hello'));
app.post('/echo', async (context) => context.text(await context.req.text()));

const server = await serve({ lifecycle, fetch: app.fetch, port });
handleSignals(lifecycle, { servers: [server] });
started(server.url);
