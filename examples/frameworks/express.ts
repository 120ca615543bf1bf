/**
 * Express 5 and 4: `serve()` takes the place of `app.listen()`, and the app gets what the handler leaves.
 *
 * To keep `app.listen()`: `await adopt(app.listen(port), { lifecycle, fetch: health })`.
 *
 * @module
 */

import express from 'express';
import { handleSignals, serve } from 'tidegate/node';
import { health, lifecycle, port, save, started } from './service.ts';

const app = express();
app.get('/hello', (_req, res) => void res.send('hello'));
app.post('/notes', express.text({ type: '*/*' }), async (req, res) => {
  res.send(await save(req.body));
});

const server = await serve({ lifecycle, fetch: health, listener: app, port });
handleSignals(lifecycle);
started(server.url);
