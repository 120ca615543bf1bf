import express from 'express';
import { released, say } from './answer.js';

const app = express();
app.all('/held', async (request, response) => {
  await released();
  response.send(`${request.method} /held`);
});
app.all('/{*rest}', (request, response) => response.send(`${request.method} ${request.path}`));
const server = app.listen(0, '127.0.0.1', () => say(server.address().port));
