/**
 * What can be asked of the database: a document, and a search. It changes nothing, so every thread
 * may have one of its own: in WAL mode readers block neither each other nor the writer.
 *
 * @module
 */

import { pathToFileURL } from 'node:url';
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

/** A query that is not FTS5's language; the message says where. */
export class QueryError extends Error {
  override readonly name = 'QueryError';
}

/** One row each, see `Queries`. Of a search, the rows inside come as the inner statement has them. */
const SQL = {
  get: 'SELECT id, title, text, updated_at_ms AS updatedAtMs FROM documents WHERE id = ?',
  search: `
SELECT json_group_array(json_object('id', id, 'title', title, 'snippet', snippet)) AS hits FROM (
  SELECT id, documents.title AS title, snippet(document_index, -1, '[', ']', '…', 16) AS snippet
    FROM document_index JOIN documents ON number = document_index.rowid
    WHERE document_index MATCH ? ORDER BY bm25(document_index, 4.0, 1.0) LIMIT ?)`,
} as const;

/** Opens a database that exists, so that no statement can change it. */
export function openReadOnly(file: string): Database.Database {
  const database = new Database(`${pathToFileURL(file).href}?mode=ro`);
  database.pragma('busy_timeout = 5000');
  return database;
}

/**
 * The queries of one connection. Each sees what was committed when it began.
 *
 * Statements are prepared once, and give one row: libsql 0.5 wraps a statement and a list of rows in
 * native objects, and a thread that is ended while it makes one takes the whole process with it
 * (neon's `external.rs` panics). `get()` makes none, so a reader can be ended in any query.
 */
export class Queries {
  readonly #database: Database.Database;
  readonly #statements: Partial<Record<keyof typeof SQL, Database.Statement>> = {};

  constructor(database: Database.Database) {
    this.#database = database;
  }

  /** Prepares the statements; else the first of each kind does. The tables must be there. */
  prepare(): void {
    this.#statement('get');
    this.#statement('search');
  }

  /** How many documents there are. */
  count(): number {
    const row = this.#database.prepare('SELECT count(*) AS value FROM documents').get();
    return Number((row as { readonly value: number | bigint }).value);
  }

  /** One document. */
  get(id: string): Document | undefined {
    // The columns are those of Document, by their names in the statement.
    return this.#row('get', id) as Document | undefined;
  }

  /**
   * The documents that match a query in FTS5's language, best first; a match in the title counts
   * more.
   *
   * @throws {QueryError}
   */
  search(query: string, limit: number): Hit[] {
    try {
      const { hits } = this.#row('search', query, limit) as { readonly hits: string };
      // The keys are those of Hit, by their names in the statement.
      return JSON.parse(hits) as Hit[];
    } catch (error) {
      // The statement is known to be good: an error of SQL, not of the disk, is the query's.
      const { code, message } = error as { readonly code?: unknown; readonly message: string };
      throw code === 'SQLITE_ERROR' ? new QueryError(message) : error;
    }
  }

  /**
   * libsql resets a statement after a row, but not after an error: it would give that error to every
   * query from then on. So one that failed is dropped, and the next query prepares another.
   */
  #row(name: keyof typeof SQL, ...parameters: unknown[]): unknown {
    try {
      return this.#statement(name).get(...parameters);
    } catch (error) {
      delete this.#statements[name];
      throw error;
    }
  }

  #statement(name: keyof typeof SQL): Database.Statement {
    this.#statements[name] ??= this.#database.prepare(SQL[name]);
    return this.#statements[name];
  }
}
