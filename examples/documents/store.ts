/**
 * The database and its one writer: SQLite in WAL mode, every commit on disk before it is
 * acknowledged, with a full-text index. It knows nothing of HTTP, nor of the lifecycle; what can be
 * asked without writing is `queries.ts`.
 *
 * @module
 */

import Database from 'libsql';
import type { Files } from './files.ts';
import { type Content, Queries } from './queries.ts';

/** How far the first boot came, kept in the database (`PRAGMA user_version`). */
const LOADED = 1;
const INDEXED = 2;

/** Documents, or blocks of the index, between two turns of the event loop, for the probes. */
const BATCH = 100;

const TABLES = `
CREATE TABLE IF NOT EXISTS documents (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL,
  text TEXT NOT NULL,
  updated_at_ms INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS runs (
  number INTEGER PRIMARY KEY,
  began_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER
)`;

/** The index has no texts of its own; `number` is fixed, since VACUUM may renumber a rowid. */
const INDEX = `
DROP TABLE IF EXISTS document_index;
CREATE VIRTUAL TABLE document_index USING fts5(
  title, text, content='documents', content_rowid='number', tokenize='porter unicode61'
)`;

const INDEX_SOME = `INSERT INTO document_index(rowid, title, text)
  SELECT number, title, text FROM documents WHERE number > ? AND number <= ?`;

const REMOVE = `INSERT INTO document_index(document_index, rowid, title, text)
  VALUES ('delete', old.number, old.title, old.text);`;
const ADD = `INSERT INTO document_index(rowid, title, text)
  VALUES (new.number, new.title, new.text);`;
const TRIGGERS = `
CREATE TRIGGER document_added AFTER INSERT ON documents BEGIN ${ADD} END;
CREATE TRIGGER document_removed AFTER DELETE ON documents BEGIN ${REMOVE} END;
CREATE TRIGGER document_changed AFTER UPDATE ON documents BEGIN ${REMOVE} ${ADD} END;
PRAGMA user_version = ${INDEXED}`;

/** Called as a long part goes on. */
export type Told = (done: number, total: number) => void;

/** The open database. Calls are synchronous, and durable when they return. */
export class Store {
  /** What this connection can be asked. */
  readonly queries: Queries;
  readonly #files: Files;
  readonly #database: Database.Database;

  /** Opens it; the first read, which is in here, makes SQLite replay the write-ahead log. */
  constructor(files: Files) {
    this.#files = files;
    this.#database = new Database(files.database);
    this.#database.pragma('busy_timeout = 5000');
    this.#database.pragma('journal_mode = WAL');
    // NORMAL would lose the last commits when the machine, not only the process, stops.
    this.#database.pragma('synchronous = FULL');
    this.#database.exec(TABLES);
    this.queries = new Queries(this.#database);
  }

  /** True until the first documents were loaded. */
  get isNew(): boolean {
    return this.#progress() < LOADED;
  }

  /** Notes that a run begins. */
  beginRun(): void {
    this.#database.prepare('INSERT INTO runs (began_at_ms) VALUES (?)').run(Date.now());
    this.#database.exec('DELETE FROM runs WHERE number <= (SELECT max(number) FROM runs) - 100');
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

  /** Makes the full-text index if there is none, else reads it, so that searches find it warm. */
  async warmUp(told: Told): Promise<void> {
    if (this.#progress() < INDEXED) await this.#makeIndex(told);
    else await this.#readIndex(told);
  }

  /** Writes a document; true if it is a new one. */
  put(id: string, { title, text }: Content): boolean {
    let isNew = false;
    this.#atomically(() => {
      isNew = this.queries.get(id) === undefined;
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

  /** Notes the end of the run, and brings what was committed into the database. The log's pages. */
  flush(): number {
    this.#database
      .prepare('UPDATE runs SET ended_at_ms = ? WHERE number = (SELECT max(number) FROM runs)')
      .run(Date.now());
    return this.#checkpoint('FULL');
  }

  /** Empties the log: what comes after it finds everything in one file. Returns its pages. */
  checkpoint(): number {
    return this.#checkpoint('TRUNCATE');
  }

  /** Writes a copy without gaps in the place of the last backup. Returns its bytes. */
  backup(): number {
    return this.#files.replaceBackup((file) => {
      this.#database.prepare('VACUUM INTO ?').run(file);
    });
  }

  /**
   * Documents first, triggers last: broken off in between, it begins again, and no write comes in
   * before it has ended.
   */
  async #makeIndex(told: Told): Promise<void> {
    const total = this.queries.count();
    const limits = this.#database.prepare(
      `SELECT max(number) AS last, count(*) AS count
       FROM (SELECT number FROM documents WHERE number > ? ORDER BY number LIMIT ${BATCH})`,
    );
    this.#database.exec(INDEX);
    const insert = this.#database.prepare(INDEX_SOME);
    let reached = 0;
    for (let done = 0; done < total; ) {
      const { last, count } = limits.get(reached) as { last: number; count: number };
      this.#atomically(() => insert.run(reached, last));
      reached = last;
      done += count;
      told(done, total);
      await turn();
    }
    this.#atomically(() => this.#database.exec(TRIGGERS));
  }

  /** A block of the index is a page of the database: read once, it is in SQLite's cache. */
  async #readIndex(told: Told): Promise<void> {
    const total = this.#number('SELECT count(*) AS value FROM document_index_data');
    const read = this.#database.prepare(
      `SELECT max(id) AS last, count(*) AS count, sum(length(block))
       FROM (SELECT id, block FROM document_index_data WHERE id > ? ORDER BY id LIMIT ${BATCH})`,
    );
    let reached = 0;
    for (let done = 0; done < total; ) {
      const { last, count } = read.get(reached) as { last: number; count: number };
      reached = last;
      done += count;
      told(done, total);
      await turn();
    }
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
    return this.#number('SELECT user_version AS value FROM pragma_user_version');
  }

  #number(statement: string): number {
    const row = this.#database.prepare(statement).get() as { readonly value: number | bigint };
    return Number(row.value);
  }

  #atomically(work: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#database.exec('COMMIT');
    } catch (error) {
      // A full disk may have rolled it back already.
      if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
