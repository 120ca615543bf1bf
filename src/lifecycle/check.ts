/**
 * Checks of what an application passes. Which values an option may have is said where the option is
 * used.
 *
 * @module
 */

import { LifecycleError, shown } from './errors.ts';

/**
 * Refuses an argument or option, saying what was to be done, the rule, and what came.
 *
 * @param rule as in `port must be an integer from 0 to 65535`
 * @throws {LifecycleError} `invalid_argument` unless `ok`
 */
export function must(ok: boolean, action: string, rule: string, value: unknown): asserts ok {
  if (ok) return;
  throw new LifecycleError('invalid_argument', `Cannot ${action}: ${rule}, got ${shown(value)}`);
}

/** True for what may have properties, so that they can be checked next. */
export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** True for a number in `least` … `most`. */
export function isWithin(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && value >= least && value <= most;
}

/** True for an integer in `least` … `most`. */
export function isWhole(
  value: unknown,
  least: number,
  most: number = Number.MAX_SAFE_INTEGER,
): value is number {
  return Number.isInteger(value) && isWithin(value, least, most);
}
