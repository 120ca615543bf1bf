/**
 * What the service is made of, and in which order: a database that is restored, replayed, loaded and warmed up,
 * the readers over it, and at the end the flush, the checkpoint and the backup.
 *
 * A shutdown may come before the boot has ended. Then the steps do nothing: what was loaded is in the write-ahead
 * log, and the next boot goes on with it; the backup of a whole database is worth more than one of that.
 *
 * @module
 */

import type { Lifecycle } from 'tidegate';
import { compose } from 'tidegate/compose';
import { progress, say, shown } from './console.ts';
import { CORPUS, readCorpus } from './corpus.ts';
import { Files } from './files.ts';
import { Readers, type ReadersOptions } from './readers.ts';
import { Store } from './store.ts';

/** What it gives. */
export type Booted = Awaited<ReturnType<typeof boot>>;

/** Each part is the reason, while it starts, why the service is not ready. If one fails, all is stopped. */
export async function boot(dataFolder: string, options: Omit<ReadersOptions, 'database'>) {
  const { lifecycle } = options;
  const same = ({ database }: { database: Store }): Store => database;
  return compose(lifecycle, {
    files: { start: () => new Files(dataFolder) },
    database: {
      needs: ['files'],
      start: ({ files }: { files: Files }) => open(lifecycle, files),
    },
    corpus_load: {
      needs: ['database'],
      start: async ({ database, signal }) => {
        if (database.isNew) await database.load(readCorpus(CORPUS), progress('load', signal));
      },
    },
    index_warmup: {
      needs: ['database', 'corpus_load'],
      start: ({ database, signal }) => database.warmUp(progress('index_warmup', signal)),
    },
    readers: {
      needs: ['files', 'index_warmup'],
      start: ({ files }) => Readers.start({ ...options, database: files.database }),
    },
    backup: {
      needs: ['database', 'index_warmup'],
      start: same,
      stop: shown('backup', (store) => `${store.backup()} bytes`),
    },
    final_checkpoint: {
      needs: ['database', 'backup'],
      start: same,
      stop: shown('final_checkpoint', (store) => `${store.checkpoint()} left`),
    },
    flush_wal: {
      needs: ['database', 'final_checkpoint'],
      start: same,
      stop: shown('flush_wal', (store) => `${store.flush()} pages of log`),
    },
  });
}

/** Restores and replays if there is something to: stages that are in the cold start only then. */
function open(lifecycle: Lifecycle, files: Files): Store {
  if (files.needsRestore) {
    lifecycle.stage('restore').run(() => files.restore());
    say('  There was no database: restored the backup');
  }
  const { needsReplay, logBytes } = files;
  const store = needsReplay
    ? lifecycle.stage('wal_replay').run(() => opened(files))
    : opened(files);
  const kilobytes = `${Math.ceil(logBytes / 1024)} KiB of write-ahead log`;
  if (needsReplay) say(`  The last run ended without a shutdown: replayed ${kilobytes}`);
  // From here on the log is never empty before the shutdown: a crash shows at the next boot.
  store.beginRun();
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
