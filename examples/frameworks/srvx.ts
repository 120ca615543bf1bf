/**
 * srvx keeps its own server, which on Node is one of `node:http`: it is adopted.
 *
 * On Deno and Bun use `serve()` of `tidegate/deno` or `tidegate/bun` in place of that of srvx.
 *
 * @module
 */

import { serve } from 'srvx';
import { adopt, handleSignals, type NodeServer } from 'tidegate/node';
import { health, lifecycle, port, save, started } from './service.ts';

const server = serve({
  port,
  silent: true,
  // Its own listener to signals would close the server while load balancers still send to it.
  gracefulShutdown: false,
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === '/hello') return new Response('hello');
    if (pathname === '/notes') return new Response(await save(await request.text()));
    return new Response('not found', { status: 404 });
  },
});
await adopt(server.node?.server as NodeServer, { lifecycle, fetch: health });
handleSignals(lifecycle);
await server.ready();
started(server.url ?? '');
