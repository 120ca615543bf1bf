/**
 * Fastify, where it is to keep its own server: a plugin puts the handler before all routes, says on
 * every response that the connection ends, and closes Fastify once the lifecycle is Stopped.
 *
 * Without a plugin, `serve({ lifecycle, fetch: health, listener: app.routing })` after `app.ready()`
 * does it as in `express.ts`.
 *
 * @module
 */

import fastify, { type FastifyPluginCallback } from 'fastify';
import { handleSignals, toNodeListener } from 'tidegate/node';
import { health, lifecycle, port, started } from './service.ts';

const probes: FastifyPluginCallback = (app, _options, done) => {
  const listener = toNodeListener(health, { lifecycle });
  app.addHook('onRequest', ({ raw }, reply, next) => listener(raw, reply.raw, () => next()));
  handleSignals(lifecycle, { servers: [app] });
  done();
};
// For all routes, not only those of the plugin: what the package fastify-plugin does.
Object.assign(probes, { [Symbol.for('skip-override')]: true });

const app = fastify();
await app.register(probes);
app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
app.get('/hello', async () => 'hello');
app.post('/echo', async ({ body }) => body);

started(await app.listen({ port }));
