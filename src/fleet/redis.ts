/**
 * A store in Redis or Valkey, by two scripts: each is one step to the server.
 *
 * A server that writes out every second forgets the last second or two when its machine fails, and a
 * replica that takes over forgets what had not come to it. So each value is stored behind the id of the
 * server's run, which is another one then: who reads a value of another run knows that something may
 * be missing, and no swap that was meant for a run before takes effect.
 *
 * @module
 */

import { isObject, must } from '../lifecycle/check.ts';
import { LifecycleError, type LifecycleErrorCode } from '../lifecycle/errors.ts';
import { attempt, checkStore, type StoreOptions } from './options.ts';
import type { Store } from './store.ts';

/** The part of a client that is used: `ioredis`, or `redis` (node-redis) from 4. */
export interface RedisClient {
  eval(script: string, ...args: unknown[]): Promise<unknown>;
}

/** What {@link redisStore} takes besides the client. */
export interface RedisStoreOptions extends StoreOptions {
  /** What the keys begin with; default `tidegate:`. */
  readonly prefix?: string | undefined;
}

const ACTION = 'use Redis as a store';
const OLDEST_MAJOR = 5;

/** Reads the server's run, whether it writes a log, its version, and what is stored. */
const READ = `
local server = redis.call('INFO', 'server')
local run = string.match(server, 'run_id:(%w+)')
local major = string.match(server, 'redis_version:(%d+)')
local log = string.match(redis.call('INFO', 'persistence'), 'aof_enabled:(%d)')
local stored = redis.call('GET', KEYS[1])`;
const LOOK = `${READ}
return { run, major, log, stored }`;
const SWAP = `${READ}
local done = '0'
if log == '1' and run .. ' ' .. (stored or '') == ARGV[1] then
  redis.call('SET', KEYS[1], run .. ' ' .. ARGV[2])
  done = '1'
end
return { run, major, log, done }`;

/**
 * A store in Redis 5 or later, or Valkey, that keeps an append-only file (`appendonly yes`).
 *
 * @param client of `ioredis`, or of `redis` (node-redis), connected or connecting
 * @throws {LifecycleError} `invalid_argument`. What a lease of it rejects with: `store_not_durable`
 * without `appendonly`, `store_refused` for a wrong password or missing rights, `store_version`
 */
export function redisStore(client: RedisClient, options: RedisStoreOptions = {}): Store {
  const isClient = isObject(client) && typeof client.eval === 'function';
  must(isClient, ACTION, 'client must have eval(), as those of ioredis and redis have', client);
  const pollMs = checkStore(ACTION, options, ['prefix']);
  const { prefix = 'tidegate:' } = options;
  must(typeof prefix === 'string', ACTION, 'prefix must be a string', prefix);
  // Only node-redis says whether it is open; it takes one object.
  const isNodeRedis = 'isOpen' in client;
  const run = async (script: string, key: string, ...values: string[]): Promise<Answer> => {
    const name = `${prefix}${key}`;
    const answer = isNodeRedis
      ? client.eval(script, { keys: [name], arguments: values })
      : client.eval(script, 1, name, ...values);
    return check(await answer);
  };
  return {
    pollMs,
    read: (key) =>
      attempt(ACTION, meaningOf, async () => {
        const { run: now, last: stored } = await run(LOOK, key);
        const version = `${now} ${stored ?? ''}`;
        if (stored === null) return { value: null, version };
        const [, writtenIn, value] = /^(\w+) (.*)$/s.exec(stored) ?? [];
        // Without a run before it, it is not ours, and refused as such.
        if (value === undefined) return { value: stored, version };
        return { value, version, mayHaveForgotten: writtenIn !== now };
      }),
    swap: (key, version, value) =>
      attempt(ACTION, meaningOf, async () => {
        const { run: now, last: done } = await run(SWAP, key, version, value);
        return done === '1' ? `${now} ${now} ${value}` : null;
      }),
  };
}

interface Answer {
  readonly run: string;
  readonly last: string | null;
}

function check(answer: unknown): Answer {
  const [run, major, log, last] = Array.isArray(answer) ? (answer as (string | null)[]) : [];
  if (typeof run !== 'string') throw new Error('the server does not say which run this is');
  if (Number(major) < OLDEST_MAJOR) {
    const message = `Cannot ${ACTION}: it must be version ${OLDEST_MAJOR} or later, got ${major}`;
    throw new LifecycleError('store_version', message);
  }
  if (log !== '1') {
    const message = `Cannot ${ACTION}: it forgets at a restart; set appendonly to yes`;
    throw new LifecycleError('store_not_durable', message);
  }
  return { run, last: last ?? null };
}

/** By the first word of the server's answer, or somewhere in what the script's caller makes of it. */
function meaningOf(_: string, message: string): LifecycleErrorCode | undefined {
  if (/\b(NOAUTH|WRONGPASS|NOPERM)\b/.test(message)) return 'store_refused';
  // No room in its memory, or on its disk.
  if (/\b(OOM|MISCONF)\b/.test(message)) return 'store_full';
  return /\bWRONGTYPE\b/.test(message) ? 'store_conflict' : undefined;
}
