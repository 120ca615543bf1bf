/**
 * Hono with @hono/node-server, which makes a server of `node:http`: it is adopted.
 *
 * @module
 */

import { type ServerType, serve } from '@hono/node-server';
import { getConnInfo } from '@hono/node-server/conninfo';
import { Hono } from 'hono';
import { adopt, handleSignals } from 'tidegate/node';
import { health, lifecycle, port, save, started } from './service.ts';

const app = new Hono();
app.get('/hello', (context) => context.text('hello'));
app.post('/notes', async (context) => context.text(await save(await context.req.text())));
app.get('/address', (context) => context.text(getConnInfo(context).remote.address ?? ''));

const server: ServerType = serve({ fetch: app.fetch, port }, ({ port }) =>
  started(`http://localhost:${port}`),
);
await adopt(server, { lifecycle, fetch: health });
handleSignals(lifecycle);
