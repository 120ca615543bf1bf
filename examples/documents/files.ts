/**
 * The files of a data folder: which there are, who may use them, and how one takes the place of
 * another without a moment at which neither is there. What is in them is `store.ts`.
 *
 * ```text
 * DATA_DIR/documents.db         the database, with -wal and -shm beside it while it is open
 * DATA_DIR/backup/documents.db  the last backup, replaced as a whole
 * DATA_DIR/lock                 locked while a process uses the folder
 * ```
 *
 * @module
 */

import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'libsql';

/** Another process has the data folder. */
export class FolderInUseError extends Error {
  override readonly name = 'FolderInUseError';
}

/** Where the files of a data folder are. Nobody else uses it while this process lives. */
export class Files {
  readonly database: string;
  readonly backup: string;
  /** Kept, since the lock goes with the connection that holds it: at the process's end. */
  readonly lock: Database.Database;

  /**
   * Makes the folder if there is none, and locks it.
   *
   * @throws {FolderInUseError}; what the file system throws
   */
  constructor(folder: string) {
    this.database = join(folder, 'documents.db');
    this.backup = join(folder, 'backup', 'documents.db');
    mkdirSync(dirname(this.backup), { recursive: true });
    this.lock = lockOf(folder);
    // What a crash broke off.
    for (const file of [this.database, this.backup]) rmSync(partOf(file), { force: true });
  }

  /** There is no database, but a backup of it. */
  get needsRestore(): boolean {
    return !existsSync(this.database) && existsSync(this.backup);
  }

  /** A process that was killed left changes in the write-ahead log. */
  get needsReplay(): boolean {
    return this.logBytes > 0 && existsSync(this.database);
  }

  /** What is in the write-ahead log; a process that stopped by itself leaves it empty. */
  get logBytes(): number {
    return statSync(`${this.database}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** Copies the backup to where the database belongs; a crash in between leaves none there. */
  restore(): void {
    // The log of a database that is gone: replayed into the backup, it would damage it.
    for (const suffix of ['-wal', '-shm']) rmSync(`${this.database}${suffix}`, { force: true });
    copyFileSync(this.backup, partOf(this.database));
    replaceWith(partOf(this.database), this.database);
  }

  /** Has a copy written beside the old backup, and then puts it in its place. Returns its bytes. */
  replaceBackup(write: (file: string) => void): number {
    const part = partOf(this.backup);
    rmSync(part, { force: true });
    write(part);
    replaceWith(part, this.backup);
    return statSync(this.backup).size;
  }
}

/**
 * SQLite itself lets several processes in, but a second service would restore, checkpoint and back
 * up beside the first. A lock of the kernel, through SQLite, is gone with the process, however it
 * ended: a file with a process id would outlive a kill -9.
 */
function lockOf(folder: string): Database.Database {
  const database = new Database(join(folder, 'lock'));
  try {
    // Without a journal's file; it locks nothing to have one.
    database.pragma('journal_mode = MEMORY');
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY')) throw error;
    throw new FolderInUseError(`another process uses ${folder}`);
  }
  return database;
}

/** Where a file grows before it is whole. */
function partOf(file: string): string {
  return `${file}.part`;
}

/** On disk first, then under its name, then the name on disk: a crash shows the old or the new. */
function replaceWith(part: string, file: string): void {
  sync(part, 'r+');
  renameSync(part, file);
  // Windows can open no folder, and keeps names in its own journal.
  if (process.platform !== 'win32') sync(dirname(file), 'r');
}

/** Never the open database: closing any descriptor of a file drops SQLite's locks on it. */
function sync(path: string, flags: string): void {
  const descriptor = openSync(path, flags);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
