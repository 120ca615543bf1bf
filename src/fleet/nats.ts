/**
 * A store in a key-value bucket of NATS JetStream: the revision of an entry is its version.
 *
 * @module
 */

import { isObject, must } from '../lifecycle/check.ts';
import { LifecycleError, type LifecycleErrorCode } from '../lifecycle/errors.ts';
import { attempt, checkStore, type StoreOptions } from './options.ts';
import type { Store } from './store.ts';

/** The part of a bucket that is used: `KV` of `nats` 2, or of `@nats-io/kv`. */
export interface NatsBucket {
  get(key: string): Promise<NatsEntry | null>;
  put(key: string, value: string, options: { previousSeq: number }): Promise<number>;
  status(): Promise<NatsStatus>;
}

/** An entry of a bucket. */
export interface NatsEntry {
  readonly revision: number;
  readonly operation: string;
  string(): string;
}

/** The part of a bucket's status that is looked at. */
export interface NatsStatus {
  readonly streamInfo?: { readonly config?: { readonly storage?: string } };
}

const ACTION = 'use NATS as a store';
/** What JetStream says when the entry has another revision. */
const WRONG_REVISION = 10_071;

/**
 * A store in a key-value bucket of NATS 2.6.2 or later, whose storage is `file`.
 *
 * @param bucket as `await js.views.kv('leases')` gives it, or `await new Kvm(connection).create('leases')`
 * @throws {LifecycleError} `invalid_argument`. What a lease of it rejects with: `store_refused` for
 * missing rights, `store_not_durable` for a bucket in memory
 */
export function natsStore(bucket: NatsBucket, options: StoreOptions = {}): Store {
  const isBucket =
    isObject(bucket) && [bucket.get, bucket.put, bucket.status].every((each) => isFunction(each));
  must(isBucket, ACTION, 'bucket must have get(), put() and status(), as a KV has', bucket);
  const pollMs = checkStore(ACTION, options, []);
  let isChecked = false;
  return {
    pollMs,
    read: (key) =>
      attempt(ACTION, meaningOf, async () => {
        // A bucket keeps its storage.
        if (!isChecked) checkStorage(await bucket.status());
        isChecked = true;
        const entry = await bucket.get(key);
        if (entry === null) return { value: null, version: '0' };
        const value = entry.operation === 'PUT' ? entry.string() : null;
        return { value, version: String(entry.revision) };
      }),
    swap: (key, version, value) =>
      attempt(ACTION, meaningOf, async () => {
        try {
          return String(await bucket.put(key, value, { previousSeq: Number(version) }));
        } catch (error) {
          if (isWrongRevision(error)) return null;
          throw error;
        }
      }),
  };
}

function checkStorage({ streamInfo }: NatsStatus): void {
  if (streamInfo?.config?.storage !== 'memory') return;
  const message = `Cannot ${ACTION}: the bucket is in memory; make one whose storage is file`;
  throw new LifecycleError('store_not_durable', message);
}

/** `nats` 2 has the code of JetStream in `api_error`, the clients after it in `code`. */
function isWrongRevision(error: unknown): boolean {
  const { api_error, code } = (isObject(error) ? error : {}) as {
    readonly api_error?: { readonly err_code?: number };
    readonly code?: unknown;
  };
  return api_error?.err_code === WRONG_REVISION || code === WRONG_REVISION;
}

function meaningOf(code: string, message: string): LifecycleErrorCode | undefined {
  if (/insufficient .*resources|maximum bytes exceeded/i.test(message)) return 'store_full';
  return /authori[sz]ation|permission/i.test(`${code} ${message}`) ? 'store_refused' : undefined;
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}
