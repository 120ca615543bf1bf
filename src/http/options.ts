/**
 * What the handler takes, and what it refuses of that: everything is checked before anything is made.
 *
 * @module
 */

import { isObject, must } from '../lifecycle/check.ts';
import { LifecycleError } from '../lifecycle/errors.ts';
import { checkKeys } from '../lifecycle/known-keys.ts';
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

/** The names of {@link HandlerOptions}. */
export const HANDLER_OPTIONS: readonly (keyof HandlerOptions)[] = [
  'adminToken',
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
  const { adminToken, metricsToken, basePath = '', paths, details } = options;
  for (const [name, token] of Object.entries({ adminToken, metricsToken })) {
    if (token === undefined || (name === 'adminToken' && typeof token === 'function')) continue;
    const fault = faultOf(token);
    if (fault !== undefined) {
      throw new LifecycleError('invalid_argument', `Cannot ${action}: ${name} ${fault}`);
    }
  }
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

function isAbsentOr(type: string, value: unknown): boolean {
  return value === undefined || typeof value === type;
}

function isPathPrefix(base: string): boolean {
  return isPath(base) && !base.endsWith('/');
}
