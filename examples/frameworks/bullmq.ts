/**
 * A queue worker: it takes no more jobs from the acceptance on, and the steps wait for those that
 * it has. The probes have a server of their own.
 *
 * @module
 */

import process from 'node:process';
import { Worker } from 'bullmq';
import { handleSignals, serve } from 'tidegate/node';
import { health, lifecycle, port, save, started } from './service.ts';

const worker = new Worker<string>('notes', ({ data }) => save(data), {
  connection: { host: '127.0.0.1', port: Number(process.env.REDIS_PORT ?? 6379) },
});
worker.on('error', (error) => console.error(error));
// Resolves when the jobs in progress have ended; no step at 'drained' (the flush) runs before.
lifecycle.step({ name: 'worker', at: 'accepted', run: () => worker.close() });

const server = await serve({ lifecycle, fetch: health, port });
handleSignals(lifecycle);
await worker.waitUntilReady();
started(server.url);
