/**
 * Checks of values that came over the network, since another program may send anything. A check
 * answers yes or no; the caller decides what follows.
 *
 * @module
 */

/** Says whether a value is of the type. */
export type Check<T> = (value: unknown) => value is T;

/** A string. */
export const text: Check<string> = (value): value is string => typeof value === 'string';

/** A finite number: JSON has no other, but a literal such as `1e999` becomes one. */
export const count: Check<number> = (value): value is number => Number.isFinite(value);

/** True or false. */
export const flag: Check<boolean> = (value): value is boolean => typeof value === 'boolean';

/** One of these strings. */
export function oneOf<T extends string>(...names: readonly T[]): Check<T> {
  return (value): value is T => text(value) && (names as readonly string[]).includes(value);
}

/** `null`, or what the other check says. */
export function orNull<T>(check: Check<T>): Check<T | null> {
  return (value): value is T | null => value === null || check(value);
}

/** Absent, or what the other check says. */
export function optional<T>(check: Check<T>): Check<T | undefined> {
  return (value): value is T | undefined => value === undefined || check(value);
}

/** An array of them. */
export function list<T>(check: Check<T>): Check<readonly T[]> {
  return (value): value is readonly T[] => Array.isArray(value) && value.every(check);
}

/** An object with at least these fields. */
export function record<T extends object>(
  fields: { readonly [K in keyof T]-?: Check<T[K]> },
): Check<T> {
  return (value): value is T =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries<Check<unknown>>(fields).every(([name, check]) =>
      check((value as Readonly<Record<string, unknown>>)[name]),
    );
}
