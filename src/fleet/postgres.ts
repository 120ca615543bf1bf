/**
 * A store in PostgreSQL: a row for each key, which is updated if it still has the value that was read.
 *
 * A row, and not an advisory lock: that one belongs to a connection, so it is lost with it at a moment
 * that nobody knows of, it carries no token, and behind a pooler it belongs to somebody else.
 *
 * @module
 */

import { isObject, must } from '../lifecycle/check.ts';
import { LifecycleError, type LifecycleErrorCode } from '../lifecycle/errors.ts';
import { attempt, checkStore, type StoreOptions } from './options.ts';
import type { Store } from './store.ts';

/** The part of a pool that is used: `Pool` of `pg`, and what is like it. */
export interface PostgresPool {
  query(
    text: string,
    values: string[],
  ): Promise<{ readonly rows: readonly object[]; readonly rowCount: number | null }>;
}

/** What {@link postgresStore} takes besides the pool. */
export interface PostgresStoreOptions extends StoreOptions {
  /** The table, which is made when it is missing; default `tidegate_leases`. */
  readonly table?: string | undefined;
}

const ACTION = 'use PostgreSQL as a store';
/** 9.5, which has ON CONFLICT. */
const OLDEST = 90_500;
const NO_TABLE = '42P01';
/** Somebody else was quicker to make it. */
const IS_MADE = ['23505', '42P07', '42710'];
const DISK_FULL = '53100';
/** Wrong credentials (class 28), no such database, no right to it. */
const REFUSED = /^(28...|3D000|42501)$/;
/** An acknowledged commit is on the disk, also where the server's default is that it need not be. */
const ON_DISK = `set_config('synchronous_commit', replace(current_setting('synchronous_commit'), 'off', 'on'), true)`;

/** A row of what is read. */
interface Row {
  readonly version: number;
  readonly fsync: string;
  readonly standby: boolean;
  readonly value: string | null;
}

/**
 * A store in a table of PostgreSQL 9.5 or later.
 *
 * @param pool of `pg`; give it a `query_timeout`, and listen to its `error` event, as its documents say
 * @throws {LifecycleError} `invalid_argument`. What a lease of it rejects with: `store_refused` for a
 * wrong password, database or right, `store_not_durable` where `fsync` is off, `store_version`
 */
export function postgresStore(pool: PostgresPool, options: PostgresStoreOptions = {}): Store {
  const isPool = isObject(pool) && typeof pool.query === 'function';
  must(isPool, ACTION, 'pool must have query(), as that of pg has', pool);
  const pollMs = checkStore(ACTION, options, ['table']);
  const { table = 'tidegate_leases' } = options;
  const isTable = typeof table === 'string' && /^([a-z_]\w*\.)?[a-z_]\w*$/.test(table);
  must(isTable, ACTION, 'table must be a name in small letters, with or without a schema', table);

  const look = `SELECT current_setting('server_version_num')::int AS version,
    current_setting('fsync') AS fsync, pg_is_in_recovery() AS standby,
    (SELECT value FROM ${table} WHERE key = $1) AS value`;
  const insert = `INSERT INTO ${table} (key, value)
    SELECT $1, $2 FROM ${ON_DISK} ON CONFLICT DO NOTHING`;
  const update = `UPDATE ${table} SET value = $2 FROM ${ON_DISK} WHERE key = $1 AND value = $3`;
  const make = `CREATE TABLE IF NOT EXISTS ${table} (key text PRIMARY KEY, value text NOT NULL)`;

  const read = async (key: string): Promise<Row> => {
    try {
      const { rows } = await pool.query(look, [key]);
      return rows[0] as Row;
    } catch (error) {
      if (codeOf(error) !== NO_TABLE) throw error;
      await pool.query(make, []).catch((failed: unknown) => {
        if (!IS_MADE.includes(codeOf(failed))) throw failed;
      });
      return read(key);
    }
  };
  return {
    pollMs,
    read: (key) =>
      attempt(ACTION, meaningOf, async () => {
        const { value } = check(await read(key));
        // No two values are the same, so a value is its own version; none is empty.
        return { value, version: value ?? '' };
      }),
    swap: (key, version, value) =>
      attempt(ACTION, meaningOf, async () => {
        const { rowCount } =
          version === ''
            ? await pool.query(insert, [key, value])
            : await pool.query(update, [key, value, version]);
        return rowCount === 1 ? value : null;
      }),
  };
}

function check(row: Row): Row {
  if (row.version < OLDEST) {
    const message = `Cannot ${ACTION}: it must be version 9.5 or later, got ${row.version}`;
    throw new LifecycleError('store_version', message);
  }
  if (row.fsync !== 'on') {
    const message = `Cannot ${ACTION}: it forgets when the machine fails; set fsync to on`;
    throw new LifecycleError('store_not_durable', message);
  }
  // It may be promoted, and what it says may be old.
  if (row.standby) throw new Error('the server is a standby');
  return row;
}

function meaningOf(code: string): LifecycleErrorCode | undefined {
  if (code === DISK_FULL) return 'store_full';
  return REFUSED.test(code) ? 'store_refused' : undefined;
}

function codeOf(error: unknown): string {
  return isObject(error) ? String((error as { readonly code?: unknown }).code) : '';
}
