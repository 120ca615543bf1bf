/**
 * Next with a custom server: `serve()` takes the place of `createServer()`.
 *
 * @module
 */

import next from 'next';
import { handleSignals, serve } from 'tidegate/node';
import { health, lifecycle } from './lifecycle.mjs';

const app = next({ dev: false });
await app.prepare();

const server = await serve({
  lifecycle,
  fetch: health,
  listener: app.getRequestHandler(),
  port: Number(process.env.PORT ?? 8080),
});
handleSignals(lifecycle);
lifecycle.markReady();
console.log(`listening on ${server.url}`);
