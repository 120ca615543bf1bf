/**
 * Fastify on HTTP/2, here without TLS, as a load balancer speaks to it: the lines are those of HTTP/1.
 *
 * @module
 */

import fastify from 'fastify';
import { adopt, handleSignals } from 'tidegate/node';
import { health, lifecycle, port, save, started } from './service.ts';

const app = fastify({ http2: true });
app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
app.get('/hello', async () => 'hello');
app.post<{ Body: string }>('/notes', ({ body }) => save(body));
app.addHook('onClose', async () => console.log('onClose'));

await adopt(app.server, { lifecycle, fetch: health });
lifecycle.step({ name: 'fastify', run: () => app.close() });
handleSignals(lifecycle);
started(await app.listen({ port, host: '0.0.0.0' }));
