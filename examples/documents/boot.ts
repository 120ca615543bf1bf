/**
 * The boot, from the files of a data folder to an open store: restore, replay, load, warm-up. Only what there is
 * to do is done and marked, so a stage that is not in the cold start did not happen.
 *
 * @module
 */

import type { Lifecycle } from 'tidegate';
import { progress, say } from './console.ts';
import { CORPUS, readCorpus } from './corpus.ts';
import type { Files } from './files.ts';
import { Store, type Told } from './store.ts';

/**
 * Boots. Each stage is the reason, while it runs, why the service is not ready.
 *
 * @throws what the file system or SQLite throws; a `LeavingError` once a shutdown was accepted: it waits
 * for the stage that runs, which ends at its next batch, and no other one begins
 */
export async function boot(lifecycle: Lifecycle, files: Files): Promise<Store> {
  if (files.needsRestore) {
    await lifecycle.stage('restore').run(() => files.restore());
    say('  There was no database: restored the backup');
  }
  const store = await open(lifecycle, files);
  // From here on the log is never empty before the shutdown: a crash shows at the next boot.
  store.beginRun();
  if (store.isNew) {
    const stage = lifecycle.stage('corpus_load');
    await stage.run(({ signal }) => store.load(readCorpus(CORPUS), told(signal, 'load')));
  }
  const stage = lifecycle.stage('index_warmup');
  await stage.run(({ signal }) => store.warmUp(told(signal, 'index_warmup')));
  return store;
}

/** Shows the progress, and ends the stage at the next batch once the process is leaving. */
function told(leaving: AbortSignal, label: string): Told {
  const show = progress(label);
  return (done, total) => {
    leaving.throwIfAborted();
    show(done, total);
  };
}

async function open(lifecycle: Lifecycle, files: Files): Promise<Store> {
  if (!files.needsReplay) return opened(files);
  const kilobytes = Math.ceil(files.logBytes / 1024);
  const store = await lifecycle.stage('wal_replay').run(() => opened(files));
  say(`  The last run ended without a shutdown: replayed ${kilobytes} KiB of write-ahead log`);
  return store;
}

/** Says what can be done about a database that SQLite cannot read. */
function opened(files: Files): Store {
  try {
    return new Store(files);
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    if (code !== 'SQLITE_NOTADB' && code !== 'SQLITE_CORRUPT') throw error;
    const cure = 'without it, the next boot restores the backup';
    throw new Error(`${files.database} is damaged; ${cure}`, { cause: error });
  }
}
