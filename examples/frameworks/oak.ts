/**
 * Oak, on Deno: the app gets what the handler leaves.
 *
 * @module
 */

import { Application, Router } from '@oakserver/oak';
import { handleSignals, serve } from 'tidegate/deno';
import { health, lifecycle, port, save, started } from './service.ts';

const router = new Router();
router.get('/hello', ({ response }) => {
  response.body = 'hello';
});
router.post('/notes', async ({ request, response }) => {
  response.body = await save(await request.body.text());
});
const app = new Application();
app.use(router.routes());
// The npm build has the types of undici's Request; those of jsr:@oak/oak are the web's.
const handle = app.handle.bind(app) as unknown as (
  request: Request,
) => Promise<Response | undefined>;

const server = await serve({
  lifecycle,
  fetch: async (request) => (await health(request)) ?? handle(request),
  port,
});
handleSignals(lifecycle);
started(server.url);
