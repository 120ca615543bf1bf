/**
 * Hono on Cloudflare Workers: `withLifecycle()` is around the app, and a route finds the lifecycle among
 * its bindings.
 *
 * @module
 */

import { type ExecutionContext, Hono } from 'hono';
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
    // `ctx` is the platform's own, of which tidegate names only what it uses.
    fetch: (request, env, ctx, lifecycle) =>
      app.fetch(request, { ...env, lifecycle }, ctx as ExecutionContext),
  },
  {
    handler: (lifecycle, { ADMIN_TOKEN }) => createHandler(lifecycle, { adminToken: ADMIN_TOKEN }),
  },
);
