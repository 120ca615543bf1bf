/**
 * More keys in the answers of readiness: the application's own, whose meaning is its business, and how it stands with
 * the fleet.
 *
 * @module
 */

import { standingOf } from '../lifecycle/fleet-calls.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { isThenable } from '../lifecycle/thenable.ts';
import { given } from './given.ts';

/** More keys for one answer; `undefined` for none. Never throws. */
export type Details = () => Readonly<Record<string, unknown>> | undefined;

/** The details as a probe asks for them. */
export function detailsOf(lifecycle: Lifecycle, ask: (() => unknown) | undefined): Details {
  return ask === undefined
    ? () => undefined
    : given(lifecycle, 'details_failed', 'details', ask, keysIn);
}

/** With the key `fleet`, where the lifecycle follows one; that of the application is left out then. */
export function withFleet(lifecycle: Lifecycle, details: ReturnType<Details>): ReturnType<Details> {
  const fleet = standingOf(lifecycle);
  return fleet === undefined ? details : { ...details, fleet };
}

/**
 * A copy as JSON has it: it has no getter left that could throw, no circle and no BigInt.
 *
 * @throws {TypeError} for what is not an object of JSON, and what the value's own code throws
 */
function keysIn(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (value === undefined || value === null) return undefined;
  const copy: unknown = isThenable(value) ? null : JSON.parse(JSON.stringify(value) ?? 'null');
  if (typeof copy !== 'object' || copy === null || Array.isArray(copy)) {
    throw new TypeError('details must return an object, and no promise of one');
  }
  return copy as Readonly<Record<string, unknown>>;
}
