/**
 * A small durable document service, the same source on Node, Deno and Bun: it boots, answers its
 * probes, drains and stops.
 *
 * ```text
 * npm start                                  on Node
 * deno run -A examples/documents/main.ts
 * bun examples/documents/main.ts
 *
 * PORT                  8080       0 takes any free port
 * HOST                  127.0.0.1
 * DATA_DIR              data/      beside this file
 * TIDEGATE_ADMIN_TOKEN             without it, one is made for the run and shown once
 *
 * PUT    /documents/:id    {"title": "...", "text": "..."}: 201 new, 200 replaced
 * GET    /documents/:id    200, 404
 * DELETE /documents/:id    204, 404
 * GET    /search?q=        FTS5's query language; limit=1 … 50
 *        /health/* /metrics /admin/*    the lifecycle's own
 *
 * exit   0 clean   1 not clean, or the boot failed   2 it cannot use what it was told
 * ```
 *
 * @module
 */

import { join } from 'node:path';
import { Lifecycle, Phase, type PipelineStep } from 'tidegate';
import { createHandler } from 'tidegate/http';
import { boot } from './boot.ts';
import { type Config, readConfig } from './config.ts';
import {
  complain,
  outliveReaders,
  say,
  showAddress,
  showColdStart,
  showDrain,
  shown,
  showReport,
} from './console.ts';
import { createRoutes } from './routes.ts';
import { loadAdapter } from './runtime.ts';
import type { Store } from './store.ts';

/** Listens before it boots, so that probes can tell how the boot goes. */
async function main(config: Config): Promise<void> {
  const { serve, handleSignals } = await loadAdapter();
  const lifecycle = Lifecycle.create();
  let store: Store | undefined;
  const opened = (): Store | undefined => store;

  const health = createHandler(lifecycle, { adminToken: config.adminToken });
  const routes = createRoutes(lifecycle, () => required(store), complainOfRoutes);
  lifecycle.pipeline({ steps: steps(opened) });
  tellOfShutdown(lifecycle);
  const server = await serve({
    lifecycle,
    hostname: config.hostname,
    port: config.port,
    fetch: async (request) => (await health(request)) ?? routes(request),
  }).catch((error: unknown) => {
    complain(`Cannot listen on ${config.hostname}, port ${config.port}`, error);
    process.exit(2);
  });
  handleSignals(lifecycle, { servers: [server] });

  say('tidegate: documents');
  say(`  ${server.url} answers its probes; data is in ${config.dataFolder}`);
  try {
    store = await boot(lifecycle, config.dataFolder);
  } catch (error) {
    // The shutdown ends the process; what it was asked for does not fail because the boot stopped.
    if (lifecycle.shutdownRequested()) return;
    complain('Cannot boot', error);
    process.exit(1);
  }
  if (!lifecycle.markReady()) return;
  showColdStart(lifecycle.coldStartPhases(), store.count());
  showAddress(server.url, config.adminToken, config.isTokenNew);
}

/** A shutdown may come before the boot has opened anything: then there is nothing to keep. */
function steps(opened: () => Store | undefined): PipelineStep[] {
  const ifOpen = (work: (store: Store) => string): string => {
    const store = opened();
    return store === undefined ? 'nothing to do: the boot had not ended' : work(store);
  };
  return [
    { name: 'flush_wal', run: () => ifOpen((store) => `${store.flush()} pages of log`) },
    { name: 'final_checkpoint', run: () => ifOpen((store) => `${store.checkpoint()} left`) },
    { name: 'backup', run: () => ifOpen((store) => `${store.backup()} bytes`) },
  ].map(shown);
}

function tellOfShutdown(lifecycle: Lifecycle): void {
  lifecycle.onTransition(({ to }) => {
    if (to === Phase.Draining) showDrain(lifecycle.gate.inFlight().writes);
    const report = to === Phase.Stopped ? lifecycle.shutdownReport() : null;
    if (report !== null) showReport(report);
  });
}

function complainOfRoutes(error: unknown): void {
  complain('A request failed', error);
}

function required(store: Store | undefined): Store {
  if (store === undefined) throw new Error('The gate was open before the store was');
  return store;
}

function configured(): Config {
  try {
    return readConfig(process.env, join(import.meta.dirname, 'data'));
  } catch (error) {
    complain('Cannot start', error);
    process.exit(2);
  }
}

outliveReaders();
await main(configured());
