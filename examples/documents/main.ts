/**
 * A small durable document service, the same source on Node, Deno and Bun: it boots, answers its
 * probes, drains and stops.
 *
 * ```text
 *               +--------------------------------------------+
 *   PORT -----> | main thread: the port, the database, the   |    one lifecycle, in memory that
 *               | writes, the steps of the shutdown          |    all of them share: each sees the
 *               +---+----------------+-----------------------+    phase at once and has its permits
 *            address|     ^ bytes    |                            on a line of its own
 *               +---v-----+---+   +--v----------+
 *               | reader 1    |   | reader N    |  WORKERS threads, a read-only connection each
 *               +-------------+   +-------------+
 *               +-------------+
 *   PROBE_PORT  | probes      |  answers while the main loop is blocked, and ends the process when
 *          ---> |             |  a shutdown is not over by its budget
 *               +-------------+
 * ```
 *
 * The readers are on Node, where a dead worker is told of; Deno and Bun serve all with one thread,
 * and the probes with another.
 *
 * ```text
 * npm start                                  on Node
 * deno run -A examples/documents/main.ts
 * bun examples/documents/main.ts
 *
 * PORT                  8080       0 takes any free port
 * PROBE_PORT            0
 * HOST                  127.0.0.1
 * WORKERS               the cores  reader threads, 0 … 64
 * DATA_DIR              data/      beside this file
 * SHUTDOWN_BUDGET_MS    25000
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

import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Lifecycle, type LifecycleError, Phase } from 'tidegate';
import { createHandler } from 'tidegate/http';
import { type Booted, boot } from './boot.ts';
import { type Config, readConfig } from './config.ts';
import {
  complain,
  outliveReaders,
  say,
  showAddress,
  showColdStart,
  showDrain,
  showReport,
  showThreads,
} from './console.ts';
import { createReads } from './reads.ts';
import { createRoutes } from './routes.ts';
import { loadAdapter } from './runtime.ts';

/** Listens before it boots, so that probes can tell how the boot goes. */
async function main(config: Config): Promise<void> {
  const adapter = await loadAdapter();
  const lifecycle = Lifecycle.create();
  let booted: Booted | undefined;

  const health = createHandler(lifecycle, { adminToken: config.adminToken });
  const here = createReads(lifecycle, () => required(booted).database.queries, complainOfRequest);
  const routes = createRoutes({
    lifecycle,
    store: () => required(booted).database,
    read: (address) => booted?.readers.read(address) ?? here(address),
    complain: complainOfRequest,
  });
  lifecycle.pipeline({ steps: [], budgetMs: config.budgetMs });
  tellOfShutdown(lifecycle);
  const { hostname, port, probePort } = config;
  const server = await adapter
    .serve({
      lifecycle,
      hostname,
      port,
      // The routes admit by themselves: a read takes its permit on the thread that does it.
      kindOf: () => null,
      fetch: async (request) => (await health(request)) ?? routes(request),
    })
    .catch((error: unknown) => cannotListen(hostname, port, error));
  const probes = await adapter
    .serveProbes({ lifecycle, hostname, port: probePort })
    .catch((error: unknown) => cannotListen(hostname, probePort, error));
  adapter.handleSignals(lifecycle, { servers: [server] });

  say('tidegate: documents');
  say(`  ${server.url} answers its probes; data is in ${config.dataFolder}`);
  const { watchWorker: watch } = adapter;
  const count = watch === undefined ? 0 : config.workers;
  try {
    booted = await boot(config.dataFolder, { lifecycle, count, watch, here, complain });
  } catch (error) {
    // A boot that was broken off by a shutdown has not failed.
    if ((error as LifecycleError).code === 'leaving') say('  the boot had not ended');
    else complain('Cannot boot', error);
    return;
  }
  const stages = count === 0 ? ['corpus_load'] : ['corpus_load', 'readers'];
  showColdStart(lifecycle.coldStartPhases(), stages, booted.database.queries.count());
  showThreads(count, probes.url);
  showAddress(server.url, config.adminToken, config.isTokenNew);
}

function tellOfShutdown(lifecycle: Lifecycle): void {
  lifecycle.onShutdown(({ type }) => {
    if (type === 'drained') say('\n  shutdown');
  });
  lifecycle.onTransition(({ to }) => {
    if (to === Phase.Draining) showDrain(lifecycle.gate.inFlight().writes);
    const report = to === Phase.Stopped ? lifecycle.shutdownReport() : null;
    if (report !== null) showReport(report);
  });
}

function complainOfRequest(error: unknown): void {
  complain('A request failed', error);
}

function cannotListen(hostname: string, port: number, error: unknown): never {
  complain(`Cannot listen on ${hostname}, port ${port}`, error);
  process.exit(2);
}

function required(booted: Booted | undefined): Booted {
  if (booted === undefined) throw new Error('The gate was open before the boot had ended');
  return booted;
}

function configured(): Config {
  try {
    return readConfig(process.env, {
      dataFolder: join(import.meta.dirname, 'data'),
      workers: availableParallelism(),
    });
  } catch (error) {
    complain('Cannot start', error);
    process.exit(2);
  }
}

outliveReaders();
await main(configured());
