/**
 * Fastify keeps its own server; the server is adopted, and `app.close()` is a step,
 * so that its `onClose` hooks run once no request is in progress.
 *
 * @module
 */

import fastify from 'fastify';
import { adopt, handleSignals } from 'tidegate/node';
import { health, lifecycle, port, save, started } from './service.ts';

const app = fastify();
app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
app.get('/hello', async () => 'hello');
app.post<{ Body: string }>('/notes', ({ body }) => save(body));
app.addHook('onClose', async () => console.log('onClose'));

await adopt(app.server, { lifecycle, fetch: health });
lifecycle.step({ name: 'fastify', run: () => app.close() });
handleSignals(lifecycle);
// By itself it listens on `localhost`, which is two servers, of which `app.server` is one.
started(await app.listen({ port, host: '0.0.0.0' }));
