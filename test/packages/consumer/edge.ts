/**
 * A program that uses every export of `tidegate/workerd`, without the platform's types. To be
 * compiled, not run.
 *
 * @module
 */

import { createHandler } from 'tidegate/http';
import {
  type EventContext,
  type Follower,
  type Guide,
  Lifecycle,
  type Worker,
  type WorkerHandlers,
  type WorkerOptions,
  withLifecycle,
} from 'tidegate/workerd';

interface Env {
  readonly ADMIN_TOKEN: string;
}

type Answer = Awaited<ReturnType<NonNullable<Worker['fetch']>>>;

/** What a project with the platform's types has in place of ours. */
interface PlatformContext extends EventContext {
  passThroughOnException(): void;
}

const follower: Follower = { before: () => {}, during: () => () => {} };
const guide: Guide<Env> = { follow: () => follower };

const options: WorkerOptions<Env> = {
  lifecycle: Lifecycle.create(),
  boot: (env, lifecycle) => lifecycle.setStartingReason(env.ADMIN_TOKEN),
  bootTimeoutMs: 5_000,
  handler: (lifecycle, env) => createHandler(lifecycle, { adminToken: env.ADMIN_TOKEN }),
  kindOf: ({ method }, _env) => (method === 'GET' ? 'query' : null),
  fleet: guide,
};

/** Makes a worker around one answer. */
export function worker(answer: Answer): Worker<Env> {
  const handlers: WorkerHandlers<Env> = {
    fetch: (_request, _env, ctx: PlatformContext, lifecycle) => {
      ctx.passThroughOnException();
      ctx.waitUntil(lifecycle.waitFor(1));
      return answer;
    },
    queue(batch: { readonly messages: readonly unknown[] }) {
      return batch.messages.length;
    },
    scheduled: async (_controller, env) => env.ADMIN_TOKEN,
    email: () => {},
  };
  return withLifecycle<Env>(handlers, options);
}
