/**
 * What the handler takes, and what it refuses of that: everything is checked before anything is made.
 *
 * @module
 */

import { LifecycleError, shown } from '../lifecycle/errors.ts';
import { checkKeys } from '../lifecycle/known-keys.ts';
import { presentedToken } from './authorization.ts';

/** Options of `createHandler`. */
export interface HandlerOptions {
  /** Opens `/admin` to whoever shows it as a bearer token. Without it `/admin` answers 403. */
  readonly adminToken?: string | undefined;
  /**
   * Opens `/admin` to everybody who reaches the port, but not to pages of other sites. A token
   * that is set is still asked for.
   */
  readonly openAdmin?: boolean | undefined;
  /** False: `/health/ready` fails as `/health/ready/write` does. Default true. */
  readonly readyWhileDraining?: boolean | undefined;
  /** Asks for this bearer token at `/metrics`, which is open without it. */
  readonly metricsToken?: string | undefined;
  /** What all paths begin with: empty, or as `/internal`. */
  readonly basePath?: string | undefined;
  /**
   * More keys for what `/health/ready`, `/health/ready/write` and `/health/startup` answer, asked
   * for at each answer. None takes the place of a key that is there already.
   */
  readonly details?: (() => Readonly<Record<string, unknown>>) | undefined;
}

/** The names of {@link HandlerOptions}. */
export const HANDLER_OPTIONS: readonly (keyof HandlerOptions)[] = [
  'adminToken',
  'openAdmin',
  'readyWhileDraining',
  'metricsToken',
  'basePath',
  'details',
];

/**
 * Checks what an application asks for.
 *
 * @param known the names that it may use
 * @throws {LifecycleError} `invalid_argument`
 */
export function checkOptions(
  options: HandlerOptions,
  known: readonly string[] = HANDLER_OPTIONS,
): void {
  if (typeof options !== 'object' || options === null) {
    throw invalid(`the options are ${shown(options)}`);
  }
  checkKeys('create the handler', options, known);
  for (const name of ['adminToken', 'metricsToken'] as const) {
    const token: unknown = options[name];
    if (token !== undefined && (typeof token !== 'string' || token === '')) {
      // Not shown: it may be a secret of another type.
      throw invalid(`${name} is ${token === '' ? 'empty' : 'not a string'}`);
    }
    if (token !== undefined && !canBeShown(token)) {
      throw invalid(`${name} has a blank at an end, or what no header can carry`);
    }
  }
  for (const name of ['openAdmin', 'readyWhileDraining'] as const) {
    const flag: unknown = options[name];
    if (flag !== undefined && typeof flag !== 'boolean') {
      throw invalid(`${name} is ${shown(flag)}`);
    }
  }
  const details: unknown = options.details;
  if (details !== undefined && typeof details !== 'function') {
    throw invalid(`details is ${shown(details)}`);
  }
  const base: unknown = options.basePath === undefined ? '' : options.basePath;
  if (typeof base !== 'string' || (base !== '' && !isPathPrefix(base))) {
    throw invalid(`basePath is ${shown(base)}, not empty and not like '/internal'`);
  }
}

/** A token read from a file often ends in a newline: nobody could ever be let in with that. */
function canBeShown(token: string): boolean {
  try {
    const headers = new Headers({ authorization: `Bearer ${token}` });
    return presentedToken(headers, ['bearer']) === token;
  } catch {
    return false;
  }
}

/** What a URL would spell otherwise (`/a b`, `/a/../b`, `/a?b`) would never match. */
function isPathPrefix(base: string): boolean {
  if (!base.startsWith('/') || base.endsWith('/')) return false;
  const url = `http://localhost${base}`;
  return URL.canParse(url) && new URL(url).pathname === base;
}

function invalid(what: string): LifecycleError {
  return new LifecycleError('invalid_argument', `Cannot create the handler: ${what}`);
}
