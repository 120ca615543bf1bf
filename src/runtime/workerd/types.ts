/**
 * The shapes of a module worker, as far as they matter here. They are structural: nobody needs the
 * platform's types, and their values can be passed. Types only; nothing runs.
 *
 * @module
 */

import type { PermitKind } from '../../lifecycle/gate.ts';
import type { Lifecycle } from '../../lifecycle/lifecycle.ts';
import type { WebRequest, WebResponse } from '../../lifecycle/platform.ts';

/** What the runtime passes with an event: the part of `ExecutionContext` that is used here. */
export interface EventContext {
  /** Keeps the isolate running for an event that has been answered, or whose client is gone. */
  waitUntil(promise: Promise<unknown>): void;
}

/** The same as a handler gets it, so that it can be passed on to a framework: what the platform passes. */
export interface WorkerContext extends EventContext {
  passThroughOnException(): void;
  readonly props: unknown;
}

/** What a cron trigger passes. */
export interface ScheduledController {
  /** Milliseconds since the Unix epoch. */
  readonly scheduledTime: number;
  /** The pattern that has matched. */
  readonly cron: string;
  /** A failure of this event is final. */
  noRetry(): void;
}

/** A message of a queue. */
export interface QueueMessage {
  readonly id: string;
  readonly timestamp: Date;
  readonly body: unknown;
  /** Deliveries so far, this one included. */
  readonly attempts: number;
  ack(): void;
  retry(options?: { readonly delaySeconds?: number }): void;
}

/** What a queue passes. */
export interface QueueBatch {
  readonly queue: string;
  readonly messages: readonly QueueMessage[];
  ackAll(): void;
  retryAll(options?: { readonly delaySeconds?: number }): void;
}

/**
 * Handlers that were made for the platform's own types: `{ fetch: app.fetch }` of a framework, or an
 * `ExportedHandler`. What they are passed is what the platform passes.
 */
export interface PlatformHandlers {
  readonly fetch?:
    | ((
        request: never,
        env: never,
        ctx: never,
        lifecycle: never,
      ) => WebResponse | Promise<WebResponse>)
    | undefined;
  readonly scheduled?: PlatformHandler | undefined;
  readonly queue?: PlatformHandler | undefined;
}

/** Any function: nobody but the platform calls it. */
type PlatformHandler = (event: never, env: never, ctx: never, lifecycle: never) => unknown;

/**
 * The handlers of a module worker. Each may take the lifecycle after what the platform passes. What
 * is not named here is passed through untouched.
 */
export interface WorkerHandlers<Env = unknown> {
  fetch?(
    request: WebRequest,
    env: Env,
    ctx: WorkerContext,
    lifecycle: Lifecycle,
  ): WebResponse | Promise<WebResponse>;
  scheduled?(
    controller: ScheduledController,
    env: Env,
    ctx: WorkerContext,
    lifecycle: Lifecycle,
  ): unknown;
  queue?(batch: QueueBatch, env: Env, ctx: WorkerContext, lifecycle: Lifecycle): unknown;
  readonly [name: string]: unknown;
}

/** A module worker: what its default export is. */
export interface Worker<Env = unknown> {
  fetch?(request: WebRequest, env: Env, ctx: EventContext): Promise<WebResponse>;
  scheduled?(controller: unknown, env: Env, ctx: EventContext): Promise<void>;
  queue?(batch: unknown, env: Env, ctx: EventContext): Promise<void>;
  readonly [name: string]: unknown;
}

/** Keeps isolates in step with each other: see `Fleet` in `tidegate/cloudflare`. */
export interface Guide<Env = unknown> {
  /** Called once in each isolate, at its first event. */
  follow(lifecycle: Lifecycle, env: Env): Follower;
}

/** One isolate's part in that. */
export interface Follower {
  /** Before an event is admitted. Waits only if what is known is too old to admit it by. */
  before(kind: PermitKind, ctx: EventContext): void | Promise<void>;
  /** While an event is under way, which may be long. Returns the end of it. */
  during(ctx: EventContext): () => void;
}

/** What is asked before the application; `undefined` means: not mine. */
export type FirstHandler = (
  request: WebRequest,
  ctx: EventContext,
) => Promise<WebResponse | undefined>;

/** Options of `withLifecycle`. */
export interface WorkerOptions<Env = unknown> {
  /** The isolate's lifecycle, if the application made it; by default one is made at the first event. */
  readonly lifecycle?: Lifecycle | undefined;
  /**
   * What must be done before this isolate admits anything. It is marked Ready afterwards. If it
   * throws, so does the event that began it, and the next one tries again.
   */
  readonly boot?: ((env: Env, lifecycle: Lifecycle) => unknown) | undefined;
  /** Milliseconds for which an event waits for the boot before it is refused; default 10 000. */
  readonly bootTimeoutMs?: number | undefined;
  /**
   * Makes what is asked before the application, and before the gate, as `createHandler` of
   * `tidegate/http` does.
   */
  readonly handler?: ((lifecycle: Lifecycle, env: Env) => FirstHandler) | undefined;
  /**
   * What a request is; `null` passes the gate by. By default GET, HEAD, OPTIONS and TRACE are
   * queries, and all others writes.
   */
  readonly kindOf?: ((request: WebRequest, env: Env) => PermitKind | null) | undefined;
  /** Who else is to be in step with this isolate; by default nobody. */
  readonly fleet?: Guide<Env> | undefined;
}
