/**
 * Looks into the databases of the service from outside, and gets in its way there.
 *
 * @module
 */

import Database from 'libsql';

/** A row of the documents. */
export interface Row {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly updatedAtMs: number;
}

/** All documents of a database, by id. */
export function rowsOf(file: string): Row[] {
  const database = new Database(file);
  try {
    const columns = 'id, title, text, updated_at_ms AS updatedAtMs';
    return database.prepare(`SELECT ${columns} FROM documents ORDER BY id`).all() as Row[];
  } finally {
    database.close();
  }
}

/**
 * Reads what there is now, and goes on reading that until it is told to end, as a backup tool that
 * hangs would: no checkpoint of the log comes past it.
 */
export function keepReading(file: string): Disposable {
  const database = new Database(file);
  database.exec('BEGIN');
  database.prepare('SELECT count(*) FROM documents').get();
  return { [Symbol.dispose]: () => void database.close() };
}

/** Throws if the database or its full-text index is damaged, or they do not agree. */
export function checkDatabase(file: string): void {
  const database = new Database(file);
  try {
    const [{ integrity_check: found } = {}] = database.pragma('integrity_check') as {
      integrity_check: string;
    }[];
    if (found !== 'ok') throw new Error(found);
    // Rank 1 has it compared with the documents, and not only with itself.
    database.exec("INSERT INTO document_index(document_index, rank) VALUES ('integrity-check', 1)");
  } finally {
    database.close();
  }
}
