/**
 * Nitro (so Nuxt) on Node, built with the preset `node-listener`: its listener gets what ours leaves.
 *
 * @module
 */

import { handleSignals, serve } from 'tidegate/node';
import { listener } from './.output/server/index.mjs';
import { health, lifecycle } from './lifecycle.mjs';

const server = await serve({
  lifecycle,
  fetch: health,
  listener,
  port: Number(process.env.PORT ?? 8080),
});
handleSignals(lifecycle);
lifecycle.markReady();
console.log(`listening on ${server.url}`);
