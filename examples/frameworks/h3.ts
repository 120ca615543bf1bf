/**
 * h3 (Nitro, Nuxt), on Node, Deno and Bun: the handler is a middleware.
 *
 * @module
 */

import { H3 } from 'h3';
import { handleSignals, serve } from 'tidegate/node';
import { health, lifecycle, port, save, started } from './service.ts';

const app = new H3();
app.use(async ({ req }, next) => (await health(req)) ?? next());
app.get('/hello', () => 'hello');
app.post('/notes', async ({ req }) => save(await req.text()));

const server = await serve({ lifecycle, fetch: async (request) => app.fetch(request), port });
handleSignals(lifecycle);
started(server.url);
