/**
 * Koa: its callback gets what the handler leaves.
 *
 * @module
 */

import Koa from 'koa';
import { handleSignals, serve } from 'tidegate/node';
import { health, lifecycle, port, started } from './service.ts';

const app = new Koa();
app.use(async (context) => {
  if (context.path === '/hello') context.body = 'hello';
  if (context.path === '/echo') context.body = context.req;
});

const server = await serve({ lifecycle, fetch: health, listener: app.callback(), port });
handleSignals(lifecycle, { servers: [server] });
started(server.url);
