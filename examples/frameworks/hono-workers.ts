/**
 * Hono on Cloudflare Workers: `withLifecycle({ fetch: app.fetch })` is all that it takes. Here a route also
 * finds the lifecycle, among its bindings.
 *
 * @module
 */

import { Hono } from 'hono';
import type { Lifecycle } from 'tidegate';
import { createHandler } from 'tidegate/http';
import { withLifecycle } from 'tidegate/workerd';

interface Env {
  readonly ADMIN_TOKEN: string;
}

const app = new Hono<{ Bindings: Env & { readonly lifecycle: Lifecycle } }>();
app.get('/hello', (context) => context.text('hello'));
app.get('/backend', ({ env, text }) => text(env.lifecycle.backend));
app.post('/notes', async (context) => context.text(await context.req.text()));

export default withLifecycle<Env>(
  {
    fetch: (request, env, ctx, lifecycle) => app.fetch(request, { ...env, lifecycle }, ctx),
  },
  {
    handler: (lifecycle, { ADMIN_TOKEN }) => createHandler(lifecycle, { adminToken: ADMIN_TOKEN }),
  },
);
