/**
 * The paths of the probes and the metrics: those of the contract, or the application's own. It
 * routes nothing.
 *
 * @module
 */

import { isObject, must } from '../lifecycle/check.ts';
import { checkKeys } from '../lifecycle/known-keys.ts';

/** The path of each probe, and of the metrics. */
export interface ProbePaths {
  readonly live: string;
  readonly ready: string;
  readonly readyWrite: string;
  readonly startup: string;
  readonly metrics: string;
}

const DEFAULTS: ProbePaths = {
  live: '/health/live',
  ready: '/health/ready',
  readyWrite: '/health/ready/write',
  startup: '/health/startup',
  metrics: '/metrics',
};

/** An application's own of them. */
export type OwnPaths = { readonly [K in keyof ProbePaths]?: string | undefined };

/** All of them, the application's own where it has named one, without the base path. */
export function probePaths(own: OwnPaths = {}): ProbePaths {
  const named = Object.entries(own).filter(([, path]) => path !== undefined);
  return { ...DEFAULTS, ...Object.fromEntries(named) };
}

/**
 * Checks the option `paths`. That no two are the same is checked when there are routes.
 *
 * @param action what cannot be done
 * @throws {LifecycleError} `invalid_argument`
 */
export function checkPaths(action: string, paths: unknown): void {
  if (paths === undefined) return;
  must(isObject(paths), action, 'paths must be an object', paths);
  checkKeys(action, paths, Object.keys(DEFAULTS));
  for (const [name, path] of Object.entries(paths)) {
    const isOne = path === undefined || (typeof path === 'string' && isPath(path));
    must(isOne, action, `paths.${name} must be a path like "/livez"`, path);
  }
}

/** Whether a URL spells it like that: another path (`/a b`, `/a/../b`, `/a?b`) would never match. */
export function isPath(text: string): boolean {
  if (!text.startsWith('/')) return false;
  const url = `http://localhost${text}`;
  return URL.canParse(url) && new URL(url).pathname === text;
}
