/**
 * A small durable document service, the same source on Node, Deno and Bun: it boots, answers its
 * probes, drains and stops. `npm start` runs it on Node; `deno run -A examples/documents/main.ts`
 * and `bun examples/documents/main.ts` need no build step of their own.
 *
 * @module
 */

import { join } from 'node:path';
import { Lifecycle, Phase } from 'tidegate';
import { createHandler } from 'tidegate/http';
import { ConfigError, readConfig } from './config.ts';
import { progress, say, showAddress, showColdStart, shown, showReport } from './console.ts';
import { readCorpus } from './corpus.ts';
import { createRoutes } from './routes.ts';
import { loadAdapter } from './runtime.ts';
import { Files, Store } from './store.ts';

/**
 * Boots the service and serves until it is told to stop.
 *
 * @param folder where this example is; its data goes there unless `DATA_DIR` says otherwise
 */
export async function main(folder: string): Promise<void> {
  const config = readConfig(process.env, join(folder, 'data'));
  const { serve, handleSignals } = await loadAdapter();
  const lifecycle = Lifecycle.create();
  let store: Store | undefined;

  const health = createHandler(lifecycle, { adminToken: config.adminToken });
  const routes = createRoutes(lifecycle, () => {
    if (store === undefined) throw new Error('The gate was open before the store was');
    return store;
  });
  // Before the boot, so that probes can tell how it goes.
  const server = await serve({
    lifecycle,
    hostname: config.hostname,
    port: config.port,
    fetch: async (request) => (await health(request)) ?? routes(request),
  });
  handleSignals(lifecycle, { servers: [server] });

  lifecycle.pipeline({
    steps: [
      { name: 'flush_wal', run: () => store && `${store.flush()} pages` },
      { name: 'final_checkpoint', run: () => store && `${store.checkpoint()} pages` },
      { name: 'backup', run: () => store && `${store.backup()} bytes` },
      { name: 'close', run: () => store?.close() },
    ].map(shown),
  });
  tellOfShutdown(lifecycle);

  say('tidegate: documents');
  store = await boot(lifecycle, config.dataFolder, join(folder, 'corpus', 'jargon-file.jsonl.gz'));
  if (!lifecycle.markReady()) return;
  showColdStart(lifecycle.coldStartPhases());
  say(`    ${store.count()} documents`);
  showAddress(server.url, config.adminToken, config.isTokenNew);
}

/** Only what there is to do is done, and marked: a stage that is not there did not happen. */
async function boot(lifecycle: Lifecycle, dataFolder: string, corpus: string): Promise<Store> {
  const files = new Files(dataFolder);
  if (files.needsRestore) {
    lifecycle.stage('restore').run(() => files.restore());
    say('  restored the backup');
  }
  let store: Store;
  if (files.needsReplay) {
    store = lifecycle.stage('wal_replay').run(() => opened(files));
    say('  replayed the write-ahead log');
  } else {
    store = opened(files);
  }
  if (store.isNew) {
    const bar = progress('load');
    await lifecycle.stage('corpus_load').run(() => store.load(readCorpus(corpus), bar.update));
  }
  const bar = progress('index_warmup');
  await lifecycle.stage('index_warmup').run(() => store.warmUp(bar.update));
  return store;
}

/** The first read is what makes SQLite replay the log. */
function opened(files: Files): Store {
  const store = new Store(files);
  store.count();
  return store;
}

function tellOfShutdown(lifecycle: Lifecycle): void {
  lifecycle.onTransition(({ to }) => {
    const report = to === Phase.Stopped ? lifecycle.shutdownReport() : null;
    if (report !== null) showReport(report);
  });
}

try {
  await main(import.meta.dirname);
} catch (error) {
  const { code } = error as { readonly code?: unknown };
  if (error instanceof ConfigError || code === 'EADDRINUSE' || code === 'EACCES') {
    say(`Cannot start: ${(error as Error).message}`);
    process.exit(2);
  }
  throw error;
}
