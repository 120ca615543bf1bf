/**
 * srvx, where it is to keep its own server: the handler is a middleware, which also says on every
 * response that the connection ends, and srvx is closed before the process ends.
 *
 * @module
 */

import { serve } from 'srvx';
import { handleSignals } from 'tidegate/node';
import { health, lifecycle, port, started } from './service.ts';

const server = serve({
  port,
  silent: true,
  gracefulShutdown: false,
  middleware: [
    async (request, next) => {
      const response = (await health(request)) ?? (await next());
      if (lifecycle.shutdownRequested()) response.headers.set('connection', 'close');
      return response;
    },
  ],
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === '/hello') return new Response('hello');
    if (pathname === '/echo') return new Response(await request.text());
    return new Response('not found', { status: 404 });
  },
});
await server.ready();
handleSignals(lifecycle, { servers: [server] });
started(server.url ?? '');
