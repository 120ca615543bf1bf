import fastify from 'fastify';
import { released, say } from './answer.js';

const app = fastify();
app.all('/held', async (request) => {
  await released();
  return `${request.method} /held`;
});
app.all('/*', async (request) => `${request.method} ${request.url}`);
await app.listen({ port: 0, host: '127.0.0.1' });
say(app.server.address().port);
