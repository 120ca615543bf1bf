/**
 * The documents: SQLite in WAL mode, every commit on disk before it is acknowledged, with a
 * full-text index. It knows nothing of HTTP, nor of the lifecycle.
 *
 * ```text
 * DATA_DIR/documents.db         the database, with -wal and -shm beside it while it is open
 * DATA_DIR/backup/documents.db  the last backup, replaced as a whole
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

/** What a document says. */
export interface Content {
  readonly title: string;
  readonly text: string;
}

/** A document as it is kept. */
export interface Document extends Content {
  readonly id: string;
  /** Wall-clock milliseconds of its last change. */
  readonly updatedAtMs: number;
}

/** A document that a search found. */
export interface Hit {
  readonly id: string;
  readonly title: string;
  /** Where it matches, the matches in square brackets. */
  readonly snippet: string;
}

/** How far the first boot came, kept in the database (`PRAGMA user_version`). */
const LOADED = 1;
const INDEXED = 2;

/** Documents between two turns of the event loop: probes are answered while it loads. */
const BATCH = 100;

const TABLE = `CREATE TABLE IF NOT EXISTS documents (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL,
  text TEXT NOT NULL,
  updated_at_ms INTEGER NOT NULL
)`;

/** The index has no texts of its own; `number` is fixed, since VACUUM may renumber a rowid. */
const INDEX = `CREATE VIRTUAL TABLE document_index USING fts5(
  title, text, content='documents', content_rowid='number'
)`;

const REMOVE = `INSERT INTO document_index(document_index, rowid, title, text)
  VALUES ('delete', old.number, old.title, old.text);`;
const ADD = `INSERT INTO document_index(rowid, title, text)
  VALUES (new.number, new.title, new.text);`;
const TRIGGERS = [
  `CREATE TRIGGER document_added AFTER INSERT ON documents BEGIN ${ADD} END`,
  `CREATE TRIGGER document_removed AFTER DELETE ON documents BEGIN ${REMOVE} END`,
  `CREATE TRIGGER document_changed AFTER UPDATE ON documents BEGIN ${REMOVE} ${ADD} END`,
];

/** Called as a long part goes on. */
export type Told = (done: number, total: number) => void;

/** Where the files of a data folder are. */
export class Files {
  readonly database: string;
  readonly backup: string;

  constructor(folder: string) {
    this.database = join(folder, 'documents.db');
    this.backup = join(folder, 'backup', 'documents.db');
    mkdirSync(dirname(this.backup), { recursive: true });
    // A backup that a crash broke off.
    rmSync(partOf(this.backup), { force: true });
  }

  /** There is no database, but a backup of it. */
  get needsRestore(): boolean {
    return !existsSync(this.database) && existsSync(this.backup);
  }

  /** A process that was killed left changes in the write-ahead log. */
  get needsReplay(): boolean {
    const log = `${this.database}-wal`;
    return existsSync(this.database) && existsSync(log) && statSync(log).size > 0;
  }

  /** Copies the backup to where the database belongs; a crash in between leaves none there. */
  restore(): void {
    // The log of a database that is gone: it does not belong to the backup.
    for (const suffix of ['-wal', '-shm']) rmSync(`${this.database}${suffix}`, { force: true });
    copyFileSync(this.backup, partOf(this.database));
    replaceWith(partOf(this.database), this.database);
  }
}

/** The open database. Calls are synchronous, and durable when they return. */
export class Store {
  readonly #files: Files;
  readonly #database: Database.Database;

  /** Opens it; SQLite replays what is in the write-ahead log at the first read. */
  constructor(files: Files) {
    this.#files = files;
    this.#database = new Database(files.database);
    this.#database.pragma('busy_timeout = 5000');
    this.#database.pragma('journal_mode = WAL');
    // NORMAL would lose the last commits when the machine, not only the process, stops.
    this.#database.pragma('synchronous = FULL');
    this.#database.exec(TABLE);
  }

  /** How many documents there are. */
  count(): number {
    return number(this.#database.prepare('SELECT count(*) AS value FROM documents').get());
  }

  /** True until the first documents were loaded. */
  get isNew(): boolean {
    return this.#progress() < LOADED;
  }

  /** Loads the first documents. Broken off, it begins again and keeps what is there. */
  async load(documents: readonly (Content & { readonly id: string })[], told: Told): Promise<void> {
    const insert = this.#database.prepare(
      'INSERT OR IGNORE INTO documents (id, title, text, updated_at_ms) VALUES (?, ?, ?, ?)',
    );
    const now = Date.now();
    for (let from = 0; from < documents.length; from += BATCH) {
      const batch = documents.slice(from, from + BATCH);
      this.#atomically(() => {
        for (const { id, title, text } of batch) insert.run(id, title, text, now);
      });
      told(from + batch.length, documents.length);
      await turn();
    }
    this.#database.pragma(`user_version = ${LOADED}`);
  }

  /** Makes the full-text index if there is none, and reads it once, so that searches find it warm. */
  async warmUp(told: Told): Promise<void> {
    if (this.#progress() < INDEXED) this.#makeIndex();
    const numbers = this.#database.prepare(
      'SELECT rowid AS value FROM document_index WHERE rowid > ? ORDER BY rowid LIMIT ?',
    );
    const total = this.count();
    let last = 0;
    for (let done = 0; done < total; ) {
      const rows = numbers.all(last, BATCH);
      if (rows.length === 0) break;
      done += rows.length;
      last = number(rows.at(-1));
      told(done, total);
      await turn();
    }
    this.search('warm up', 1);
  }

  /** One document. */
  get(id: string): Document | undefined {
    const row = this.#database
      .prepare('SELECT id, title, text, updated_at_ms AS updatedAtMs FROM documents WHERE id = ?')
      .get(id);
    // The columns are those of Document, by their names in the statement.
    return row as Document | undefined;
  }

  /** Writes a document; true if it is a new one. */
  put(id: string, { title, text }: Content): boolean {
    let isNew = false;
    this.#atomically(() => {
      isNew = this.get(id) === undefined;
      this.#database
        .prepare(
          `INSERT INTO documents (id, title, text, updated_at_ms) VALUES (?, ?, ?, ?)
           ON CONFLICT (id) DO UPDATE SET
             title = excluded.title, text = excluded.text, updated_at_ms = excluded.updated_at_ms`,
        )
        .run(id, title, text, Date.now());
    });
    return isNew;
  }

  /** Removes a document; false if there is none. */
  delete(id: string): boolean {
    return this.#database.prepare('DELETE FROM documents WHERE id = ?').run(id).changes > 0;
  }

  /** The documents that have all of these words, best first. Every word is taken literally. */
  search(words: string, limit: number): Hit[] {
    const match = words
      .split(/\s+/)
      .filter((word) => word !== '')
      .map((word) => `"${word.replaceAll('"', '""')}"`)
      .join(' ');
    const rows = this.#database
      .prepare(
        `SELECT id, documents.title AS title, snippet(document_index, -1, '[', ']', '…', 16) AS snippet
         FROM document_index JOIN documents ON number = document_index.rowid
         WHERE document_index MATCH ? ORDER BY rank LIMIT ?`,
      )
      .all(match, limit);
    return rows as Hit[];
  }

  /** Brings everything that was committed from the log into the database. Returns the pages. */
  flush(): number {
    return this.#checkpoint('FULL');
  }

  /** The same, and empties the log. */
  checkpoint(): number {
    return this.#checkpoint('TRUNCATE');
  }

  /** Writes a copy, without gaps, beside the old backup, and then puts it in its place. Bytes. */
  backup(): number {
    const part = partOf(this.#files.backup);
    rmSync(part, { force: true });
    this.#database.prepare('VACUUM INTO ?').run(part);
    replaceWith(part, this.#files.backup);
    return statSync(this.#files.backup).size;
  }

  close(): void {
    this.#database.close();
  }

  /** All or nothing: an index without its triggers would be forgotten by later writes. */
  #makeIndex(): void {
    this.#atomically(() => {
      this.#database.exec(INDEX);
      this.#database.exec("INSERT INTO document_index(document_index) VALUES ('rebuild')");
      for (const trigger of TRIGGERS) this.#database.exec(trigger);
      this.#database.pragma(`user_version = ${INDEXED}`);
    });
  }

  #checkpoint(mode: 'FULL' | 'TRUNCATE'): number {
    const row = this.#database.prepare(`PRAGMA wal_checkpoint(${mode})`).get() as {
      readonly busy: number;
      readonly log: number;
    };
    if (row.busy !== 0) throw new Error('Cannot checkpoint: somebody else reads the database');
    return Math.max(0, row.log);
  }

  #progress(): number {
    return number(
      this.#database.prepare('SELECT user_version AS value FROM pragma_user_version').get(),
    );
  }

  #atomically(work: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#database.exec('ROLLBACK');
      throw error;
    }
  }
}

/** Where a file grows before it is whole. */
function partOf(file: string): string {
  return `${file}.part`;
}

/** On disk first, then under its name, then the name on disk: a crash shows the old or the new. */
function replaceWith(part: string, file: string): void {
  sync(part);
  renameSync(part, file);
  sync(dirname(file));
}

function sync(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function number(row: unknown): number {
  return Number((row as { readonly value: number | bigint }).value);
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
