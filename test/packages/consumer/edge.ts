/**
 * A program that uses every export of `tidegate/workerd` and `tidegate/cloudflare`, without the
 * platform's types. To be compiled, not run.
 *
 * @module
 */

import {
  type DeploymentSource,
  Fleet,
  type FleetAnswer,
  FleetClient,
  type FleetClientOptions,
  type FleetHandler,
  type FleetNamespace,
  type FleetOptions,
  type FleetPhase,
  type FleetStub,
  LifecycleObject,
  type ObjectContext,
  type ObjectStorage,
  type ObjectStoreOptions,
  objectStore,
  type Store,
  type StoreEntry,
  StoreObject,
} from 'tidegate/cloudflare';
import { createHandler } from 'tidegate/http';
import {
  type EventContext,
  type FirstHandler,
  type Follower,
  type Guide,
  Lifecycle,
  type PlatformHandlers,
  type QueueBatch,
  type QueueMessage,
  type ScheduledController,
  type Worker,
  type WorkerContext,
  type WorkerHandlers,
  type WorkerOptions,
  withLifecycle,
} from 'tidegate/workerd';

interface Env {
  readonly ADMIN_TOKEN: string;
  readonly FLEET: FleetNamespace;
  readonly VERSION: { readonly id: string; readonly tag: string; readonly timestamp: string };
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

const at = ({ cron, scheduledTime }: ScheduledController): string => `${cron} ${scheduledTime}`;
const told = ({ id, attempts }: QueueMessage): string => `${id} ${attempts}`;

/** Takes a batch without the platform's types. */
export function queued(batch: QueueBatch): string[] {
  batch.messages[0]?.ack();
  batch.messages[1]?.retry({ delaySeconds: 5 });
  return batch.messages.map(told);
}

/** A worker of somebody else's handlers, whatever their types. */
export function around(handlers: PlatformHandlers): Worker<Env> {
  return withLifecycle<Env>(handlers, options);
}

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
    scheduled: async (controller, env, ctx: WorkerContext) => {
      ctx.passThroughOnException();
      controller.noRetry();
      return `${at(controller)} ${env.ADMIN_TOKEN}`;
    },
    email: () => {},
  };
  return withLifecycle<Env>(handlers, options);
}

const fleetOptions: FleetOptions<Env> = {
  namespace: (env) => env.FLEET,
  deployment: (env): DeploymentSource => env.VERSION,
  cacheAgeMs: 1_000,
  timeoutMs: 1_000,
  name: 'fleet',
  clock: Date.now,
};

/** Makes a worker that is one of a fleet. */
export function member(answer: Answer): Worker<Env> {
  const fleet = new Fleet(fleetOptions);
  const handler = (lifecycle: Lifecycle, env: Env): FirstHandler => {
    const asked: FleetHandler = fleet.handler(lifecycle, env, { adminToken: env.ADMIN_TOKEN });
    return asked;
  };
  return withLifecycle<Env>({ fetch: () => answer }, { fleet, handler });
}

/** Moves the fleet from code. */
export async function move(stub: FleetStub, options: FleetClientOptions): Promise<FleetPhase> {
  const client = new FleetClient({ idFromName: (name) => name, get: () => stub }, options);
  const { phase }: FleetAnswer = await client.drain('one');
  return phase === 'ready' ? (await client.shutdown()).phase : (await client.status()).phase;
}

/** A class of one's own around the object. */
export class Ours extends LifecycleObject {
  readonly storage: ObjectStorage;

  constructor(ctx: ObjectContext) {
    super(ctx);
    this.storage = ctx.storage;
  }
}

/** A store in an object of one's own. */
export class OurStore extends StoreObject {}

/** Reads from a store in an object. */
export function stored(
  namespace: FleetNamespace,
  signal: Parameters<Store['read']>[1],
): Promise<StoreEntry> {
  const options: ObjectStoreOptions = { name: 'leases', pollMs: 100 };
  const store: Store = objectStore(namespace, options);
  return store.read('key', signal);
}
