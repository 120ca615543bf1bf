/**
 * Values as they are sent in JSON: with names in `snake_case`. It selects nothing and drops
 * nothing.
 *
 * @module
 */

/** `startedAtMs` → `started_at_ms`. */
type NameOnWire<Name> = Name extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${NameOnWire<Rest>}`
  : Name;

/** A value of plain objects, arrays and primitives, with its names as on the wire. */
export type OnWire<T> = T extends readonly (infer Item)[]
  ? readonly OnWire<Item>[]
  : T extends object
    ? { readonly [Name in keyof T as NameOnWire<Name>]: OnWire<T[Name]> }
    : T;

/** Copies a value, its methods left out, with its names as on the wire. */
export function onWire<T>(value: T): OnWire<T> {
  if (typeof value !== 'object' || value === null) return value as OnWire<T>;
  if (Array.isArray(value)) return value.map(onWire) as OnWire<T>;
  const entries = Object.entries(value).map(([name, part]) => [
    name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    onWire(part),
  ]);
  // What the type says is what was done to each name.
  return Object.fromEntries(entries) as OnWire<T>;
}
