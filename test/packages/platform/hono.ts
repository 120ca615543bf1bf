/**
 * A Worker of Hono with Cloudflare's own types, in strict mode. To be compiled, not run.
 *
 * @module
 */

import { Hono } from 'hono';
import type { Lifecycle } from 'tidegate';
import { createHandler } from 'tidegate/http';
import { withLifecycle } from 'tidegate/workerd';

interface Env {
  readonly ADMIN_TOKEN: string;
  readonly LIFECYCLE: Lifecycle;
}

const app = new Hono<{ Bindings: Env }>();
app.get('/', (context) => context.text(String(context.env.LIFECYCLE.phase())));

/** The framework's handler as it is. */
export const plain = withLifecycle({ fetch: app.fetch });

/** With a lifecycle for its routes. */
export const bound = withLifecycle<Env>(
  {
    fetch: (request, env, ctx, lifecycle) =>
      app.fetch(request, { ...env, LIFECYCLE: lifecycle }, ctx as ExecutionContext),
  },
  { handler: (lifecycle, env) => createHandler(lifecycle, { adminToken: env.ADMIN_TOKEN }) },
);

/** Events are typed without a word. */
export const events = withLifecycle<Env>({
  scheduled(controller) {
    if (controller.cron === '* * * * *') controller.noRetry();
  },
  queue(batch) {
    batch.messages[0]?.ack();
    batch.retryAll({ delaySeconds: 5 });
  },
});

const handlers: ExportedHandler<Env> = {
  fetch: app.fetch,
  async scheduled(controller, env, ctx) {
    ctx.waitUntil(Promise.resolve(env.ADMIN_TOKEN));
    controller.noRetry();
  },
};

export default withLifecycle<Env>(handlers) satisfies ExportedHandler<Env>;
