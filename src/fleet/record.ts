/**
 * What a lease writes into a store: the holder, the fencing token, and the time to live. It is one
 * line of JSON, for people to read; no other program should write it.
 *
 * @module
 */

import { isWhole } from '../lifecycle/check.ts';
import { LifecycleError, shown } from '../lifecycle/errors.ts';

/** A file of the key, before it is linked, has 38 characters more, of the 255 that there may be. */
const KEY_MAX = 200;

/** The state of a lease, as the store knows it. */
export interface LeaseRecord {
  /** Of whoever wrote this, or of the last one that held it. */
  readonly token: number;
  /** Of the lease object that wrote it; no two are the same. */
  readonly id: string;
  /** Counts what `id` has written, so that no two values are the same. */
  readonly sequence: number;
  /** Who that is, for a person to read. */
  readonly holder: string;
  /** How long the holder counts from each write; 0 if it has given the lease back. */
  readonly ttlMs: number;
}

/** Of the record. */
const LAYOUT = 1;

/** The value to be stored. */
export function encodeRecord({ token, id, sequence, holder, ttlMs }: LeaseRecord): string {
  return JSON.stringify({ tidegate_lease: LAYOUT, token, id, sequence, holder, ttl_ms: ttlMs });
}

/** @throws {LifecycleError} `store_conflict` for what no lease has written */
export function decodeRecord(key: string, value: string): LeaseRecord {
  let fields: Record<string, unknown> = {};
  try {
    fields = Object(JSON.parse(value)) as Record<string, unknown>;
  } catch {
    // Checked below, like everything that is not ours.
  }
  const { tidegate_lease: layout, token, id, sequence, holder, ttl_ms: ttlMs } = fields;
  const isOurs =
    layout === LAYOUT &&
    isWhole(token, 1) &&
    typeof id === 'string' &&
    isWhole(sequence, 1) &&
    typeof holder === 'string' &&
    isWhole(ttlMs, 0);
  if (!isOurs) {
    const message = `Cannot use the key ${key}: something else was written there, ${shown(value)}`;
    throw new LifecycleError('store_conflict', message);
  }
  return { token: Number(token), id, sequence: Number(sequence), holder, ttlMs: Number(ttlMs) };
}

/** The key of a lease, for every store. */
export function keyOf(name: string): string {
  return fitting(`lease-${coded(name)}`);
}

/** A key that is a file name, too: where it is too long, a hash takes the place of its end. */
export function fitting(key: string): string {
  return key.length <= KEY_MAX ? key : `${key.slice(0, KEY_MAX - 18)}==${hashOf(key)}`;
}

/**
 * FNV-1a of 64 bits. Two deployments with one key are told apart by the name in the value.
 *
 * @see https://datatracker.ietf.org/doc/html/draft-eastlake-fnv
 */
function hashOf(key: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const character of key) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(character.charCodeAt(0))) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, '0');
}

/**
 * A name as a part of a key: what is not a letter, digit, `_` or `-` is written as `=` and two hexadecimal
 * digits for each of its bytes, so that it is a file name and a key of NATS, too.
 */
export function coded(name: string): string {
  const characters = [...new TextEncoder().encode(name)].map((byte) => {
    const character = String.fromCharCode(byte);
    return /[\w-]/.test(character) ? character : `=${byte.toString(16).padStart(2, '0')}`;
  });
  return characters.join('');
}
