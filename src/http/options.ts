/**
 * The options of the handler. All of them are checked before anything is made.
 *
 * @module
 */

import { isObject, must } from '../lifecycle/check.ts';
import { LifecycleError } from '../lifecycle/errors.ts';
import { checkKeys } from '../lifecycle/known-keys.ts';
import type { Audit } from './audit.ts';
import { checkPaths, isPath, type OwnPaths } from './paths.ts';
import { faultOf } from './tokens.ts';

/** Options of `createHandler`. */
export interface HandlerOptions {
  /**
   * Opens `/admin` to callers that send it as a bearer token. Without it `/admin` answers 403. A function is
   * called at each request, so that the token can be rotated; where it throws, or returns what
   * cannot be a token (a promise, an empty string, one that ends in a newline), `/admin` is closed, and
   * the reason is a line on stderr.
   */
  readonly adminToken?: string | (() => string) | undefined;
  /**
   * The same for several, by name, so that `audit` can say whose it was: `{ deploy: process.env.DEPLOY_TOKEN }`.
   * At least one; no two alike; each may be a function. It may be given beside `adminToken`, which is
   * called so.
   */
  readonly adminTokens?: Readonly<Record<string, string | (() => string)>> | undefined;
  /**
   * Hears of each admin call that was made or refused, before the answer goes out: who (the name of the
   * token), from where, what, and how it was answered. A shutdown is told twice: with the status 202 when it
   * is accepted, and when it is over. What it returns is not waited for; what it throws, or rejects with,
   * is a line on stderr. On workerd and in bundles for browsers it is refused: a few hundred bytes count there.
   */
  readonly audit?: Audit | undefined;
  /**
   * Opens `/admin` to everybody who reaches the port, but not to pages of other sites. A token
   * that is set is still asked for.
   */
  readonly openAdmin?: boolean | undefined;
  /** False: `/health/ready` fails as `/health/ready/write` does. Default true. */
  readonly readyWhileDraining?: boolean | undefined;
  /** False: `/metrics` is the application's own; see `metricsText`. Default true. */
  readonly metrics?: boolean | undefined;
  /** Asks for this bearer token at `/metrics`, which is open without it. */
  readonly metricsToken?: string | undefined;
  /** What all paths begin with: empty, or as `/internal`. */
  readonly basePath?: string | undefined;
  /**
   * Other paths for the probes and the metrics, as `{ live: '/livez', ready: '/readyz' }`; the rest stays
   * where it is. `basePath` comes before these, too.
   */
  readonly paths?: OwnPaths | undefined;
  /** What the service is called: on the status page, in `/admin/status` and `tidegate_build_info`. */
  readonly name?: string | undefined;
  /** The version of the service, in the same places. */
  readonly version?: string | undefined;
  /**
   * More keys for what `/health/ready`, `/health/ready/write` and `/health/startup` answer, asked
   * for at each answer. None takes the place of a key that is there already. It is synchronous: what
   * throws, is a promise, or is not JSON, is left out, and is a line on stderr.
   */
  readonly details?: (() => Readonly<Record<string, unknown>>) | undefined;
}

/** What a service is called. */
export type ServiceName = Pick<HandlerOptions, 'name' | 'version'>;

/** The names of {@link HandlerOptions}, but for `audit`, which is not everywhere. */
export const HANDLER_OPTIONS: readonly (keyof HandlerOptions)[] = [
  'adminToken',
  'adminTokens',
  'openAdmin',
  'readyWhileDraining',
  'metrics',
  'metricsToken',
  'basePath',
  'paths',
  'name',
  'version',
  'details',
];

/**
 * Checks what an application asks for.
 *
 * @param known the names that it may use
 * @param action what cannot be done
 * @throws {LifecycleError} `invalid_argument`
 */
export function checkOptions(
  options: HandlerOptions,
  known: readonly string[] = HANDLER_OPTIONS,
  action = 'create the handler',
): void {
  must(isObject(options), action, 'the options must be an object', options);
  checkKeys(action, options, known);
  const { adminToken, adminTokens, metricsToken, basePath = '', paths, details } = options;
  checkToken(action, 'metricsToken', metricsToken);
  if (typeof adminToken !== 'function') checkToken(action, 'adminToken', adminToken);
  checkTokens(action, adminTokens);
  for (const name of ['openAdmin', 'readyWhileDraining', 'metrics'] as const) {
    must(isAbsentOr('boolean', options[name]), action, `${name} must be a boolean`, options[name]);
  }
  for (const name of ['name', 'version'] as const) {
    const text: unknown = options[name];
    const isText = isAbsentOr('string', text) && text !== '';
    must(isText, action, `${name} must be a string that is not empty`, text);
  }
  must(isAbsentOr('function', details), action, 'details must be a function', details);
  const isPrefix = typeof basePath === 'string' && (basePath === '' || isPathPrefix(basePath));
  must(isPrefix, action, 'basePath must be empty or a path like "/internal"', basePath);
  checkPaths(action, paths);
}

/** The message does not show it: it may be a secret. */
function checkToken(action: string, name: string, token: unknown): void {
  const fault = token === undefined ? undefined : faultOf(token);
  if (fault === undefined) return;
  throw new LifecycleError('invalid_argument', `Cannot ${action}: ${name} ${fault}`);
}

/** A token has one name, so that it is plain who asked. */
function checkTokens(action: string, tokens: unknown): void {
  if (tokens === undefined) return;
  const entries: [string, unknown][] =
    isObject(tokens) && !Array.isArray(tokens) ? Object.entries(tokens) : [];
  const distinct = new Set(entries.map(([, token]) => token)).size;
  const isFit = distinct > 0 && distinct === entries.length;
  must(isFit, action, 'adminTokens must be different tokens by name', typeof tokens);
  for (const [name, token] of entries) {
    const isAsked = typeof token === 'function' && name !== '';
    if (!isAsked) checkToken(action, `adminTokens.${name}`, name && (token ?? null));
  }
}

function isAbsentOr(type: string, value: unknown): boolean {
  return value === undefined || typeof value === type;
}

function isPathPrefix(base: string): boolean {
  return isPath(base) && !base.endsWith('/');
}
