/**
 * Cloudflare Workers and whatever else runs workerd: `tidegate/workerd`.
 *
 * @module
 */

export { Lifecycle } from './lifecycle/for-edge.ts';
export type {
  EventContext,
  FirstHandler,
  Follower,
  Guide,
  PlatformHandlers,
  QueueBatch,
  QueueMessage,
  ScheduledController,
  Worker,
  WorkerContext,
  WorkerHandlers,
  WorkerOptions,
} from './runtime/workerd/types.ts';
export { withLifecycle } from './runtime/workerd.ts';
