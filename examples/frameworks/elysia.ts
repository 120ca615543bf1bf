/**
 * Elysia, on Bun: the handler is a hook of every request. `.ws()` needs two lines: Elysia asks its
 * `server` for upgrades, and Bun wants to know the handlers of messages when it starts.
 *
 * @module
 */

import { Elysia } from 'elysia';
import { websocket } from 'elysia/ws';
import { handleSignals, serve } from 'tidegate/bun';
import { health, lifecycle, port, save, started } from './service.ts';

const app = new Elysia()
  .onRequest(({ request }) => health(request))
  .get('/hello', () => 'hello')
  .post('/notes', async ({ request }) => save(await request.text()), { parse: 'none' })
  .ws('/notes', {
    // What comes by a socket is no request: it takes its own permit.
    message: async (socket, note) => {
      socket.send(await lifecycle.gate.run('write', () => save(String(note))));
    },
  });

const server = await serve({
  lifecycle,
  fetch(request, info) {
    app.server = info.native as typeof app.server;
    return app.fetch(request);
  },
  bun: { websocket },
  port,
});
handleSignals(lifecycle);
started(server.url);
