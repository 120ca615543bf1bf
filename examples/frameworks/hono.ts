/**
 * Hono, on Node, Deno and Bun: the handler is a middleware, and `serve()` serves it.
 *
 * A route knows more of its request by `info`, which `serve()` passes on as Hono's bindings.
 *
 * @module
 */

import { Hono } from 'hono';
import { handleSignals, type RequestInfo, serve } from 'tidegate/node';
import { health, lifecycle, port, save, started } from './service.ts';

const app = new Hono<{ Bindings: RequestInfo }>();
app.use(async ({ req }, next) => (await health(req.raw)) ?? next());
app.get('/hello', (context) => context.text('hello'));
app.post('/notes', async (context) => context.text(await save(await context.req.text())));
// In place of `getConnInfo()`, of which each runtime has its own.
app.get('/address', (context) => context.text(context.env.remoteAddress ?? 'a Unix socket'));

const server = await serve({ lifecycle, fetch: app.fetch, port });
handleSignals(lifecycle);
started(server.url);
