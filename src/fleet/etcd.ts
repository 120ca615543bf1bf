/**
 * A store in etcd, by the JSON gateway that every member serves: no client is needed but `fetch`. The
 * revision of a key's last change is its version.
 *
 * @see https://etcd.io/docs/v3.5/dev-guide/api_grpc_gateway/
 * @module
 */

import { must } from '../lifecycle/check.ts';
import { LifecycleError, type LifecycleErrorCode } from '../lifecycle/errors.ts';
import type { Signal } from '../lifecycle/platform.ts';
import { attempt, checkStore, type StoreOptions } from './options.ts';
import type { Store } from './store.ts';

/** What {@link etcdStore} takes besides the addresses. */
export interface EtcdStoreOptions extends StoreOptions {
  /** With `password`, where authentication is enabled. */
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** What the keys begin with; default `tidegate/`. */
  readonly prefix?: string | undefined;
}

/** An answer of the gateway that is not 200. */
class Refusal extends Error {
  readonly status: number;

  constructor(status: number, text: string) {
    super(`it answers ${status}: ${text.slice(0, 200)}`);
    this.status = status;
  }
}

interface Range {
  readonly kvs?: readonly { readonly value?: string; readonly mod_revision: string }[];
}

const ACTION = 'use etcd as a store';

/**
 * A store in etcd 3.4 or later.
 *
 * @param urls of the members' client addresses, as `http://127.0.0.1:2379`; one after the other is asked
 * @throws {LifecycleError} `invalid_argument`. What a lease of it rejects with: `store_refused` for wrong
 * credentials or missing rights, `store_version`
 */
export function etcdStore(urls: string | readonly string[], options: EtcdStoreOptions = {}): Store {
  const all = [urls].flat().map((url) => String(url).replace(/\/+$/, ''));
  const areUrls = all.length > 0 && all.every((url) => /^https?:\/\/[^/]/.test(url));
  must(areUrls, ACTION, 'urls must be http:// or https:// and a host', urls);
  // `fetch` refuses them, and says them: they are not to be in a log.
  if (all.some((url) => /^https?:\/\/[^/]*@/.test(url))) {
    const rule = 'urls must have no user and no password: give them as username and password';
    throw new LifecycleError('invalid_argument', `Cannot ${ACTION}: ${rule}`);
  }
  const pollMs = checkStore(ACTION, options, ['username', 'password', 'prefix']);
  const { username, password, prefix = 'tidegate/' } = options;
  for (const [name, value] of Object.entries({ username, password, prefix })) {
    const isText = value === undefined || typeof value === 'string';
    must(isText, ACTION, `${name} must be a string`, value);
  }
  const isPair = (username === undefined) === (password === undefined);
  must(isPair, ACTION, 'username and password must be given together', username);
  const gateway = new Gateway(all, username, password);
  const nameOf = (key: string): string => encode(`${prefix}${key}`);
  return {
    pollMs,
    read: (key, signal) =>
      attempt(ACTION, meaningOf, async () => {
        const { kvs } = (await gateway.ask('kv/range', { key: nameOf(key) }, signal)) as Range;
        const [found] = kvs ?? [];
        if (found === undefined) return { value: null, version: '0' };
        return { value: decode(found.value ?? ''), version: found.mod_revision };
      }),
    swap: (key, version, value, signal) =>
      attempt(ACTION, meaningOf, async () => {
        const name = nameOf(key);
        const { succeeded, header } = (await gateway.ask(
          'kv/txn',
          {
            compare: [{ key: name, target: 'MOD', result: 'EQUAL', mod_revision: version }],
            success: [{ request_put: { key: name, value: encode(value) } }],
          },
          signal,
        )) as { readonly succeeded?: boolean; readonly header: { readonly revision: string } };
        return succeeded === true ? header.revision : null;
      }),
  };
}

/** The members, asked one after the other, with the token of who asks. */
class Gateway {
  readonly #urls: readonly string[];
  readonly #credentials: { readonly name: string; readonly password: string } | undefined;
  #token: string | undefined;
  /** The member that answered last. */
  #at = 0;

  constructor(urls: readonly string[], username?: string, password?: string) {
    this.#urls = urls;
    if (username !== undefined && password !== undefined) {
      this.#credentials = { name: username, password };
    }
  }

  async ask(path: string, body: object, signal: Signal): Promise<unknown> {
    const isKnown = this.#token !== undefined;
    try {
      return await this.#post(path, body, signal);
    } catch (error) {
      // A token has a time of its own, after which there is another one.
      const isOver = isKnown && error instanceof Refusal && /auth token/.test(error.message);
      if (!isOver) throw error;
      this.#token = undefined;
      return await this.#post(path, body, signal);
    }
  }

  async #post(path: string, body: object, signal: Signal): Promise<unknown> {
    if (this.#credentials !== undefined && this.#token === undefined) {
      const answer = await this.#send('auth/authenticate', this.#credentials, signal);
      this.#token = (answer as { readonly token: string }).token;
    }
    return this.#send(path, body, signal);
  }

  async #send(path: string, body: object, signal: Signal): Promise<unknown> {
    const url = this.#urls[this.#at % this.#urls.length];
    try {
      const response = await fetch(`${url}/v3/${path}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(this.#token !== undefined && { authorization: this.#token }),
        },
        body: JSON.stringify(body),
        // The type of the platform: ours is the part of it that is in public types.
        signal: signal as AbortSignal,
      });
      const text = await response.text();
      if (response.status !== 200) throw new Refusal(response.status, text);
      return JSON.parse(text) as unknown;
    } catch (error) {
      // The next question goes to the next member.
      this.#at += 1;
      if (!(error instanceof Refusal)) throw error;
      throw Object.assign(error, { code: String(error.status) });
    }
  }
}

function meaningOf(status: string, message: string): LifecycleErrorCode | undefined {
  if (status === '404') return 'store_version';
  if (/database space exceeded/.test(message)) return 'store_full';
  if (status === '') return undefined;
  const isRefused = /authentication failed|permission denied|user name is empty|not enabled/;
  return ['401', '403'].includes(status) || isRefused.test(message) ? 'store_refused' : undefined;
}

/** Base64, as the gateway has bytes. */
function encode(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

function decode(base64: string): string {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return new TextDecoder().decode(bytes);
}
