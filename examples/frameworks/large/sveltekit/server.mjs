/**
 * SvelteKit's Node adapter with a custom server: its handler gets what ours leaves. The server of
 * `build/index.js` would end by itself at the signal, while load balancers still send to it.
 *
 * @module
 */

import { handleSignals, serve } from 'tidegate/node';
import { handler } from './build/handler.js';
import { health, lifecycle } from './lifecycle.mjs';

const server = await serve({
  lifecycle,
  fetch: health,
  listener: handler,
  port: Number(process.env.PORT ?? 8080),
});
handleSignals(lifecycle);
lifecycle.markReady();
console.log(`listening on ${server.url}`);
