/**
 * Koa: `serve()` takes the place of `app.listen()`, and its callback gets what the handler leaves.
 *
 * @module
 */

import { text } from 'node:stream/consumers';
import Koa from 'koa';
import { handleSignals, serve } from 'tidegate/node';
import { health, lifecycle, port, save, started } from './service.ts';

const app = new Koa();
app.use(async (context) => {
  if (context.path === '/hello') context.body = 'hello';
  if (context.path === '/notes') context.body = await save(await text(context.req));
});

const server = await serve({ lifecycle, fetch: health, listener: app.callback(), port });
handleSignals(lifecycle);
started(server.url);
