/**
 * Cloudflare Workers and whatever else runs workerd: `tidegate/workerd`.
 *
 * @module
 */

export { Lifecycle } from './lifecycle/with-imported.ts';
export type {
  EventContext,
  FirstHandler,
  Follower,
  Guide,
  Worker,
  WorkerBatch,
  WorkerContext,
  WorkerHandlers,
  WorkerMessage,
  WorkerOptions,
  WorkerSchedule,
} from './runtime/workerd/types.ts';
export { withLifecycle } from './runtime/workerd.ts';
