/**
 * Servers that are too old, or not to be written to. Nobody installs them any more, so what they say of
 * themselves is said by a client.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import { type PostgresPool, postgresStore, redisStore, type Store } from '../../src/fleet.ts';

async function codeOf(store: Store): Promise<unknown> {
  const { signal } = new AbortController();
  return store.read('key', signal).then(
    () => null,
    ({ code }: { readonly code: unknown }) => code,
  );
}

describe('redisStore()', () => {
  it.each([
    ['4', 'store_version'],
    ['5', null],
    ['7', null],
  ])('of a Redis %s rejects with %s', async (major, code) => {
    expect(await codeOf(redisStore({ eval: async () => ['run', major, '1', null] }))).toBe(code);
  });
});

describe('postgresStore()', () => {
  const poolOf = (version: number, standby = false): PostgresPool => ({
    query: async () => ({ rows: [{ version, fsync: 'on', standby, value: null }], rowCount: 1 }),
  });

  it.each([
    [90_426, 'store_version'],
    [90_500, null],
    [150_004, null],
  ])('of a PostgreSQL %i rejects with %s', async (version, code) => {
    expect(await codeOf(postgresStore(poolOf(version)))).toBe(code);
  });

  it('of a standby is asked again, because it may be promoted', async () => {
    expect(await codeOf(postgresStore(poolOf(150_004, true)))).toBe('store_unreachable');
  });
});
