/**
 * Express 5 and 4: the app gets what the handler leaves.
 *
 * With a server of your own, `app.use(toNodeListener(health, { lifecycle }))` before all routes does
 * the same, and closing that server is then up to you.
 *
 * @module
 */

import express from 'express';
import { handleSignals, serve } from 'tidegate/node';
import { health, lifecycle, port, started } from './service.ts';

const app = express();
app.get('/hello', (_req, res) => void res.send('hello'));
app.post('/echo', express.text({ type: '*/*' }), (req, res) => void res.send(req.body));

const server = await serve({ lifecycle, fetch: health, listener: app, port });
handleSignals(lifecycle, { servers: [server] });
started(server.url);
