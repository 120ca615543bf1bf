/**
 * The database that all members share: SQLite, and a fence in it. It checks the token of each write in the write's own
 * transaction, and accepts none that is lower than one that it has accepted.
 *
 * @module
 */

import Database from 'libsql';

const TABLES = `
  CREATE TABLE IF NOT EXISTS fence (token INTEGER NOT NULL);
  INSERT INTO fence SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM fence);
  CREATE TABLE IF NOT EXISTS notes (
    name TEXT PRIMARY KEY, text TEXT NOT NULL, token INTEGER NOT NULL, writer TEXT NOT NULL
  );`;
const FENCE = 'UPDATE fence SET token = ?1 WHERE token <= ?1';
const WRITE = `INSERT INTO notes VALUES (?1, ?2, ?3, ?4)
  ON CONFLICT (name) DO UPDATE SET text = ?2, token = ?3, writer = ?4`;
/** Another process may be writing at this moment. */
const BUSY_MS = 5_000;

/** Notes by name. */
export class Notes {
  #database;
  #write;

  constructor(path) {
    this.#database = new Database(path);
    this.#database.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
    this.#database.exec('PRAGMA journal_mode = WAL');
    this.#database.exec('PRAGMA synchronous = FULL');
    this.#database.transaction(() => this.#database.exec(TABLES)).immediate();
    const fence = this.#database.prepare(FENCE);
    const write = this.#database.prepare(WRITE);
    this.#write = this.#database.transaction((token, name, text, writer) => {
      if (fence.run(token).changes === 0) return false;
      write.run(name, text, token, writer);
      return true;
    });
  }

  /** Returns false if somebody with a higher token has written before. */
  write(token, name, text, writer) {
    return this.#write.immediate(token, name, text, writer);
  }

  read(name) {
    const row = this.#database.prepare('SELECT * FROM notes WHERE name = ?').get(name);
    // The client adds what it measured.
    return row && { text: row.text, token: row.token, writer: row.writer };
  }

  checkpoint() {
    this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  }

  close() {
    this.#database.close();
  }
}
